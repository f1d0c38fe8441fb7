#include "common/metrics/catalogue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "common/base/text.h"
#include "tests/paths.h"

using namespace tidegate;
using namespace tidegate::metrics;

namespace {

template <typename Check>
void each(Check check) {
  for (const Chapter& chapter : catalogue()) {
    for (const Definition& metric : chapter.metrics) {
      CAPTURE(std::string(metric.name));
      check(metric);
    }
  }
}

}  // namespace

TEST_CASE("docs/metrics.md is what dev/metrics-doc writes") {
  std::ifstream file(source_path("docs/metrics.md"), std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  CHECK_MESSAGE(text == to_markdown(catalogue()), "docs/metrics.md is stale: run dev/metrics-doc");
}

TEST_CASE("a metric is found by its name while compiling") {
  constexpr Metric metric = "tidegate_stage_waiting";
  CHECK(metric->name == "tidegate_stage_waiting");
  CHECK(metric->type == Type::gauge);
}

// What `promtool check metrics` asks for.
TEST_CASE("names and help follow the conventions of Prometheus") {
  std::set<std::string_view> names;
  each([&](const Definition& metric) {
    CHECK(names.insert(metric.name).second);
    CHECK(std::regex_match(std::string(metric.name), std::regex("[a-z][a-z0-9_]*[a-z0-9]")));
    CHECK(metric.name.ends_with("_total") == (metric.type == Type::counter));
    for (const char* kept : {"_count", "_sum", "_bucket"}) CHECK_FALSE(metric.name.ends_with(kept));
    if (metric.unit == "seconds" || metric.unit == "bytes") {
      CHECK(metric.name.find(metric.unit) != std::string_view::npos);
    }
    CHECK(metric.help.size() > 5);
    CHECK(metric.help.ends_with("."));
  });
}

TEST_CASE("labels are distinct words and only histograms have buckets") {
  each([](const Definition& metric) {
    const auto labels = metric.labels.empty() ? std::vector<std::string>{} : split(metric.labels, ' ');
    CHECK(std::set<std::string>(labels.begin(), labels.end()).size() == labels.size());
    for (const std::string& label : labels) CHECK(std::regex_match(label, std::regex("[a-z]+")));
    CHECK((metric.type == Type::histogram) == !metric.buckets.empty());
    CHECK(std::is_sorted(metric.buckets.begin(), metric.buckets.end()));
  });
}
