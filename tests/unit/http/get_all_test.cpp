#include "common/http/client.h"
#include "fixture.h"

using namespace tidegate;
using namespace tidegate::http_test;

namespace {

// Answers by path: /ok, /big (3 MB), /missing, /silent (never).
std::unique_ptr<http::Server> various(std::vector<http::Respond>& kept) {
  return serve([&kept](http::Request request, http::Respond respond) {
    if (request.target == "/silent") return kept.push_back(respond);
    http::Response response;
    response.status = request.target == "/missing" ? 404 : 200;
    response.body = request.target == "/big" ? std::string(3'000'000, 'x') : "hello";
    respond(response);
  });
}

}  // namespace

TEST_CASE("http: each target has its own outcome and the order is kept") {
  std::vector<http::Respond> kept;
  const auto server = various(kept);
  const auto answers = http::get_all({{"127.0.0.1", server->port(), "/ok"},
                                      {"127.0.0.1", server->port(), "/big"},
                                      {"127.0.0.1", server->port(), "/missing"},
                                      {"not an address", server->port(), "/ok"},
                                      {"127.0.0.1", 1, "/ok"}},
                                     std::chrono::seconds(10), 1000);
  REQUIRE(answers.size() == 5);
  REQUIRE(answers[0].ok());
  CHECK(*answers[0] == "hello");
  CHECK(answers[1].error().reason == "TooLarge");
  CHECK(answers[2].error().reason == "UnexpectedStatus");
  CHECK(answers[3].error().reason == "Unreachable");
  CHECK(answers[4].error().reason == "Unreachable");
}

TEST_CASE("http: a target that never answers keeps nobody from the others") {
  std::vector<http::Respond> kept;
  const auto server = various(kept);
  const auto answers = http::get_all({{"127.0.0.1", server->port(), "/silent"}, {"127.0.0.1", server->port(), "/ok"}},
                                     Duration(200), 1000);
  CHECK(answers[0].error().reason == "Timeout");
  CHECK(answers[1].ok());
}
