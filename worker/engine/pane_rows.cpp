// Tumbling and hopping windows whose query needs every row: a table per pane.
#include <map>
#include <vector>

#include "common/base/text.h"
#include "worker/engine/panes.h"

namespace tidegate::engine {
namespace {

using window::Micros;

class PaneRows final : public WindowRows {
 public:
  PaneRows(const WindowTable& table, const window::Resume& resume) : table_(table), panes_(table.window, resume) {}

  bool late(Micros time, Micros watermark) const override { return panes_.late(time, watermark); }

  std::int64_t add(const Arrival& arrival) override {
    const std::int64_t pane = panes_.add(arrival);
    ++arrived_[pane];
    return pane;
  }

  Result<void> keep() override {
    for (const auto& [pane, rows] : arrived_) {
      const bool fresh = !rows_.contains(pane);
      const std::string into = fresh ? cat("CREATE TABLE ", name(pane), " AS ") : cat("INSERT INTO ", name(pane), " ");
      const std::string of_pane = arrived_.size() == 1 ? "" : cat(" WHERE ", kNumber, " = ", std::to_string(pane));
      if (auto done = table_.database.execute(
              cat(into, "SELECT * EXCLUDE (", kNumber, ") FROM (", table_.records, ")", of_pane));
          !done) {
        return done;
      }
      rows_[pane] += rows;
    }
    arrived_.clear();
    return {};
  }

  bool due(Micros watermark) const override { return panes_.any_due(watermark); }

  Result<void> close(Micros watermark, const RunQuery& run) override {
    for (const std::int64_t first : panes_.due(watermark)) {
      const Span span = span_of(table_.window, first);
      if (auto ran = run({cat("SELECT *, ", span.columns(), " FROM (", rows_of(first), ")"), span.start, span.end});
          !ran) {
        return ran;
      }
    }
    for (const std::int64_t pane : panes_.out(watermark)) {
      if (auto done = drop_pane(pane); !done) return done;
      rows_.erase(pane);
    }
    return {};
  }

  Result<void> drop() override {
    for (const auto& entry : rows_) {
      if (auto done = drop_pane(entry.first); !done) return done;
    }
    return {};
  }

  void rewind_to(window::Progress& progress) const override { panes_.rewind_to(progress); }
  std::int64_t windows() const override { return panes_.windows(); }
  std::int64_t rows() const override {
    std::int64_t count = 0;
    for (const auto& entry : rows_) count += entry.second;
    for (const auto& entry : arrived_) count += entry.second;
    return count;
  }

 private:
  std::string name(std::int64_t pane) const {
    return cat("tidegate.\"pane_", std::to_string(table_.partition), "_", std::to_string(pane), "\"");
  }
  Result<void> drop_pane(std::int64_t pane) { return table_.database.execute(cat("DROP TABLE ", name(pane))); }

  std::string rows_of(std::int64_t first) const {
    std::string rows;
    const auto stop = rows_.lower_bound(first + window::panes_in(table_.window));
    for (auto pane = rows_.lower_bound(first); pane != stop; ++pane) {
      rows += cat(rows.empty() ? "" : " UNION ALL ", "SELECT * FROM ", name(pane->first));
    }
    return rows;
  }

  WindowTable table_;
  Panes panes_;
  std::map<std::int64_t, std::int64_t> rows_;     // in each pane's table
  std::map<std::int64_t, std::int64_t> arrived_;  // and wait
};

}  // namespace

std::unique_ptr<WindowRows> pane_rows(const WindowTable& table, const window::Resume& resume) {
  return std::make_unique<PaneRows>(table, resume);
}

}  // namespace tidegate::engine
