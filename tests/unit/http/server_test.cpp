#include <stdexcept>

#include "fixture.h"

using namespace tidegate;
using namespace tidegate::http_test;

TEST_CASE("http: a request reaches the handler and its answer the client") {
  const auto server = serve([](http::Request request, http::Respond respond) {
    http::Response response;
    response.status = 201;
    response.content_type = "application/json";
    response.body = request.method + "|" + request.target + "|" + request.content_type + "|" +
                    request.content_encoding + "|" + request.authorization + "|" + request.body;
    response.headers = {{"Retry-After", "7"}};
    respond(response);
  });
  Client client(server->port());
  client.send(
      "POST /a?b=%20c HTTP/1.1\r\nHost: x\r\nContent-Type: text/x\r\nContent-Encoding: gzip\r\n"
      "Authorization: Bearer t\r\nContent-Length: 3\r\n\r\nabc");
  const Answer answer = client.read();
  CHECK(answer.status == 201);
  CHECK(answer.headers.at("content-type") == "application/json");
  CHECK(answer.headers.at("retry-after") == "7");
  CHECK(answer.body == "POST|/a?b=%20c|text/x|gzip|Bearer t|abc");
}

TEST_CASE("http: a connection serves many requests") {
  const auto server = serve(echo);
  Client client(server->port());
  for (int i = 0; i < 50; ++i) CHECK(client.post(std::to_string(i)).body == "POST / " + std::to_string(i));
}

TEST_CASE("http: Connection close and HTTP/1.0 end the connection after the answer") {
  const auto server = serve(echo);
  for (const std::string head :
       {"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n"}) {
    Client client(server->port());
    client.send(head);
    CHECK(client.read().body == "GET /x ");
    CHECK(client.closed());
  }
}

TEST_CASE("http: pipelined requests are answered in their order") {
  Held held;
  const auto server = serve(held.handler());
  Client client(server->port());
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabGET /3 ");
  client.send("HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const char* body : {"first", "second", "third"}) {
    REQUIRE(held.wait_for(1));
    auto now = held.take();
    CHECK(now.size() == 1);  // the next one is not started before this one is answered
    now.front()(ok(body));
    CHECK(client.read().body == body);
  }
}

TEST_CASE("http: a chunked body arrives whole") {
  const auto server = serve(echo);
  Client client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
  client.send("3;ext=1\r\nefg\r\n0\r\nTrailer: y\r\n\r\n");
  CHECK(client.read().body == "POST / abcdefg");
  CHECK(client.get("/next").body == "GET /next ");
}

TEST_CASE("http: a client that waits for 100 Continue is told to go on") {
  const auto server = serve(echo);
  Client client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.read().status == 100);
  client.send("hi");
  CHECK(client.read().body == "POST / hi");
}

TEST_CASE("http: HEAD is GET without a body") {
  const auto server = serve(echo);
  Client client(server->port());
  client.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n");
  const Answer answer = client.read(true);
  CHECK(answer.status == 200);
  CHECK(answer.headers.at("content-length") == "7");
  CHECK(client.get("/y").body == "GET /y ");
}

TEST_CASE("http: an exception in the handler is 500 and the connection lives on") {
  const auto server = serve([](http::Request request, http::Respond respond) {
    if (request.target == "/std") throw std::runtime_error("secret detail");
    if (request.target == "/other") throw 42;
    respond(ok("fine"));
  });
  Client client(server->port());
  for (const char* target : {"/std", "/other"}) {
    const Answer answer = client.get(target);
    CHECK(answer.status == 500);
    CHECK(answer.body.find("secret") == std::string::npos);
  }
  CHECK(client.get("/").body == "fine");
}

TEST_CASE("http: a dropped responder is 500") {
  const auto server = serve([](http::Request, http::Respond) {});
  Client client(server->port());
  CHECK(client.get("/").status == 500);
}

TEST_CASE("http: only the first answer counts") {
  const auto server = serve([](http::Request, http::Respond respond) {
    respond(ok("first"));
    respond(ok("second"));
  });
  Client client(server->port());
  CHECK(client.get("/").body == "first");
  CHECK(client.get("/").body == "first");
}

TEST_CASE("http: a hundred requests at once are answered from another thread") {
  Held held;
  http::Options options;
  options.threads = 2;
  const auto server = serve(held.handler(), options);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<Client>(server->port()));
    clients.back()->send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  REQUIRE(held.wait_for(100));
  std::thread answering([&] {
    for (const auto& respond : held.take()) respond(ok("late"));
  });
  int answered = 0;
  for (const auto& client : clients) answered += client->read().body == "late";
  answering.join();
  CHECK(answered == 100);
}

TEST_CASE("http: a client that vanishes while its answer is pending harms nobody") {
  Held held;
  const auto server = serve(held.handler());
  for (const std::size_t number : {1, 2}) {
    Client vanishing(server->port());
    vanishing.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    REQUIRE(held.wait_for(number));
    CHECK(server->bytes_in_flight() == 4 * number);
    if (number == 2) vanishing.reset();
  }
  for (const auto& respond : held.take()) respond(ok(std::string(1 << 20, 'x')));
  CHECK(eventually([&] { return server->bytes_in_flight() == 0; }));
  Client client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(held.wait_for(1));
  held.take().front()(ok("alive"));
  CHECK(client.read().body == "alive");
}

TEST_CASE("http: a port in use fails with ListenFailed") {
  const auto server = serve(echo);
  http::Options options;
  options.address = "127.0.0.1";
  options.port = server->port();
  const auto second = http::Server::listen(options, echo);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().reason == "ListenFailed");
  CHECK(second.error().message.find(std::to_string(options.port)) != std::string::npos);
  options.address = "nonsense";
  CHECK_FALSE(http::Server::listen(options, echo).ok());
}
