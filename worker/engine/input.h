// The records of the running batch as a DuckDB table function. Private to this folder.
#pragma once

#include <duckdb.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/record_reader.h"
#include "worker/engine/engine.h"
#include "worker/engine/rows.h"

namespace tidegate::engine {

// Parses straight into DuckDB's vectors while the query pulls, or into a buffer. Must outlive the connection it is
// registered with.
class Input {
 public:
  static constexpr const char* kFunction = "tidegate_records";

  explicit Input(codec::Schema fields);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // The field's values are wanted, also where the query does not use it. Before the first set().
  void watch(std::size_t time_field);

  // Asked by read_into() of each record that could be read: whether it is a row and which number that gets. `columns`
  // has the values of `fields` at `row`, and no others for sure. Before the first set().
  using Judge = std::function<std::optional<std::int64_t>(std::size_t record, std::span<const codec::Column> columns,
                                                          std::size_t row)>;
  void judge_by(Judge judge, const std::vector<std::size_t>& fields);

  Result<void> register_with(duckdb_connection connection);

  // What the next execution reads: records [first, last) of the batch; those that cannot be read are added to
  // `failures`. `metadata`: as Engine::run takes it. `times` gets what is watched.
  void set(std::span<const std::string_view> batch, std::span<const codec::Metadata> metadata, std::size_t first,
           std::size_t last, std::vector<Failure>& failures, std::vector<RecordTime>* times = nullptr);

  // What the execution took. Counted once it is over: a plan that needs no rows, such as WHERE false, never pulls, so
  // its records are read and counted here.
  struct Taken {
    std::int64_t rows = 0;
    std::vector<std::int64_t> nulls;  // per field
  };
  const Taken& finish();

  // Instead of a query: the records that the judge takes as rows behind those that are in the buffer, their numbers
  // (BIGINT) in the column behind the fields.
  const Taken& read_into(RowBuffer& buffer);

 private:
  static void bind(duckdb_bind_info info);
  static void init(duckdb_init_info info);
  static void fill(duckdb_function_info info, duckdb_data_chunk chunk);

  void start(duckdb_init_info info);
  void fill_chunk(duckdb_data_chunk chunk);
  void begin_chunk();
  // Fills rows [first, capacity) as far as there are records; where it came to.
  std::size_t read_rows(std::size_t first, std::size_t capacity);
  void count(std::size_t first, std::size_t end);

  // A column that the query uses.
  struct Projected {
    std::size_t field;
    std::size_t vector;  // its index in the chunk
  };

  codec::RecordReader reader_;
  Judge judge_;
  std::vector<std::int64_t> numbers_;  // of the rows that were read last
  std::vector<Projected> projected_;
  std::vector<codec::Column> columns_;   // one per field
  std::vector<std::uint64_t> validity_;  // scratch, a stretch per field: most columns need no mask in DuckDB
  std::size_t words_;                    // per stretch
  std::span<const std::string_view> batch_;
  std::span<const codec::Metadata> metadata_;
  std::size_t next_ = 0;
  std::size_t last_ = 0;
  std::vector<Failure>* failures_ = nullptr;
  std::optional<std::size_t> time_field_;
  std::map<std::size_t, std::vector<codec::Int128>> watched_;  // by field: room for values that no query uses
  std::vector<RecordTime>* times_ = nullptr;
  bool started_ = false;  // by the query's plan
  Taken taken_;
};

}  // namespace tidegate::engine
