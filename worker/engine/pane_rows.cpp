// Tumbling and hopping windows: for each pane a table of rows, and one of partial results where the query allows that.
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
  std::int64_t rows = 0;                     // as they came
  std::int64_t partial = 0;                  // of partial results
  std::int64_t merged = 0;                   // of those, when each group had one
  bool folded = false;                       // there is a table of partial results
  bool whole = false;                        // some row cannot be folded: all stay as they are, and closing tells why
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
    if (fresh) {
      known->second.first_offset = arrival.offset;
      known->second.watermark_before = arrival.watermark_before;
    }
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
      Pane& pane = panes_.try_emplace(number, Pane{arrived.first_offset, arrived.watermark_before}).first->second;
      const std::string into =
          pane.rows == 0 ? cat("CREATE TABLE ", name(number), " AS ") : cat("INSERT INTO ", name(number), " ");
      if (auto done = table_.database.execute(into + rows + condition); !done) return done;
      pane.rows += arrived.rows;
      if (table_.partials == nullptr || pane.whole || pane.rows < table_.fold_rows) continue;
      if (auto done = fold(number, pane); !done) {
        if (Database::out_of_memory(done.error())) return done;
        pane.whole = true;
      }
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
      if (auto ran = give_out(first, run); !ran) return ran;
    }
    next_window_ = std::max(next_window_, limit);
    while (!panes_.empty() && panes_.begin()->first < limit) {
      if (auto done = drop_pane(panes_.begin()->first, panes_.begin()->second); !done) return done;
      panes_.erase(panes_.begin());
    }
    return {};
  }

  Result<void> drop() override {
    for (const auto& [number, pane] : panes_) {
      if (auto done = drop_pane(number, pane); !done) return done;
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
    for (const auto& entry : panes_) count += entry.second.rows + entry.second.partial;
    return count;
  }

 private:
  using Panes = std::map<std::int64_t, Pane>;

  std::string table(const char* kind, std::int64_t pane) const {
    return cat("tidegate.\"", kind, "_", std::to_string(table_.partition), "_", std::to_string(pane), "\"");
  }
  std::string name(std::int64_t pane) const { return table("pane", pane); }
  std::string partial(std::int64_t pane) const { return table("partial", pane); }

  Result<void> drop_pane(std::int64_t number, const Pane& pane) {
    if (pane.rows > 0) {
      if (auto done = table_.database.execute(cat("DROP TABLE ", name(number))); !done) return done;
    }
    return pane.folded ? table_.database.execute(cat("DROP TABLE ", partial(number))) : Result<void>();
  }

  // Puts partial results in the place of the rows.
  Result<void> fold(std::int64_t number, Pane& pane) {
    if (auto shown = show(table_.database, table_.topic, cat("SELECT * FROM ", name(number))); !shown) return shown;
    const std::string into = pane.folded ? "INSERT INTO " : "CREATE TABLE ";
    const std::string as = pane.folded ? " " : " AS ";
    if (auto done = table_.database.execute(cat(into, partial(number), as, table_.partials->fold())); !done)
      return done;
    pane.folded = true;
    if (auto done = table_.database.execute(cat("DROP TABLE ", name(number))); !done) return done;
    pane.rows = 0;
    if (auto done = count_partial(number, pane); !done) return done;
    if (pane.partial < std::max(table_.fold_rows, 2 * pane.merged)) return {};
    const std::string merged = table("merged", number);
    for (const std::string& step :
         {cat("CREATE TABLE ", merged, " AS ", table_.partials->merged(partial(number))),
          cat("DROP TABLE ", partial(number)), cat("CREATE TABLE ", partial(number), " AS SELECT * FROM ", merged),
          cat("DROP TABLE ", merged)}) {
      if (auto done = table_.database.execute(step); !done) return done;
    }
    if (auto done = count_partial(number, pane); !done) return done;
    pane.merged = pane.partial;
    return {};
  }

  Result<void> count_partial(std::int64_t number, Pane& pane) {
    const auto rows = table_.database.query(cat("SELECT CAST(count(*) AS VARCHAR) FROM ", partial(number)), {});
    if (!rows) return rows.error();
    pane.partial = std::stoll((*rows)[0][0]);
    return {};
  }

  Result<void> give_out(std::int64_t first, const RunQuery& run) {
    const auto begin = panes_.lower_bound(first);
    const auto stop = panes_.lower_bound(first + window::panes_in(window_));
    const Micros start = window::start_of(window_, first);
    const Micros end = window::end_of(window_, first);
    const std::string starts = cat("make_timestamp(", std::to_string(start), ")");
    const std::string ends = cat("make_timestamp(", std::to_string(end), ")");
    const auto rows = [&](Panes::iterator from, Panes::iterator to) {
      return WindowsOut{cat("SELECT *, ", starts, " AS window_start, ", ends, " AS window_end FROM (",
                            all(from, to, &PaneRows::name), ")"),
                        start, end};
    };
    if (std::none_of(begin, stop, [](const auto& entry) { return entry.second.folded; })) {
      return run(rows(begin, stop));
    }
    for (auto pane = begin; pane != stop; ++pane) {
      if (pane->second.rows == 0) continue;
      if (auto done = fold(pane->first, pane->second); !done) {
        if (Database::out_of_memory(done.error())) return done;
        // What cannot be folded fails the query as well, which has the words for it.
        if (auto ran = run(rows(pane, std::next(pane))); !ran) return ran;
        return done;
      }
    }
    const std::string partials = cat("(", all(begin, stop, &PaneRows::partial), ")");
    return run({table_.partials->final_rows(partials, starts, ends), start, end, true});
  }

  // The tables of these panes one after the other.
  std::string all(Panes::const_iterator from, Panes::const_iterator to,
                  std::string (PaneRows::*name_of)(std::int64_t) const) const {
    std::string rows;
    for (; from != to; ++from) {
      rows += cat(rows.empty() ? "" : " UNION ALL ", "SELECT * FROM ", (this->*name_of)(from->first));
    }
    return rows;
  }

  WindowTable table_;
  window::Window window_;
  std::int64_t next_window_ = std::numeric_limits<std::int64_t>::min();  // earlier ones are out already
  Panes panes_;
  Panes arrived_;  // not kept yet
};

}  // namespace

std::unique_ptr<WindowRows> pane_rows(const WindowTable& table, const window::Resume& resume) {
  return std::make_unique<PaneRows>(table, resume);
}

}  // namespace tidegate::engine
