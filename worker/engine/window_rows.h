// The rows of one partition's open windows, in tables of DuckDB. Private to this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/engine/database.h"
#include "worker/engine/partials.h"
#include "worker/window/progress.h"
#include "worker/window/window.h"

namespace tidegate::engine {

// The column of waiting rows that has the number which add() gave them.
inline constexpr const char* kNumber = "tidegate_number";

// A record that some window takes.
struct Arrival {
  window::Micros time = 0;
  std::int64_t offset = 0;
  window::Micros watermark_before = window::kNever;
  std::string_view key;  // canonical; empty where the input has no key
};

// `rows` is a SELECT of the rows of windows, with window_start and window_end; the windows lie between the two times.
// `partial`: it is what Partials::finish() sees instead.
struct WindowsOut {
  std::string rows;
  window::Micros start = 0;
  window::Micros end = 0;
  bool partial = false;
};
using RunQuery = std::function<Result<void>(const WindowsOut& out)>;

// Rows wait elsewhere, many batches of them, until they are kept: a statement costs less for each row then.
class WindowRows {
 public:
  virtual ~WindowRows() = default;

  virtual bool late(window::Micros time, window::Micros watermark) const = 0;
  // In the order of their offsets. The number that the row gets (kNumber).
  virtual std::int64_t add(const Arrival& arrival) = 0;
  // Takes the rows that were added and wait.
  virtual Result<void> keep() = 0;
  // So many should wait where there is room for them, since that leaves little of them.
  virtual std::int64_t worth_waiting_for() const { return 0; }
  // Whether close() has anything to do; no row may wait then.
  virtual bool due(window::Micros watermark) const = 0;
  // Gives out the windows that end at the watermark or before, and drops the rows that no later one needs.
  virtual Result<void> close(window::Micros watermark, const RunQuery& run) = 0;
  virtual Result<void> drop() = 0;

  // Leaves the watermark as it is.
  virtual void rewind_to(window::Progress& progress) const = 0;
  virtual std::int64_t windows() const = 0;
  virtual std::int64_t rows() const = 0;  // those that wait too
};

// Where rows are kept: tables of the schema tidegate, out of reach of queries, which may name nothing but their topic.
struct WindowTable {
  Database& database;
  int partition;
  std::string time;     // the field of event time
  std::string records;  // a SELECT of the waiting rows: the columns that are needed, and kNumber
  window::Window window;
  const Partials* partials;  // for partial_rows
  std::int64_t merge_rows;   // so many partial results are merged at the earliest
};

std::unique_ptr<WindowRows> pane_rows(const WindowTable& table, const window::Resume& resume);
std::unique_ptr<WindowRows> partial_rows(const WindowTable& table, const window::Resume& resume);
std::unique_ptr<WindowRows> session_rows(const WindowTable& table, const window::Resume& resume);

// A window of some panes.
struct Span {
  window::Micros start;
  window::Micros end;

  std::string columns() const;  // `… AS window_start, … AS window_end`
};
Span span_of(const window::Window& window, std::int64_t first);

}  // namespace tidegate::engine
