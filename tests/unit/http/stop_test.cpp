#include "fixture.h"

using namespace tidegate;
using namespace tidegate::http_test;

TEST_CASE("http: stop lets the answer under way finish and closes idle connections") {
  Held held;
  const auto server = serve(held.handler());
  Client busy(server->port());
  busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(held.wait_for(1));
  Client idle(server->port());
  std::thread stopping([&] { server->stop(Duration{10'000}); });
  CHECK(idle.closed());
  CHECK(eventually([&] {
    try {
      return Client(server->port()).closed();  // accepted by the kernel before the listener closed
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
  held.take().front()(ok("finished"));
  const Answer answer = busy.read();
  CHECK(answer.body == "finished");
  CHECK(answer.headers.at("connection") == "close");
  stopping.join();
  CHECK(busy.closed());
}

TEST_CASE("http: stop without grace closes what is under way and late answers do nothing") {
  Held held;
  auto server = serve(held.handler());
  Client client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
  REQUIRE(held.wait_for(1));
  Client uploading(server->port());
  uploading.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc");
  server->stop();
  server->stop();
  CHECK(client.closed());
  CHECK(uploading.closed());
  server.reset();
  for (const auto& respond : held.take()) respond(ok("too late"));
}

TEST_CASE("http: stop and answers race without harm") {
  for (int round = 0; round < 20; ++round) {
    Held held;
    http::Options options;
    options.threads = 2;
    auto server = serve(held.handler(), options);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(std::make_unique<Client>(server->port()));
      clients.back()->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    REQUIRE(held.wait_for(8));
    std::thread answering([&] {
      for (const auto& respond : held.take()) respond(ok("racing"));
    });
    server.reset();
    answering.join();
    for (const auto& client : clients) {
      const Answer answer = client->read();
      CHECK((answer.status == 0 || answer.body == "racing"));
    }
  }
}

TEST_CASE("http: the handler and what it captured are gone after the server even if an answer is still held") {
  const auto captured = std::make_shared<int>(1);
  Held held;
  auto server = serve([captured, inner = held.handler()](http::Request request, http::Respond respond) {
    inner(std::move(request), std::move(respond));
  });
  Client client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(held.wait_for(1));
  server.reset();
  CHECK(captured.use_count() == 1);
}
