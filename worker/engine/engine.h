// Runs one row-wise SQL query over batches of records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/json_writer.h"
#include "worker/codec/metadata.h"
#include "worker/codec/schema.h"

namespace tidegate::engine {

class Table;

struct Query {
  std::string topic;  // the name the query selects from
  codec::Schema fields;
  std::string sql;
  std::vector<std::string> key;  // output columns that make the key; empty: no keys
  // That the topic may be joined with. They must outlive the engine; it sees what they hold when it runs.
  std::vector<const Table*> tables = {};
};

struct Options {
  std::string memory_limit = "256MB";  // DuckDB's notation; bounds its buffers, not the batch itself
  std::string time_field = "";         // a TIMESTAMP field whose values are wanted (Output::times); "": none
};

// When a record happened, by its field.
struct RecordTime {
  std::size_t record;   // index in the batch
  std::int64_t micros;  // since 1970
};

// A record that gave no row because it is at fault itself.
struct Failure {
  std::size_t record;   // index in the batch
  std::string reason;   // Malformed, WrongType, MissingField, Oversized or QueryFailed
  std::string message;  // names the field, or is DuckDB's message
  std::string summary;  // the same in a few words, without values of the record
};

// What a batch gave. Reuse one for all batches: its memory grows to the largest and stays.
class Output {
 public:
  struct Row {
    std::string_view value;               // compact JSON object
    std::optional<std::string_view> key;  // canonical key bytes; nothing is the null key
  };

  std::size_t size() const { return rows_.size(); }
  // Valid until the next run() or clear(). Rows stand in the order of their records.
  Row operator[](std::size_t index) const;
  // In the order of the records.
  const std::vector<Failure>& failures() const { return failures_; }

  // The engine's own counts, which balance the accounts (docs/architecture.md, "Commit metadata"); records that failed
  // are in none of them.
  std::int64_t taken() const { return counts_.taken; }        // rows that DuckDB was given
  std::int64_t returned() const { return counts_.returned; }  // rows that DuckDB gave back
  // Per field of the schema: rows taken without a value. Sized by the first run().
  const std::vector<std::int64_t>& nulls() const { return nulls_; }
  // Of the records that could be read and have one. In no order, and some may be there twice.
  const std::vector<RecordTime>& times() const { return times_; }
  void clear();

 private:
  friend class Engine;
  friend class ResultWriter;
  friend class WindowedEngine;
  struct Ends {
    std::size_t value;
    std::size_t key;
    bool has_key;
  };
  struct Counts {
    std::int64_t taken = 0;
    std::int64_t returned = 0;
  };
  struct Mark {
    std::size_t rows;
    std::size_t failures;
  };
  Mark mark() const { return {rows_.size(), failures_.size()}; }
  void roll_back(const Mark& mark);

  codec::Bytes values_;
  std::string keys_;
  std::vector<Ends> rows_;
  std::vector<Failure> failures_;
  Counts counts_;
  std::vector<std::int64_t> nulls_;
  std::vector<RecordTime> times_;
};

// One in-memory DuckDB with one prepared statement, single-threaded, without access to files, network, extensions or
// settings. Use from one thread at a time. About 50 MB resident while idle.
class Engine {
 public:
  // Fails with reason InvalidQuery (DuckDB's message, suggestions included), NotRowWise or NotAllowed (see row_wise.h),
  // InvalidSchema, InvalidKey, or EngineFailed (out of memory and the like). `position`, if given, receives the byte
  // offset in the query that the error is about, when known.
  static Result<Engine> open(const Query& query, const Options& options,
                             std::optional<std::size_t>* position = nullptr);

  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  // The columns of the result. None is `required`: SQL's nullability is not tracked.
  const codec::Schema& columns() const;

  // Clears `output`, then runs the query over `records` (null data: a record without a value). `metadata`: one for each
  // record, when the fields need it (Schema::needs_metadata). Records at fault become failures, the others give their
  // rows: the result is the same however the records are cut into batches. A query error that a record causes
  // (conversion, out of range, invalid input, a NaN or infinity in the result) is narrowed down to the records by
  // bisection. Fails with reason EngineFailed when the engine itself is at fault (memory, interrupt, internal): open a
  // new Engine and run the batch again; no record is to blame. The records' bytes must stay unchanged during the call
  // only.
  Result<void> run(std::span<const std::string_view> records, Output& output,
                   std::span<const codec::Metadata> metadata = {});

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::engine
