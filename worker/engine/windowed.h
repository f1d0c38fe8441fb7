// Runs one SQL query over each closed window of a stream of records.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/engine/engine.h"
#include "worker/window/progress.h"
#include "worker/window/window.h"

namespace tidegate::engine {

// `query` sees the fields of its topic, `window_start` and `window_end`.
struct WindowedQuery {
  Query query;
  window::Window window;
  window::EventTime time;
  // The fields that the input topic is keyed by. Every group must contain them, or it could lie in several partitions
  // and come out in pieces; empty: the topic has one partition.
  std::vector<std::string> input_key;
  // The partition that a record with these canonical key bytes belongs to; one from another is refused. Empty: not
  // checked.
  std::function<int(std::string_view key)> partition_of;
};

// `request` of `worker check` and `worker apply`: {"window": …, "eventTime": …, "inputKey": […]}. Fails with
// InvalidWindow.
Result<WindowedQuery> windowed_query(const Query& query, const Json& request);

struct WindowLimits {
  std::int64_t memory_bytes = 256 << 20;  // of DuckDB
  std::string directory;                  // for rows that memory does not take; empty: there is none
  std::int64_t disk_bytes = 0;
  std::int64_t windows = 100'000;     // whose bookkeeping is beside DuckDB's memory
  std::int64_t merge_rows = 131'072;  // so many partial results of a partition are merged at the earliest
  // Rows wait in memory until DuckDB takes many at once: at least so many of a partition, unless they come slowly, and
  // no more bytes of all partitions than these.
  std::int64_t waiting_rows = 32'768;
  std::int64_t waiting_bytes = 64 << 20;
};

struct TimedRecord {
  std::string_view value;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;  // Kafka's
};

// The state is per partition, so that results do not depend on how partitions are spread over replicas; nor do they
// depend on where batches are cut: a row is late when the records before it had moved the watermark past the end of
// some window that it lies in (with sessions: past the row's own time). Rows of open windows are kept in DuckDB. One
// thread uses it.
//
// Failure reasons beside those of Engine: Late and TooFarAhead. run() fails with WindowsTooLarge when the rows fit
// neither memory nor disk.
class WindowedEngine {
 public:
  // Fails as Engine::open does; also with NotWindowed for what would depend on the order or the grouping of records,
  // and InvalidWindow.
  static Result<WindowedEngine> open(const WindowedQuery& query, const WindowLimits& limits,
                                     std::optional<std::size_t>* position = nullptr);
  WindowedEngine(WindowedEngine&&) noexcept;
  WindowedEngine& operator=(WindowedEngine&&) noexcept;
  ~WindowedEngine();

  const codec::Schema& columns() const;

  // Before the first record of a partition.
  void assign(int partition, const window::Resume& resume);
  // Forgets its rows.
  void revoke(int partition);

  // Takes the next records of a partition, ascending by offset; `output` gets the rows of the windows that they close,
  // and the records at fault. `metadata`: as Engine::run takes it. After a failure, also KeyMismatch and QueryFailed,
  // the state is undefined: begin again with a new engine at what was committed.
  Result<void> run(int partition, std::span<const TimedRecord> records, Output& output,
                   std::span<const codec::Metadata> metadata = {});
  // No record older than this comes any more; `output` gets the rows of the windows that this closes. Every record that
  // was read already must have been run() before.
  Result<void> advance(int partition, window::Micros watermark, Output& output);
  // Closes every window: there are no more records.
  Result<void> flush(Output& output);

  window::Progress progress(int partition) const;
  window::Held held() const;  // of all partitions

 private:
  Result<void> take(int partition, std::span<const TimedRecord> records, Output& output,
                    std::span<const codec::Metadata> metadata);

  struct Impl;
  explicit WindowedEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::engine
