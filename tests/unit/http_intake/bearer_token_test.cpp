#include "worker/sources/bearer_token.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

using namespace tidegate;
using tidegate::sources::BearerToken;

namespace {

struct File {
  std::string path = "/tmp/tidegate-token-" + std::to_string(::getpid());
  explicit File(const std::string& text) { write(text); }
  ~File() { std::remove(path.c_str()); }
  void write(const std::string& text) const { std::ofstream(path) << text; }
};

}  // namespace

TEST_CASE("bearer_token: without a file everybody is admitted") {
  auto token = BearerToken::from_file("");
  CHECK(token->admits(""));
}

TEST_CASE("bearer_token: only the token is admitted") {
  const File file("s3cret\n");
  auto token = BearerToken::from_file(file.path);
  CHECK(token->admits("Bearer s3cret"));
  CHECK(token->admits("bearer  s3cret "));
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretX", "Basic s3cret", "s3cret"}) {
    CAPTURE(wrong);
    CHECK_FALSE(token->admits(wrong));
  }
}

TEST_CASE("bearer_token: a missing or empty file is refused at the start") {
  CHECK(BearerToken::from_file("/nonexistent/token").error().reason == "InvalidSettings");
  const File file(" \n");
  CHECK(BearerToken::from_file(file.path).error().message.find(file.path) != std::string::npos);
}

TEST_CASE("bearer_token: a rotated token counts ten seconds later and a lost file changes nothing") {
  SteadyTime now{std::chrono::hours(1)};
  Clock clock = Clock::real();
  clock.steady = [&now] { return now; };
  const File file("old");
  auto token = BearerToken::from_file(file.path, clock);
  file.write("new");
  now += std::chrono::seconds(9);
  CHECK(token->admits("Bearer old"));
  now += std::chrono::seconds(1);
  CHECK_FALSE(token->admits("Bearer old"));
  CHECK(token->admits("Bearer new"));
  std::remove(file.path.c_str());
  now += std::chrono::seconds(10);
  CHECK(token->admits("Bearer new"));
}
