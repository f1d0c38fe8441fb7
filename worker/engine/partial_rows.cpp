// Tumbling and hopping windows whose query can be put together from partial results: a table of those, each with its
// pane.
#include <algorithm>

#include "common/base/text.h"
#include "worker/engine/panes.h"
#include "worker/engine/query_check.h"

namespace tidegate::engine {
namespace {

using window::Micros;

// Grouping them leaves a sixteenth of so many rows.
constexpr std::int64_t kRowsOfGroup = 16;

class PartialRows final : public WindowRows {
 public:
  PartialRows(const WindowTable& table, const window::Resume& resume)
      : table_(table),
        partials_(*table.partials),
        panes_(table.window, resume),
        name_(cat("tidegate.\"", plain_name(), "\"")) {}

  bool late(Micros time, Micros watermark) const override { return panes_.late(time, watermark); }
  std::int64_t add(const Arrival& arrival) override {
    ++arrived_;
    return panes_.add(arrival);
  }

  Result<void> keep() override {
    if (!made_) {
      if (auto done = make(); !done) return done;
    }
    const auto groups = table_.database.run(insert_);
    if (!groups) return groups.error();
    arrived_ = 0;
    groups_ = std::max(*groups, groups_ / 2);  // the few before a window closes tell little
    stored_ += groups_;
    return stored_ < std::max(table_.merge_rows, 2 * merged_) ? Result<void>() : merge("");
  }

  std::int64_t worth_waiting_for() const override { return kRowsOfGroup * groups_; }

  bool due(Micros watermark) const override { return panes_.any_due(watermark); }

  Result<void> close(Micros watermark, const RunQuery& run) override {
    for (const std::int64_t first : panes_.due(watermark)) {
      const Span span = span_of(table_.window, first);
      const std::string rows =
          cat("(SELECT * FROM ", name_, " WHERE ", quoted(Partials::kPane), " BETWEEN ", std::to_string(first), " AND ",
              std::to_string(first + window::panes_in(table_.window) - 1), ")");
      if (auto ran = run({partials_.final_rows(rows, span.columns()), span.start, span.end, true}); !ran) return ran;
    }
    const auto dropped = panes_.out(watermark);
    if (dropped.empty()) return {};
    if (panes_.empty()) return empty();
    return merge(cat(" WHERE ", quoted(Partials::kPane), " > ", std::to_string(dropped.back())));
  }

  Result<void> drop() override { return made_ ? table_.database.execute(cat("DROP TABLE ", name_)) : Result<void>(); }

  void rewind_to(window::Progress& progress) const override { panes_.rewind_to(progress); }
  std::int64_t windows() const override { return panes_.windows(); }
  std::int64_t rows() const override { return stored_ + arrived_; }

 private:
  std::string plain_name() const { return cat("partial_", std::to_string(table_.partition)); }

  Result<void> make() {
    if (auto done = empty(); !done) return done;
    made_ = true;
    const auto error = table_.database.prepare(cat("INSERT INTO ", name_, " ", partials_.fold()), insert_);
    return error ? Error{"EngineFailed", error->message} : Result<void>();
  }

  Result<void> empty() {
    stored_ = merged_ = 0;
    return table_.database.execute(cat("CREATE OR REPLACE TABLE ", name_, " AS FROM ", Partials::kNone));
  }

  // Of each group and pane one row is left, of panes that do not fulfil the condition none.
  Result<void> merge(const std::string& condition) {
    constexpr const char* kMerged = "tidegate.merged";
    const std::string rows = cat("(SELECT * FROM ", name_, condition, ")");
    for (const std::string& step :
         {cat("CREATE TABLE ", kMerged, " AS ", partials_.merged(rows)), cat("DROP TABLE ", name_),
          cat("ALTER TABLE ", kMerged, " RENAME TO \"", plain_name(), "\"")}) {
      if (auto done = table_.database.execute(step); !done) return done;
    }
    const auto left = table_.database.query(cat("SELECT CAST(count(*) AS VARCHAR) FROM ", name_), {});
    if (!left) return left.error();
    stored_ = merged_ = std::stoll((*left)[0][0]);
    return {};
  }

  WindowTable table_;
  const Partials& partials_;
  Panes panes_;
  std::string name_;
  Statement insert_;
  bool made_ = false;
  std::int64_t arrived_ = 0;  // and wait
  std::int64_t groups_ = 0;   // of rows that are kept at once
  std::int64_t stored_ = 0;   // rows in the table
  std::int64_t merged_ = 0;   // of those, when they were merged last
};

}  // namespace

std::unique_ptr<WindowRows> partial_rows(const WindowTable& table, const window::Resume& resume) {
  return std::make_unique<PartialRows>(table, resume);
}

}  // namespace tidegate::engine
