// The columns of a result chunk in the codec's layout. Private to this folder.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "worker/codec/column.h"

namespace tidegate::engine {

// Most vectors are used where they are; types that DuckDB stores in another width are converted into scratch memory.
class ResultColumns {
 public:
  ResultColumns() = default;
  explicit ResultColumns(const std::vector<duckdb_type>& types);

  // The columns from number `first` on. Valid until the next call or until the chunk is destroyed.
  std::span<const codec::Column> read(duckdb_data_chunk chunk, std::size_t first = 0);

 private:
  std::vector<duckdb_type> types_;
  std::vector<codec::Column> columns_;
  std::vector<std::unique_ptr<std::int64_t[]>> scratch_;  // one vector's worth of 16-byte values where needed
};

}  // namespace tidegate::engine
