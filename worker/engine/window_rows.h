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

// Tables of ours are out of reach of queries, which may name nothing but their topic.
constexpr const char* kStaged = "tidegate.staged";  // the records of the running batch, as Input gives them

// A record of the running batch that some window takes.
struct Arrival {
  std::int64_t record = 0;  // Input::kRecord
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

class WindowRows {
 public:
  virtual ~WindowRows() = default;

  virtual bool late(window::Micros time, window::Micros watermark) const = 0;
  // Of the running batch, in the order of their offsets; then keep() takes the rows. `refused`: records of kStaged that
  // were not added.
  virtual void add(const Arrival& arrival) = 0;
  virtual Result<void> keep(const std::vector<std::int64_t>& refused) = 0;
  // Gives out the windows that end at the watermark or before, and drops the rows that no later one needs.
  virtual Result<void> close(window::Micros watermark, const RunQuery& run) = 0;
  virtual Result<void> drop() = 0;

  // Leaves the watermark as it is.
  virtual void rewind_to(window::Progress& progress) const = 0;
  virtual std::int64_t windows() const = 0;
  virtual std::int64_t rows() const = 0;
};

struct WindowTable {
  Database& database;
  int partition;
  std::string topic;  // the name of the view that the query reads
  std::string time;   // the field of event time
  window::Window window;
  const Partials* partials;  // null: rows are kept
  std::int64_t fold_rows;    // so many rows are made partial results at a time
};

// Makes a SELECT the view of that name.
Result<void> show(Database& database, const std::string& topic, const std::string& rows);

std::unique_ptr<WindowRows> pane_rows(const WindowTable& table, const window::Resume& resume);
std::unique_ptr<WindowRows> session_rows(const WindowTable& table, const window::Resume& resume);

}  // namespace tidegate::engine
