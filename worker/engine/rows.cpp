#include "worker/engine/rows.h"

#include <duckdb.h>

#include <algorithm>
#include <cstring>

namespace tidegate::engine {
namespace {

constexpr std::size_t kChars = 64 << 10;  // of texts that are allocated together

std::vector<std::size_t> sizes_of(const codec::Schema& fields) {
  std::vector<std::size_t> sizes;
  for (const codec::Field& field : fields.fields()) sizes.push_back(codec::element_size(field.type));
  return sizes;
}

}  // namespace

Rows::Rows(std::vector<std::size_t> element_sizes)
    : element_sizes_(std::move(element_sizes)), values_(element_sizes_.size()), columns_(element_sizes_.size()) {}

Rows::Rows(const codec::Schema& fields) : Rows(sizes_of(fields)) {}

void Rows::make_room(std::size_t rows) {
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (element_sizes_[c] == 0) continue;
    Values& values = values_[c];
    const std::size_t elements = (rows * element_sizes_[c] + sizeof(codec::Int128) - 1) / sizeof(codec::Int128);
    if (values.elements < elements) {
      values.data = std::make_unique_for_overwrite<codec::Int128[]>(elements);
      values.elements = elements;
    }
    values.validity.assign((rows + kWord - 1) / kWord, codec::kAllValid);
    columns_[c] = {values.data.get(), values.validity.data()};
  }
  size_ = 0;
  capacity_ = rows;
}

std::size_t Rows::bytes() const {
  std::size_t bytes = 0;
  for (const Values& values : values_) {
    bytes += values.elements * sizeof(codec::Int128) + values.validity.size() * sizeof(std::uint64_t);
  }
  return bytes;
}

RowBuffer::RowBuffer(std::vector<std::size_t> element_sizes, std::vector<std::size_t> texts)
    : element_sizes_(std::move(element_sizes)), texts_(std::move(texts)) {}

// Blocks grow with what waits, so that many partitions with little traffic take little.
Rows& RowBuffer::room() {
  if (blocks_.empty() || blocks_.back().size() == blocks_.back().capacity()) {
    const std::size_t whole = (static_cast<std::size_t>(rows_) + kWord - 1) / kWord * kWord;
    const std::size_t rows = std::clamp<std::size_t>(whole, kWord, duckdb_vector_size());
    blocks_.emplace_back(element_sizes_).make_room(rows);
    bytes_ += static_cast<std::int64_t>(blocks_.back().bytes());
  }
  return blocks_.back();
}

void RowBuffer::filled(std::size_t size) {
  Rows& block = blocks_.back();
  for (const std::size_t c : texts_) {
    const codec::Column& column = block.columns()[c];
    for (std::size_t row = block.size(); row < size; ++row) {
      if (!column.valid(row)) continue;
      codec::Text& text = column.at<codec::Text>(row);
      const std::string_view view = text.view();
      if (view.size() > codec::Text::kInlined) text = codec::Text({keep(view.data(), view.size()), view.size()});
    }
  }
  rows_ += static_cast<std::int64_t>(size - block.size());
  block.set_size(size);
}

const char* RowBuffer::keep(const char* text, std::size_t length) {
  if (length > left_) {
    left_ = std::max(length, kChars);
    free_ = chars_.emplace_back(std::make_unique_for_overwrite<char[]>(left_)).get();
    bytes_ += static_cast<std::int64_t>(left_);
  }
  std::memcpy(free_, text, length);
  left_ -= length;
  free_ += length;
  return free_ - length;
}

void RowBuffer::clear() {
  blocks_.clear();
  chars_.clear();
  free_ = nullptr;
  left_ = 0;
  rows_ = bytes_ = 0;
}

}  // namespace tidegate::engine
