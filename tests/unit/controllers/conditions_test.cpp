#include "controllers/shared/conditions.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::controllers;

TEST_CASE("lastTransitionTime moves only when the status does") {
  const WallTime early{std::chrono::seconds(1'000'000)}, late{std::chrono::seconds(2'000'000)};
  const Json first = conditions_json({{"Ready", Truth::no, "Starting", "a"}}, {}, 1, early);
  const Json same = conditions_json({{"Ready", Truth::no, "Stalled", "b"}}, first, 2, late);
  CHECK(same.at("0/lastTransitionTime") == first.at("0/lastTransitionTime"));
  CHECK(same.at("0/observedGeneration") == Json(2));
  CHECK(same.at("0/reason").as_string() == "Stalled");
  const Json flipped = conditions_json({{"Ready", Truth::yes, "Idle", ""}}, same, 2, late);
  CHECK(flipped.at("0/lastTransitionTime").as_string() == to_rfc3339(late));
}
