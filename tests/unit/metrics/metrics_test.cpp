#include "common/metrics/metrics.h"

#include <doctest/doctest.h>

using namespace tidegate::metrics;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("counters - gauges and histograms are rendered with their labels") {
  Registry registry;
  const Counter counter = registry.counter("tide_records_total", "Records", {{"stage", "score"}});
  counter.add();
  counter.add(2);
  const Gauge gauge = registry.gauge("tide_waiting", "Waiting");
  gauge.set(5);
  gauge.add(-4);
  const Histogram histogram = registry.histogram("tide_seconds", "Seconds", {0.1, 1});
  histogram.observe(0.5);
  const std::string text = registry.render();
  CHECK(has_line(text, "tide_records_total{stage=\"score\"} 3"));
  CHECK(has_line(text, "tide_waiting 1"));
  CHECK(has_line(text, "tide_seconds_bucket{le=\"0.1\"} 0"));
  CHECK(has_line(text, "tide_seconds_bucket{le=\"1\"} 1"));
  CHECK(has_line(text, "tide_seconds_bucket{le=\"+Inf\"} 1"));
  CHECK(has_line(text, "# TYPE tide_records_total counter"));
}

TEST_CASE("the same name and labels give the same series") {
  Registry registry;
  registry.counter("tide_total", "Help", {{"a", "1"}}).add();
  registry.counter("tide_total", "Help", {{"a", "1"}}).add();
  registry.counter("tide_total", "Help", {{"a", "2"}});
  const std::string text = registry.render();
  CHECK(has_line(text, "tide_total{a=\"1\"} 2"));
  CHECK(has_line(text, "tide_total{a=\"2\"} 0"));
}

TEST_CASE("computed families follow their objects") {
  Registry registry;
  std::vector<Registry::Sample> samples{{{{"name", "a"}}, 1}, {{{"name", "b"}}, 2}};
  registry.collect("tide_object", "Help", [&] { return samples; });
  CHECK(has_line(registry.render(), "tide_object{name=\"b\"} 2"));
  samples.pop_back();
  CHECK_FALSE(has_line(registry.render(), "tide_object{name=\"b\"} 2"));
  samples.clear();
  CHECK(registry.render().find("tide_object") == std::string::npos);
}

TEST_CASE("the process reports itself") {
  Registry registry;
  const std::string text = registry.render();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_threads",
                           "process_open_fds", "process_start_time_seconds"}) {
    CAPTURE(name);
    CHECK(text.find("\n" + std::string(name) + " ") != std::string::npos);
  }
  const auto at = text.find("\nprocess_resident_memory_bytes ");
  CHECK(std::stod(text.substr(at + 31)) > 1e6);
}
