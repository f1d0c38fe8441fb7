// The records of the running batch beside the table rows that they are joined with. Private to this folder.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "worker/codec/record_reader.h"
#include "worker/engine/database.h"
#include "worker/engine/engine.h"
#include "worker/engine/input.h"
#include "worker/engine/joins.h"
#include "worker/engine/rows_function.h"
#include "worker/engine/table.h"

namespace tidegate::engine {

// Finds the row of each record's key by itself, so that DuckDB has only to put the two side by side (joins.h): a hash
// join would go through the whole table for every batch, and give the rows without a match last.
class JoinedInput {
 public:
  // The tables must outlive it.
  JoinedInput(codec::Schema fields, const std::vector<Join>& joins, const std::vector<const Table*>& tables);

  // Makes the relations that side_by_side() names.
  Result<void> register_with(Database& database);

  // As those of Input. The tables must not change until the query is through.
  void watch(std::size_t field) { time_field_ = field; }
  void set(std::span<const std::string_view> batch, std::span<const codec::Metadata> metadata, std::size_t first,
           std::size_t last, std::vector<Failure>& failures, std::vector<RecordTime>* times);
  const Input::Taken& finish() const { return taken_; }

 private:
  struct Side {
    explicit Side(const codec::Schema& schema) : rows(schema), function(schema.fields()) {}
    Rows rows;
    RowsFunction function;
    const Table* table = nullptr;
    std::vector<std::size_t> fields;  // of the record, for each field of the key
    std::vector<codec::Column> key;   // a column per field of the table, those of the key set
  };

  codec::RecordReader reader_;
  Side records_;
  std::vector<std::unique_ptr<Side>> lookups_;
  std::optional<std::size_t> time_field_;
  Input::Taken taken_;
};

}  // namespace tidegate::engine
