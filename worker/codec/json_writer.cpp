#include "worker/codec/json_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "common/base/text.h"
#include "worker/codec/calendar.h"
#include "worker/codec/json_text.h"
#include "worker/codec/number.h"

namespace tidegate::codec {
namespace {

constexpr std::size_t kScalarBytes = 48;
static_assert(kScalarBytes >= kDoubleBytes && kScalarBytes >= kDecimalBytes && kScalarBytes >= kTimestampBytes + 2);

char* copy(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

constexpr std::size_t kWord = 16;

// Copies `words`, a multiple of kWord, of which `size` bytes count: cheaper than to copy a few bytes exactly.
char* copy_words(std::string_view words, std::size_t size, char* out) {
  for (std::size_t at = 0; at < words.size(); at += kWord) std::memcpy(out + at, words.data() + at, kWord);
  return out + size;
}

// Everything but texts, without quotes.
char* write_scalar(FieldType type, const Column& column, std::size_t row, char* out) {
  switch (type.type) {
    case Type::boolean:
      return copy(column.at<bool>(row) ? "true" : "false", out);
    case Type::integer:
      return std::to_chars(out, out + kScalarBytes, column.at<std::int32_t>(row)).ptr;
    case Type::bigint:
      return std::to_chars(out, out + kScalarBytes, column.at<std::int64_t>(row)).ptr;
    case Type::float64: {
      const double value = column.at<double>(row);
      return std::isfinite(value) ? write_double(value, out) : nullptr;
    }
    case Type::decimal: {
      const Int128 value = decimal_at(column, type, row);
      return fits_decimal(value) ? write_decimal(value, type.scale, out) : nullptr;
    }
    case Type::date:
      return write_date(column.at<std::int32_t>(row), out);
    case Type::timestamp:
      return write_timestamp(column.at<std::int64_t>(row), out);
    case Type::varchar:
    case Type::json:
      break;
  }
  return out;
}

}  // namespace

char* Bytes::extend(std::size_t more) {
  if (capacity_ - size_ < more) {
    const std::size_t wanted = std::max(size_ + more, capacity_ * 2);
    std::unique_ptr<char[]> grown(new char[wanted]);
    if (size_ != 0) std::memcpy(grown.get(), data_.get(), size_);
    data_ = std::move(grown);
    capacity_ = wanted;
  }
  return data_.get() + size_;
}

std::size_t json_bound(FieldType type, const Column& column, std::size_t row) {
  if (!is_text(type) || !column.valid(row)) return kScalarBytes;
  return json_string_bound(column.at<Text>(row).view().size());
}

char* write_json(FieldType type, const Column& column, std::size_t row, char* out) {
  if (!column.valid(row)) return copy("null", out);
  switch (type.type) {
    case Type::varchar:
    case Type::json:
      return write_json_string(column.at<Text>(row).view(), out);
    case Type::date:
    case Type::timestamp: {
      *out++ = '"';
      char* const end = write_scalar(type, column, row, out);
      if (end == nullptr) return nullptr;
      *end = '"';
      return end + 1;
    }
    default:
      return write_scalar(type, column, row, out);
  }
}

void append_text(FieldType type, const Column& column, std::size_t row, std::string& out) {
  if (is_text(type)) {
    out.append(column.at<Text>(row).view());
    return;
  }
  char text[kScalarBytes];
  if (const char* const end = write_scalar(type, column, row, text))
    out.append(text, static_cast<std::size_t>(end - text));
}

RowWriter::RowWriter(const Schema& schema) {
  for (const Field& field : schema.fields()) {
    std::string label(1, parts_.empty() ? '{' : ',');
    append_json_string(field.name, label);
    label += ':';
    const std::size_t size = label.size();
    label.resize((size + kWord - 1) / kWord * kWord);
    fixed_bytes_ += label.size() + kScalarBytes;
    parts_.push_back({std::move(label), size, field.type});
  }
}

std::optional<std::size_t> RowWriter::append(std::span<const Column> columns, std::size_t row, Bytes& out) const {
  std::size_t bound = fixed_bytes_;
  for (std::size_t f = 0; f < parts_.size(); ++f) {
    if (is_text(parts_[f].type)) bound += json_bound(parts_[f].type, columns[f], row);
  }
  char* const begin = out.extend(bound);
  char* at = begin;
  for (std::size_t f = 0; f < parts_.size(); ++f) {
    at = copy_words(parts_[f].label, parts_[f].label_size, at);
    at = write_json(parts_[f].type, columns[f], row, at);
    if (at == nullptr) return f;
  }
  *at++ = '}';
  out.resize(out.size() + static_cast<std::size_t>(at - begin));
  return std::nullopt;
}

}  // namespace tidegate::codec
