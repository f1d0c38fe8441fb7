// Sessions: one table, whose rows carry the number of their key.
#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "worker/engine/query_check.h"
#include "worker/engine/window_rows.h"
#include "worker/window/sessions.h"

namespace tidegate::engine {
namespace {

using window::Micros;
using window::Sessions;

constexpr const char* kKey = "\"tidegate key\"";  // no field has a blank in its name
constexpr std::int64_t kFewRows = 16'384;         // that many may lie about without any use

class SessionRows final : public WindowRows {
 public:
  SessionRows(const WindowTable& table, const window::Resume& resume)
      : table_(table),
        sessions_(table.window, resume.progress.watermark, whole_from(table.window, resume)),
        name_(cat("tidegate.\"sessions_", std::to_string(table.partition), "\"")) {}

  bool late(Micros time, Micros watermark) const override { return time < watermark; }

  std::int64_t add(const Arrival& arrival) override {
    ++arrived_;
    return sessions_.add(arrival.key, arrival.time, arrival.offset, arrival.watermark_before);
  }

  Result<void> keep() override {
    const std::string into = stored_ == 0 ? cat("CREATE OR REPLACE TABLE ", name_, " AS ") : cat("INSERT INTO ", name_);
    const std::string rows =
        cat(" SELECT * EXCLUDE (", kNumber, "), ", kNumber, " AS ", kKey, " FROM (", table_.records, ")");
    if (auto done = table_.database.execute(into + rows); !done) return done;
    stored_ += std::exchange(arrived_, 0);
    return {};
  }

  bool due(Micros watermark) const override { return sessions_.due(watermark); }

  Result<void> close(Micros watermark, const RunQuery& run) override {
    for (const std::vector<Sessions::Session>& round : sessions_.close(watermark)) {
      if (auto done = give_out(round, run); !done) return done;
    }
    return stored_ - sessions_.rows() > std::max(sessions_.rows(), kFewRows) || sessions_.rows() == 0 ? tidy()
                                                                                                      : Result<void>();
  }

  Result<void> drop() override {
    if (std::exchange(stored_, 0) == 0) return {};  // a table without a row is replaced by the next one
    return table_.database.execute(cat("DROP TABLE ", name_));
  }

  void rewind_to(window::Progress& progress) const override {
    const auto oldest = sessions_.oldest();
    if (!oldest) return;
    progress.rewind = oldest->offset;
    progress.watermark_before = oldest->watermark_before;
  }

  std::int64_t windows() const override { return sessions_.open(); }
  std::int64_t rows() const override { return stored_ + arrived_; }

 private:
  // Of a session that began earlier the first records may be missing.
  static Micros whole_from(const window::Window& window, const window::Resume& resume) {
    const Micros watermark = resume.progress.watermark;
    return resume.changed && watermark != window::kNever ? watermark + window.gap : window::kNever;
  }

  // The query runs once over sessions of many keys; of each key there is one, so that groups, which contain the key,
  // hold rows of one session also where they do not contain window_start.
  Result<void> give_out(const std::vector<Sessions::Session>& round, const RunQuery& run) {
    std::vector<std::int64_t> values;
    Sessions::Session all = round.front();
    for (const Sessions::Session& session : round) {
      values.insert(values.end(), {session.key, session.start, session.last, session.end});
      all.start = std::min(all.start, session.start);
      all.last = std::max(all.last, session.last);
      all.end = std::max(all.end, session.end);
    }
    if (auto done = table_.database.append("closing", {"key", "first", "last", "stop"}, values); !done) return done;
    const std::string time = cat("r.", quoted(table_.time));
    // The last condition spares DuckDB most of the rows.
    return run({cat("SELECT r.* EXCLUDE (", kKey, "), make_timestamp(c.first) AS window_start, make_timestamp(c.stop) ",
                    "AS window_end FROM ", name_, " r JOIN tidegate.closing c ON r.", kKey, " = c.key AND epoch_us(",
                    time, ") BETWEEN c.first AND c.last WHERE ", time, " BETWEEN make_timestamp(",
                    std::to_string(all.start), ") AND make_timestamp(", std::to_string(all.last), ")"),
                all.start, all.end});
  }

  // Rows that are out are dropped once they are the larger part: each row is copied once on average.
  Result<void> tidy() {
    if (sessions_.rows() == 0) return drop();
    std::vector<std::int64_t> values;
    sessions_.each([&](Sessions::Key key, Micros first) { values.insert(values.end(), {key, first}); });
    if (auto done = table_.database.append("closing", {"key", "first"}, values); !done) return done;
    stored_ = sessions_.rows();
    return table_.database.execute(cat("CREATE OR REPLACE TABLE ", name_, " AS SELECT r.* FROM ", name_,
                                       " r JOIN tidegate.closing c ON r.", kKey, " = c.key AND epoch_us(r.",
                                       quoted(table_.time), ") >= c.first"));
  }

  WindowTable table_;
  Sessions sessions_;
  std::string name_;
  std::int64_t arrived_ = 0;  // and wait
  std::int64_t stored_ = 0;   // rows in the table
};

}  // namespace

std::unique_ptr<WindowRows> session_rows(const WindowTable& table, const window::Resume& resume) {
  return std::make_unique<SessionRows>(table, resume);
}

}  // namespace tidegate::engine
