#include "worker/codec/json_reader.h"

#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "worker/codec/calendar.h"
#include "worker/codec/json_text.h"
#include "worker/codec/json_tokens.h"
#include "worker/codec/number.h"

namespace tidegate::codec {
namespace {

constexpr int kUndeclared = -1;

// Records of one topic mostly list their keys in one order: what was seen at a position is tried first there.
struct ExpectedKey {
  static constexpr std::size_t kMaxBytes = 112;
  char token[kMaxBytes + 8] = {};  // with quotes
  std::uint32_t size = 0;
  int field = kUndeclared;
};
constexpr std::size_t kMaxExpected = 256;
constexpr int kInvalidKey = -2;

std::string shown(std::string_view token) {
  constexpr std::size_t kShown = 40;
  return token.size() <= kShown ? std::string(token) : cat(truncate_utf8(token, kShown), "…");
}

std::string_view kind_of(std::string_view token) {
  switch (token.front()) {
    case '"':
      return "text";
    case '{':
      return "an object";
    case '[':
      return "an array";
    case 't':
    case 'f':
      return "a truth value";
    default:
      return "a number";
  }
}

std::string_view expectation(Type type) {
  switch (type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "an integer from -2147483648 to 2147483647";
    case Type::bigint:
      return "an integer of 64 bits, as a number or a string";
    case Type::float64:
      return "a number that fits a double";
    case Type::decimal:
      return "a number that fits without rounding, as a number or a string";
    case Type::varchar:
      return "a string";
    case Type::date:
      return "a string such as \"2013-01-31\"";
    case Type::timestamp:
      return "an ISO 8601 string such as \"2013-01-31T05:00:00Z\", at most six fraction digits";
  }
  return {};
}

enum class Stored : std::uint8_t { value, wrong_type, malformed };

// A string token's contents, escapes resolved in place (the token is in the reader's own copy of the record); null data
// when malformed.
std::string_view unquote(std::string_view token, bool plain) {
  if (token.size() < 2 || token.back() != '"') return {};
  const std::string_view inner = token.substr(1, token.size() - 2);
  if (plain || std::memchr(inner.data(), '\\', inner.size()) == nullptr) return inner;
  char* const place = const_cast<char*>(inner.data());
  char* const end = unescape_json_string(inner, place);
  if (end == nullptr) return {};
  return {place, static_cast<std::size_t>(end - place)};
}

template <typename T>
Stored put(const Column& column, std::size_t row, std::optional<T> value) {
  if (!value) return Stored::wrong_type;
  if (column.data != nullptr) column.at<T>(row) = *value;
  return Stored::value;
}

Stored put_decimal(const Column& column, std::size_t row, FieldType type, const Number& number) {
  const std::optional<Int128> value = to_scaled(number, type.width, type.scale);
  if (!value) return Stored::wrong_type;
  if (column.data == nullptr) return Stored::value;
  switch (element_size(type)) {
    case 2:
      column.at<std::int16_t>(row) = static_cast<std::int16_t>(*value);
      break;
    case 4:
      column.at<std::int32_t>(row) = static_cast<std::int32_t>(*value);
      break;
    case 8:
      column.at<std::int64_t>(row) = static_cast<std::int64_t>(*value);
      break;
    default:
      std::memcpy(&column.at<Int128>(row), &*value, sizeof *value);
  }
  return Stored::value;
}

Stored put_number(const Column& column, std::size_t row, FieldType type, std::string_view text, bool quoted) {
  Number number;
  if (!scan_number(text, number)) return quoted ? Stored::wrong_type : Stored::malformed;
  switch (type.type) {
    case Type::integer: {
      const auto value =
          to_integer(number, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
      return put(column, row, value ? std::optional(static_cast<std::int32_t>(*value)) : std::nullopt);
    }
    case Type::bigint:
      return put(
          column, row,
          to_integer(number, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
    case Type::float64:
      return put(column, row, to_double(number));
    case Type::decimal:
      return put_decimal(column, row, type, number);
    default:
      return Stored::wrong_type;
  }
}

Stored put_string(const Column& column, std::size_t row, FieldType type, std::string_view token, bool plain) {
  const std::string_view text = unquote(token, plain);
  if (text.data() == nullptr) return Stored::malformed;
  switch (type.type) {
    case Type::varchar:
      if (column.data != nullptr) column.at<Text>(row) = Text(text);
      return Stored::value;
    case Type::date:
      return put(column, row, parse_date(text));
    case Type::timestamp:
      return put(column, row, parse_timestamp(text));
    case Type::bigint:
    case Type::decimal:
      return put_number(column, row, type, text, true);
    default:
      return Stored::wrong_type;
  }
}

}  // namespace

struct JsonReader::Impl {
  explicit Impl(Schema declared) : schema(std::move(declared)), seen(schema.size(), 0) {
    for (std::size_t f = 0; f < schema.size(); ++f) {
      if (schema[f].required) required.push_back(f);
    }
  }

  Schema schema;
  std::vector<std::size_t> required;
  JsonTokens tokens;
  std::vector<ExpectedKey> expected;
  std::vector<std::uint64_t> seen;  // per field: number of the last record that had it
  std::uint64_t record_number = 0;
  std::vector<char> arena;
  std::size_t used = 0;

  Error problem;
  std::string summary;

  // Without a summary the message is fit to be one.
  bool fail(const char* reason, std::string message, std::string short_words = {}) {
    summary = short_words.empty() ? message : std::move(short_words);
    problem = {reason, std::move(message)};
    return false;
  }
  bool malformed(const char* what) { return fail("Malformed", what); }
  bool malformed_here() {
    if (tokens.done()) return malformed("the record is not JSON: it ends too early");
    const std::string at = cat(" at byte ", std::to_string(tokens.offset()));
    return fail("Malformed", cat("the record is not JSON: unexpected ", shown(tokens.token()), at),
                cat("the record is not JSON", at));
  }
  bool missing(std::size_t field, const char* how) {
    const std::string& name = schema[field].name;
    return fail("MissingField", cat("field \"", name, "\" is required but ", how), cat(name, ": required but ", how));
  }
  bool wrong_type(const Field& field, std::string_view token) {
    const std::string found = token.front() == '{' ? "an object" : token.front() == '[' ? "an array" : shown(token);
    return fail("WrongType",
                cat("field \"", field.name, "\" of type ", field.type.name(), " must be ", expectation(field.type.type),
                    ", not ", found),
                cat(field.name, ": expected ", field.type.name(), ", found ", kind_of(token)));
  }

  // The field that the current token names, kUndeclared or kInvalidKey.
  int field_here(std::size_t position) {
    if (position < expected.size()) {
      const ExpectedKey& known = expected[position];
      if (known.size != 0 && tokens.starts_with(known.token, known.size)) return known.field;
    }
    return find_field(position);
  }

  int find_field(std::size_t position) {
    if (tokens.peek() != '"') return kInvalidKey;
    const std::string_view token = tokens.token();
    ExpectedKey key;
    if (token.size() <= ExpectedKey::kMaxBytes) {  // before the escapes are resolved
      std::memcpy(key.token, token.data(), token.size());
      key.size = static_cast<std::uint32_t>(token.size());
    }
    const std::string_view name = unquote(token, tokens.plain());
    if (name.data() == nullptr) return kInvalidKey;
    const std::optional<std::size_t> found = schema.find(name);
    key.field = found ? static_cast<int>(*found) : kUndeclared;
    if (position < kMaxExpected) {
      if (position >= expected.size()) expected.resize(position + 1);
      expected[position] = key;
    }
    return key.field;
  }

  bool read_value(std::size_t f, const Column& column, std::size_t row) {
    const Field& field = schema[f];
    const std::string_view token = tokens.token();
    Stored stored = Stored::wrong_type;
    switch (token.front()) {
      case '"':
        stored = put_string(column, row, field.type, token, tokens.plain());
        break;
      case '{':
      case '[':
        break;
      case 'n':
        if (token != "null") return malformed_here();
        if (field.required) return missing(f, "null");
        column.set_null(row);
        tokens.next();
        return true;
      case 't':
      case 'f':
        if (token != "true" && token != "false") return malformed_here();
        if (field.type.type == Type::boolean) stored = put(column, row, std::optional(token.front() == 't'));
        break;
      default:
        stored = put_number(column, row, field.type, token, false);
    }
    if (stored == Stored::malformed) return malformed_here();
    if (stored == Stored::wrong_type) return wrong_type(field, token);
    column.set_valid(row);
    tokens.next();
    return true;
  }

  bool read_object(std::span<const Column> columns, std::size_t row) {
    ++record_number;
    std::size_t found = 0;
    std::size_t position = 0;
    if (!tokens.take('{')) return not_an_object();
    if (!tokens.take('}')) {
      do {
        if (tokens.done()) return malformed_here();
        const int field = field_here(position++);
        if (field == kInvalidKey) return malformed_here();
        tokens.next();
        if (!tokens.take(':') || tokens.done()) return malformed_here();
        if (field == kUndeclared) {
          if (!tokens.skip_value()) return malformed_here();
          continue;
        }
        const auto f = static_cast<std::size_t>(field);
        if (!read_value(f, columns[f], row)) return false;
        found += seen[f] != record_number ? 1 : 0;
        seen[f] = record_number;
      } while (tokens.take(','));
      if (!tokens.take('}')) return malformed_here();
    }
    if (!tokens.done()) return malformed_here();
    return found == schema.size() || fill_missing(columns, row);
  }

  bool not_an_object() {
    if (tokens.skip_value() && tokens.done()) return malformed("a record must be a JSON object");
    return malformed("the record is not JSON");
  }

  bool fill_missing(std::span<const Column> columns, std::size_t row) {
    for (const std::size_t f : required) {
      if (seen[f] != record_number) return missing(f, "missing");
    }
    for (std::size_t f = 0; f < schema.size(); ++f) {
      if (seen[f] != record_number) columns[f].set_null(row);
    }
    return true;
  }

  bool read(std::string_view record, std::span<const Column> columns, std::size_t row) {
    if (record.size() > kMaxRecordBytes) {
      return fail("Oversized", cat("the record has ", std::to_string(record.size()), " bytes, at most ",
                                   std::to_string(kMaxRecordBytes), " are accepted"));
    }
    if (record.empty()) return malformed("the record is empty");
    char* const copy = arena.data() + used;
    std::memcpy(copy, record.data(), record.size());
    used += record.size();
    if (const char* what = tokens.open(copy, record.size())) return malformed(what);
    return read_object(columns, row);
  }
};

JsonReader::JsonReader(Schema schema) : impl_(std::make_unique<Impl>(std::move(schema))) {}
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;
JsonReader::~JsonReader() = default;

const Schema& JsonReader::schema() const {
  return impl_->schema;
}

const std::string& JsonReader::summary() const {
  return impl_->summary;
}

void JsonReader::begin(std::size_t bytes) {
  if (impl_->arena.size() < bytes + kJsonPadding) impl_->arena.resize(bytes + kJsonPadding);
  impl_->used = 0;
}

Result<void> JsonReader::read(std::string_view record, std::span<const Column> columns, std::size_t row) {
  if (impl_->read(record, columns, row)) return {};
  return std::move(impl_->problem);
}

}  // namespace tidegate::codec
