// Rows of a result as JSON and keys. Private to this folder.
#pragma once

#include <duckdb.h>

#include <optional>
#include <string>
#include <vector>

#include "worker/codec/json_writer.h"
#include "worker/codec/key.h"
#include "worker/engine/database.h"
#include "worker/engine/engine.h"
#include "worker/engine/result_columns.h"

namespace tidegate::engine {

class ResultWriter {
 public:
  ResultWriter() = default;
  // For the columns that `statement` gives. Fails with InvalidQuery for what a record cannot hold, or InvalidKey.
  static Result<ResultWriter> of(Statement& statement, const std::vector<std::string>& key);

  const codec::Schema& columns() const { return columns_; }

  // Appends the rows of a chunk; what JSON cannot say, if anything (some rows are appended then).
  std::optional<std::string> append(duckdb_data_chunk chunk, Output& output);

 private:
  codec::Schema columns_;
  codec::RowWriter writer_{codec::Schema()};
  codec::KeyEncoder keys_;
  ResultColumns values_;
};

}  // namespace tidegate::engine
