#include "fixture.h"

using namespace tidegate;
using namespace tidegate::http_test;

TEST_CASE("http: a body above the limit is 413 and the client gets to see it") {
  http::Options options;
  options.max_body = 1000;
  const auto server = serve(echo, options);
  SUBCASE("announced") {
    Client client(server->port());
    CHECK(client.post(std::string(1000, 'x')).status == 200);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    CHECK(client.send(std::string(100'000, 'x')));
    const Answer answer = client.read();
    CHECK(answer.status == 413);
    CHECK(answer.body.find("1000") != std::string::npos);
  }
  SUBCASE("announced with Expect, so that the body is never sent") {
    Client client(server->port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
    CHECK(client.read().status == 413);
  }
  SUBCASE("chunked") {
    Client client(server->port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; ++i) client.send("1f4\r\n" + std::string(500, 'x') + "\r\n");
    CHECK(client.read().status == 413);
    client.finish_sending();
    CHECK(client.closed());
  }
  CHECK(eventually([&] { return server->bytes_in_flight() == 0; }));
}

TEST_CASE("http: too much in flight is 429 until answers free the room") {
  Held held;
  http::Options options;
  options.max_in_flight = 10;
  const auto server = serve(held.handler(), options);
  Client first(server->port());
  first.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n12345678");
  REQUIRE(held.wait_for(1));
  Client second(server->port());
  const Answer refused = second.post("abc");
  CHECK(refused.status == 429);
  CHECK(refused.headers.at("retry-after") == "1");
  held.take().front()(ok("done"));
  CHECK(first.read().status == 200);
  Client third(server->port());
  third.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  REQUIRE(held.wait_for(1));
  held.take().front()(ok("done"));
  CHECK(third.read().status == 200);
}

TEST_CASE("http: admission sees the head and spares the body") {
  http::Options options;
  options.admit = [](const http::Request& request) -> std::optional<http::Response> {
    if (request.authorization == "Bearer good") return std::nullopt;
    if (request.authorization == "throw") throw std::runtime_error("admission");
    http::Response response;
    response.status = 401;
    return response;
  };
  const auto server = serve(echo, options);
  Client stranger(server->port());
  stranger.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  CHECK(stranger.read().status == 401);
  stranger.finish_sending();
  CHECK(stranger.closed());
  Client broken(server->port());
  broken.send("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: throw\r\n\r\n");
  CHECK(broken.read().status == 500);
  Client known(server->port());
  known.send("POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 1\r\n\r\ny");
  CHECK(known.read().body == "POST / y");
}

TEST_CASE("http: a slow sender is cut off although it keeps sending") {
  http::Options options;
  options.read_timeout = Duration{200};
  const auto server = serve(echo, options);
  SUBCASE("in the head") {
    Client client(server->port());
    client.send("GET / HTTP/1.1\r\n");
    while (client.send("X: y\r\n")) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(client.closed());
  }
  SUBCASE("in the body") {
    Client client(server->port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n");
    while (client.send("z")) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(client.closed());
    CHECK(eventually([&] { return server->bytes_in_flight() == 0; }));
  }
  SUBCASE("silent from the start") {
    Client client(server->port());
    CHECK(client.closed());
  }
}

TEST_CASE("http: the time of a request does not run while its answer is pending or between requests") {
  Held held;
  http::Options options;
  options.read_timeout = Duration{100};
  const auto server = serve(held.handler(), options);
  Client client(server->port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(held.wait_for(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    held.take().front()(ok("patient"));
    CHECK(client.read().body == "patient");
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
}

TEST_CASE("http: an idle connection is closed") {
  http::Options options;
  options.idle_timeout = Duration{100};
  const auto server = serve(echo, options);
  Client client(server->port());
  CHECK(client.get("/").status == 200);
  CHECK(client.closed());
}

TEST_CASE("http: connections beyond the limit are closed and room comes back") {
  http::Options options;
  options.max_connections = 2;
  const auto server = serve(echo, options);
  auto first = std::make_unique<Client>(server->port());
  Client second(server->port());
  CHECK(first->get("/").status == 200);
  CHECK(second.get("/").status == 200);
  Client third(server->port());
  CHECK(third.closed());
  first.reset();
  CHECK(eventually([&] { return Client(server->port()).get("/").status == 200; }));
}

TEST_CASE("http: what is no request is 400 and huge headers are 431") {
  const auto server = serve(echo);
  Client garbage(server->port());
  garbage.send("\x16\x03\x01 hello\r\n\r\n");
  CHECK(garbage.read().status == 400);
  Client lengthy(server->port());
  lengthy.send("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  CHECK(lengthy.read().status == 431);
  Client two_lengths(server->port());
  two_lengths.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
  CHECK(two_lengths.read().status == 400);
  Client both(server->port());
  both.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  CHECK(both.read().status == 400);
}
