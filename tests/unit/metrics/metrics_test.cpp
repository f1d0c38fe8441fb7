#include "common/metrics/metrics.h"

#include <doctest/doctest.h>

using namespace tidegate::metrics;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

constexpr double kBuckets[] = {0.1, 1};
constexpr Definition kRecords{"tide_records_total", Type::counter, "records", "stage", "Records"};
constexpr Definition kWaiting{"tide_waiting", Type::gauge, "", "", "Waiting"};
constexpr Definition kSeconds{"tide_seconds", Type::histogram, "seconds", "", "Seconds", kBuckets};
constexpr Definition kObject{"tide_object", Type::gauge, "", "name", "Objects"};
constexpr Definition kObjectRecords{"tide_object_records_total", Type::counter, "records", "name", "Records"};

}  // namespace

TEST_CASE("counters - gauges and histograms are rendered with their labels") {
  Registry registry;
  const Counter counter = registry.counter(Metric(kRecords), {{"stage", "score"}});
  counter.add();
  counter.add(2);
  const Gauge gauge = registry.gauge(Metric(kWaiting));
  gauge.set(5);
  gauge.add(-4);
  const Histogram histogram = registry.histogram(Metric(kSeconds));
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
  registry.counter(Metric(kRecords), {{"stage", "1"}}).add();
  registry.counter(Metric(kRecords), {{"stage", "1"}}).add();
  registry.counter(Metric(kRecords), {{"stage", "2"}});
  const std::string text = registry.render();
  CHECK(has_line(text, "tide_records_total{stage=\"1\"} 2"));
  CHECK(has_line(text, "tide_records_total{stage=\"2\"} 0"));
}

TEST_CASE("many observations of one value count like each of them") {
  Registry registry;
  const Histogram histogram = registry.histogram(Metric(kSeconds));
  histogram.observe(0.1, 3);
  histogram.observe(0.5, 2);
  histogram.observe(7, 4);
  const std::string text = registry.render();
  CHECK(has_line(text, "tide_seconds_bucket{le=\"0.1\"} 3"));  // bounds belong to their bucket
  CHECK(has_line(text, "tide_seconds_bucket{le=\"1\"} 5"));
  CHECK(has_line(text, "tide_seconds_count 9"));
  CHECK(text.find("tide_seconds_sum 29.3") != std::string::npos);
}

TEST_CASE("computed families have the type of the catalogue") {
  Registry registry;
  registry.collect(Metric(kObjectRecords), [] { return std::vector<Registry::Sample>{{{{"name", "a"}}, 7}}; });
  CHECK(has_line(registry.render(), "tide_object_records_total{name=\"a\"} 7"));
  CHECK(registry.render().find("# TYPE tide_object_records_total counter") != std::string::npos);
}

TEST_CASE("computed families follow their objects") {
  Registry registry;
  std::vector<Registry::Sample> samples{{{{"name", "a"}}, 1}, {{{"name", "b"}}, 2}};
  registry.collect(Metric(kObject), [&] { return samples; });
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
