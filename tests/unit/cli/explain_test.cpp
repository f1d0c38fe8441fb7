#include "cli/explain.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::cli;

namespace {

Json answer() {
  return *Json::parse(R"({"stages": {
    "score": [{"from": "2026-01-02T03:00:00Z", "until": "2026-01-02T03:00:09Z", "replicas": 2, "decided": 2, "recommended": 2,
               "reason": "Steady", "sentence": "2 replicas suffice"},
              {"from": "2026-01-02T03:00:10Z", "until": "2026-01-02T03:00:10Z", "replicas": 2, "decided": 5, "recommended": 5,
               "reason": "ScaleOut", "sentence": "from 2 to 5 replicas"}],
    "warehouse": [{"from": "2026-01-02T03:00:05Z", "until": "2026-01-02T03:00:11Z", "replicas": 1, "decided": 1,
               "recommended": 4, "reason": "AtMax", "sentence": "1 replica is all", "advice": "raise scale.max to 4"}]}})");
}

}  // namespace

TEST_CASE("decisions of all stages are told in the order in which they came") {
  const std::string text = render_explain(answer());
  const auto steady = text.find("Steady"), limited = text.find("AtMax"), out = text.find("ScaleOut");
  CHECK(steady < limited);
  CHECK(limited < out);
  CHECK(text.find("2->5") != std::string::npos);
  CHECK(text.find("1 (4)") != std::string::npos);
  CHECK(text.find("^ raise scale.max to 4") != std::string::npos);
}

TEST_CASE("a stage and a time narrow it down") {
  CHECK(choose(answer(), {"score", {}}).at("stages").members().size() == 1);
  const WallTime since{std::chrono::seconds(1767322810)};  // 03:00:10
  const Json lately = choose(answer(), {"", since});
  CHECK(lately.at("stages/score").items().size() == 1);
  CHECK(lately.at("stages/warehouse").items().size() == 1);
  CHECK(render_explain(choose(answer(), {"other", {}})) == "no decision in that time\n");
}
