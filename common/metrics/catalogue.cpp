#include "common/metrics/catalogue.h"

#include "common/base/text.h"

namespace tidegate::metrics {
namespace {

constexpr Chapter kChapters[] = {
    {"Workers", "Served by every worker pod on port 9400; the volume's figures by the sidecar of a Kafka broker.",
     entries::worker},
    {"Pipelines",
     "Served by the operator that leads, from what Kafka and the Kubernetes API say: also of workers that are dead.",
     entries::pipelines},
    {"Autoscaler", "Served by the operator that leads; [how it decides](autoscaling.md).", entries::autoscaler},
    {"Kafka clusters", "Served by the operator that leads, of every KafkaCluster.", entries::kafka},
    {"Processes",
     "`process_*` by every process, the rest by the operator, under the names that controller-runtime uses.",
     entries::process},
};

std::string_view name_of(Type type) {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::histogram:
      return "histogram";
  }
  return {};
}

}  // namespace

std::span<const Chapter> catalogue() {
  return kChapters;
}

std::string to_markdown(std::span<const Chapter> chapters) {
  std::string text = "# Metrics\n\nWritten by `dev/metrics-doc` from the table in `common/metrics`; edit that.\n";
  for (const Chapter& chapter : chapters) {
    text += cat("\n## ", chapter.title, "\n", chapter.about, "\n\n");
    text += "| name | type | unit | labels | meaning |\n| --- | --- | --- | --- | --- |\n";
    for (const Definition& metric : chapter.metrics) {
      const std::string labels = join(split(metric.labels, ' '), "`, `");
      text += cat("| `", metric.name, "` | ", name_of(metric.type), " | ", metric.unit, " | ",
                  labels.empty() ? "" : cat("`", labels, "`"), " | ", metric.help, " |\n");
    }
  }
  return text;
}

}  // namespace tidegate::metrics
