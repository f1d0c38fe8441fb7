#include "controllers/health/problem.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string_view>

using namespace tidegate;
using namespace tidegate::health;

TEST_CASE("every kind has its row with a reason of its own and a remedy") {
  std::set<std::string> reasons;
  int row = 0;
  for (const KindInfo& kind : catalogue()) {
    CHECK(static_cast<int>(kind.kind) == row++);
    CHECK(&info(kind.kind) == &kind);
    CHECK(reasons.insert(kind.reason).second);
    const std::string_view remedy = kind.remedy;
    CHECK(remedy.size() > 10);
    CHECK(remedy.size() <= 60);
    CHECK(remedy.back() != '.');
  }
  CHECK(row == static_cast<int>(Kind::scaling_limited) + 1);
}

TEST_CASE("a message names stage and cause and remedy and is cut in the cause") {
  const Problem problem{finding(Kind::slow, "score", "processor", "", std::string(500, 'x')),
                        WallTime(std::chrono::seconds(1'767'225'600))};
  const std::string text = message(problem, 200);
  CHECK(text.size() == 200);
  CHECK(text.find("processor score: xxx") == 0);
  CHECK(text.find("; raise scale.max, or see what slows the stage") != std::string::npos);
  CHECK(message(problem, 1000, true).find("x, since 2026-01-01T00:00:00Z; raise") != std::string::npos);
}

TEST_CASE("critical comes before warning and the worse kind before the older") {
  const auto make = [](Kind kind, int since) {
    return Problem{finding(kind, "score", "processor", "", ""), WallTime(std::chrono::seconds(since))};
  };
  std::vector<Problem> all{make(Kind::skewed_partition, 1), make(Kind::slow, 2), make(Kind::failing, 9),
                           make(Kind::slow, 1)};
  std::sort(all.begin(), all.end(), worse);
  CHECK(all[0].finding.kind == Kind::failing);
  CHECK(all[1].since < all[2].since);
  CHECK(all[3].finding.kind == Kind::skewed_partition);
}
