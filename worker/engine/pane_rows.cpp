// Tumbling and hopping windows: a table per pane.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "common/base/text.h"
#include "worker/engine/input.h"
#include "worker/engine/query_check.h"
#include "worker/engine/window_rows.h"

namespace tidegate::engine {
namespace {

using window::Micros;

struct Pane {
  std::int64_t first_offset = 0;
  Micros watermark_before = window::kNever;  // before the record at first_offset
  std::int64_t rows = 0;
};

class PaneRows final : public WindowRows {
 public:
  PaneRows(const WindowTable& table, const window::Resume& resume) : table_(table), window_(table.window) {
    const Micros watermark = resume.progress.watermark;
    next_window_ = window::first_open(window_, watermark);
    if (resume.changed && watermark != window::kNever) {
      next_window_ = window::pane_of(window_, watermark + window_.slide - 1);
    }
  }

  bool late(Micros time, Micros watermark) const override {
    return window::pane_is_over(window_, window::pane_of(window_, time), watermark);
  }

  void add(const Arrival& arrival) override {
    const auto [known, fresh] = arrived_.try_emplace(window::pane_of(window_, arrival.time));
    if (fresh) known->second = {arrival.offset, arrival.watermark_before, 0};
    ++known->second.rows;
  }

  Result<void> keep(const std::vector<std::int64_t>& refused) override {
    std::string others;
    for (const std::int64_t record : refused) others += cat(others.empty() ? "" : ",", std::to_string(record));
    const std::string accepted = others.empty() ? "" : cat(" WHERE ", Input::kRecord, " NOT IN (", others, ")");
    const std::string rows = cat("SELECT * EXCLUDE (", Input::kRecord, ") FROM ", kStaged);
    for (const auto& [number, arrived] : arrived_) {
      std::string condition = accepted;
      if (arrived_.size() > 1) {
        const Micros start = window::start_of(window_, number);
        const std::string time = quoted(table_.time);
        condition += cat(accepted.empty() ? " WHERE " : " AND ", time, " >= make_timestamp(", std::to_string(start),
                         ") AND ", time, " < make_timestamp(", std::to_string(start + window_.slide), ")");
      }
      const auto [pane, fresh] = panes_.try_emplace(number, arrived);
      if (!fresh) pane->second.rows += arrived.rows;
      const std::string into =
          fresh ? cat("CREATE TABLE ", name(number), " AS ") : cat("INSERT INTO ", name(number), " ");
      if (auto done = table_.database.execute(into + rows + condition); !done) return done;
    }
    arrived_.clear();
    return {};
  }

  Result<void> close(Micros watermark, const RunQuery& run) override {
    const std::int64_t limit = window::first_open(window_, watermark);
    std::set<std::int64_t> windows;
    for (const auto& entry : panes_) {
      for (std::int64_t first = entry.first - window::panes_in(window_) + 1; first <= entry.first; ++first) {
        if (first >= next_window_ && first < limit) windows.insert(first);
      }
    }
    for (const std::int64_t first : windows) {
      const Micros start = window::start_of(window_, first);
      const Micros end = window::end_of(window_, first);
      if (auto ran = run(rows_of(first, start, end), start, end); !ran) return ran;
    }
    next_window_ = std::max(next_window_, limit);
    while (!panes_.empty() && panes_.begin()->first < limit) {
      if (auto done = drop_pane(panes_.begin()->first); !done) return done;
      panes_.erase(panes_.begin());
    }
    return {};
  }

  Result<void> drop() override {
    for (const auto& pane : panes_) {
      if (auto done = drop_pane(pane.first); !done) return done;
    }
    return {};
  }

  void rewind_to(window::Progress& progress) const override {
    for (const auto& [number, pane] : panes_) {
      if (progress.rewind && pane.first_offset >= *progress.rewind) continue;
      progress.rewind = pane.first_offset;
      progress.watermark_before = pane.watermark_before;
    }
  }

  // Those that hold rows already.
  std::int64_t windows() const override {
    std::int64_t count = 0;
    std::int64_t counted = next_window_;
    for (const auto& entry : panes_) {
      const std::int64_t first = std::max(counted, entry.first - window::panes_in(window_) + 1);
      count += entry.first + 1 - first;
      counted = entry.first + 1;
    }
    return count;
  }
  std::int64_t rows() const override {
    std::int64_t count = 0;
    for (const auto& entry : panes_) count += entry.second.rows;
    return count;
  }

 private:
  std::string name(std::int64_t pane) const {
    return cat("tidegate.\"pane_", std::to_string(table_.partition), "_", std::to_string(pane), "\"");
  }
  Result<void> drop_pane(std::int64_t pane) { return table_.database.execute(cat("DROP TABLE ", name(pane))); }

  std::string rows_of(std::int64_t first, Micros start, Micros end) const {
    std::string rows;
    const auto stop = panes_.lower_bound(first + window::panes_in(window_));
    for (auto pane = panes_.lower_bound(first); pane != stop; ++pane) {
      rows += cat(rows.empty() ? "" : " UNION ALL ", "SELECT * FROM ", name(pane->first));
    }
    return cat("SELECT *, make_timestamp(", std::to_string(start), ") AS window_start, make_timestamp(",
               std::to_string(end), ") AS window_end FROM (", rows, ")");
  }

  WindowTable table_;
  window::Window window_;
  std::int64_t next_window_ = std::numeric_limits<std::int64_t>::min();  // earlier ones are out already
  std::map<std::int64_t, Pane> panes_;
  std::map<std::int64_t, Pane> arrived_;  // not kept yet
};

}  // namespace

std::unique_ptr<WindowRows> pane_rows(const WindowTable& table, const window::Resume& resume) {
  return std::make_unique<PaneRows>(table, resume);
}

}  // namespace tidegate::engine
