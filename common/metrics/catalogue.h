// Every metric that Tidegate exports, in one table: the code makes its series from it, docs/metrics.md is written from
// it (dev/metrics-doc), and a name that is not in it does not compile.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/metrics/entries_operator.h"
#include "common/metrics/entries_worker.h"

namespace tidegate::metrics {

// A chapter of the table and of docs/metrics.md.
struct Chapter {
  std::string_view title;
  std::string_view about;
  std::span<const Definition> metrics;
};
std::span<const Chapter> catalogue();

// docs/metrics.md.
std::string to_markdown(std::span<const Chapter> chapters);

// A metric by its name, looked up while compiling: Metric metric = "tidegate_stage_waiting";
class Metric {
 public:
  template <std::size_t size>
  consteval Metric(const char (&name)[size]) : definition_(&find({name, size - 1})) {}
  // One that is not in the catalogue; for tests.
  constexpr explicit Metric(const Definition& definition) : definition_(&definition) {}

  const Definition* operator->() const { return definition_; }
  const Definition& operator*() const { return *definition_; }

 private:
  static consteval const Definition& find(std::string_view name) {
    for (const std::span<const Definition> table :
         {std::span<const Definition>(entries::worker), std::span<const Definition>(entries::pipelines),
          std::span<const Definition>(entries::autoscaler), std::span<const Definition>(entries::kafka),
          std::span<const Definition>(entries::process)}) {
      for (const Definition& definition : table) {
        if (definition.name == name) return definition;
      }
    }
    throw "common/metrics/entries_*.h lack this name";
  }
  const Definition* definition_;
};

}  // namespace tidegate::metrics
