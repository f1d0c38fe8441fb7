// Rows in memory, column by column. Private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "worker/codec/column.h"
#include "worker/codec/schema.h"

namespace tidegate::engine {

constexpr std::size_t kWord = 64;  // rows in a word of a mask

class Rows {
 public:
  // The bytes of an element of each column; 0: its values are not kept, its `data` is null.
  explicit Rows(std::vector<std::size_t> element_sizes);
  explicit Rows(const codec::Schema& fields);

  std::span<const codec::Column> columns() const { return columns_; }
  std::size_t element_size(std::size_t column) const { return element_sizes_[column]; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  void set_size(std::size_t size) { size_ = size; }
  // Room for so many rows, all valid; what was there is lost.
  void make_room(std::size_t rows);
  std::size_t bytes() const;  // of the room

 private:
  struct Values {
    std::unique_ptr<codec::Int128[]> data;  // aligned for every type
    std::size_t elements = 0;
    std::vector<std::uint64_t> validity;
  };

  std::vector<std::size_t> element_sizes_;
  std::vector<Values> values_;
  std::vector<codec::Column> columns_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Rows of many batches, which wait until a statement takes them together. Owns their texts.
class RowBuffer {
 public:
  // As Rows takes them; `texts` are the columns of codec::Text.
  RowBuffer(std::vector<std::size_t> element_sizes, std::vector<std::size_t> texts);

  // Where the next rows go, behind those that are there: up to its capacity, which is larger than its size and at most
  // that of a vector of DuckDB.
  Rows& room();
  // The room has so many rows now; their texts are copied.
  void filled(std::size_t size);
  void clear();

  std::span<const Rows> blocks() const { return blocks_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t bytes() const { return bytes_; }

 private:
  const char* keep(const char* text, std::size_t length);

  std::vector<std::size_t> element_sizes_;
  std::vector<std::size_t> texts_;
  std::vector<Rows> blocks_;
  std::vector<std::unique_ptr<char[]>> chars_;
  char* free_ = nullptr;
  std::size_t left_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace tidegate::engine
