#include "worker/codec/schema.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "common/base/text.h"

namespace tidegate::codec {
namespace {

constexpr std::pair<std::string_view, Type> kPlainTypes[] = {
    {"BOOLEAN", Type::boolean}, {"INTEGER", Type::integer}, {"BIGINT", Type::bigint},       {"DOUBLE", Type::float64},
    {"VARCHAR", Type::varchar}, {"DATE", Type::date},       {"TIMESTAMP", Type::timestamp}, {"JSON", Type::json},
};

constexpr std::string_view kRemedy =
    "use one of BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p,s), VARCHAR, DATE, TIMESTAMP, JSON";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

// "10,2" -> {10, 2}; a missing scale is 0, as in SQL.
bool parse_parameters(std::string_view text, int& width, int& scale) {
  const std::vector<std::string> parts = split(text, ',');
  if (parts.size() > 2) return false;
  int values[2] = {0, 0};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string_view part = trim(parts[i]);
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), values[i]);
    if (part.empty() || error != std::errc() || end != part.data() + part.size()) return false;
  }
  width = values[0];
  scale = values[1];
  return width >= 1 && width <= 38 && scale >= 0 && scale <= width;
}

constexpr std::pair<std::string_view, Unit> kUnits[] = {
    {"s", Unit::seconds}, {"ms", Unit::milliseconds}, {"us", Unit::microseconds}};
constexpr std::pair<std::string_view, From> kSources[] = {
    {"key", From::key}, {"timestamp", From::timestamp}, {"partition", From::partition}, {"offset", From::offset}};

// Leaves `value` alone when there is no word; false for one that is not listed.
template <typename T, std::size_t n>
bool read_word(const Json& word, const std::pair<std::string_view, T> (&words)[n], T& value) {
  if (word.is_null()) return true;
  const auto found =
      std::find_if(words, words + n, [&](const auto& listed) { return listed.first == word.as_string(); });
  if (found == words + n) return false;
  value = found->second;
  return true;
}

Error invalid(std::string message) {
  return {"InvalidSchema", std::move(message)};
}
Error invalid(const Field& field, std::string_view problem) {
  return invalid(cat("field \"", field.name, "\": ", problem));
}

// The type that what lies beside a record's value has.
Type type_of(From from) {
  switch (from) {
    case From::timestamp:
      return Type::timestamp;
    case From::partition:
      return Type::integer;
    case From::offset:
      return Type::bigint;
    default:
      return Type::varchar;
  }
}

constexpr std::size_t kMaxPath = 8;

Result<void> check_field(const Field& field, const Format& format) {
  if (field.unit != Unit::none && (field.type.type != Type::timestamp || field.from != From::value)) {
    return invalid(field, "unit is for a TIMESTAMP of the record's value");
  }
  if (field.from != From::value) {
    const FieldType type{type_of(field.from), 0, 0};
    if (!field.path.empty()) return invalid(field, "path is for fields of the record's value");
    if (field.from == From::header && field.header.empty()) return invalid(field, "header must be a header's name");
    if (field.type != type) return invalid(field, cat("what lies beside the value is of type ", type.name(), " here"));
    return {};
  }
  if (field.path.size() > kMaxPath) return invalid(field, "path has more than 8 names");
  for (const std::string& name : field.path) {
    if (name.empty()) return invalid(field, "path must be names with a dot between them");
    if (name.find_first_of("[]") == std::string::npos) continue;
    return invalid(field, "path cannot name an element of an array; declare the array as JSON and use json_extract");
  }
  if (format.kind == Format::Kind::json) return {};
  if (!field.path.empty()) return invalid(field, "path is for format json");
  if (field.type.type == Type::json) return invalid(field, "type JSON is for format json; use VARCHAR");
  if (format.kind == Format::Kind::text && field.type.type != Type::varchar) {
    return invalid(field, "format text gives the whole value as VARCHAR");
  }
  return {};
}

std::vector<std::string> path_of(const Field& field) {
  return field.path.empty() ? std::vector<std::string>{field.name} : field.path;
}

// No field may lie in another one: what is read as a whole is not taken apart.
Result<void> check_paths(const std::vector<Field>& fields) {
  std::vector<std::pair<std::vector<std::string>, const Field*>> paths;
  for (const Field& field : fields) {
    if (field.from == From::value) paths.emplace_back(path_of(field), &field);
  }
  std::sort(paths.begin(), paths.end());  // what lies in a value follows it
  for (std::size_t i = 1; i < paths.size(); ++i) {
    const auto& [outer, field] = paths[i - 1];
    const auto& [inner, other] = paths[i];
    if (outer.size() > inner.size() || !std::equal(outer.begin(), outer.end(), inner.begin())) continue;
    return invalid(*other, cat("its value is part of that of field \"", field->name, "\""));
  }
  return {};
}

}  // namespace

Result<FieldType> FieldType::parse(std::string_view name) {
  const std::string upper_name = upper(trim(name));
  for (const auto& [plain, type] : kPlainTypes) {
    if (upper_name == plain) return FieldType{type, 0, 0};
  }
  const std::string_view text = upper_name;
  const std::size_t open = text.find('(');
  if (open != std::string_view::npos && trim(text.substr(0, open)) == "DECIMAL" && text.back() == ')') {
    int width = 0;
    int scale = 0;
    if (!parse_parameters(text.substr(open + 1, text.size() - open - 2), width, scale)) {
      return Error{"InvalidType", cat("type ", name, ": DECIMAL(p,s) needs 1 <= p <= 38 and 0 <= s <= p")};
    }
    return FieldType{Type::decimal, static_cast<std::uint8_t>(width), static_cast<std::uint8_t>(scale)};
  }
  return Error{"InvalidType", cat("unknown type \"", name, "\": ", kRemedy)};
}

std::string FieldType::name() const {
  if (type == Type::decimal) return cat("DECIMAL(", std::to_string(width), ",", std::to_string(scale), ")");
  for (const auto& [plain, plain_type] : kPlainTypes) {
    if (type == plain_type) return std::string(plain);
  }
  return {};
}

Result<Format> Format::from_json(const Json& json) {
  Format format;
  const std::string kind = json.get("format").as_string("json");
  if (kind == "csv" || kind == "text") {
    format.kind = kind == "csv" ? Kind::csv : Kind::text;
  } else if (kind != "json") {
    return invalid(cat("format \"", kind, "\" is not supported; records must be json, csv or text"));
  }
  if (!json.has("delimiter")) return format;
  const std::string& delimiter = json.get("delimiter").as_string();
  const char c = delimiter.size() == 1 ? delimiter[0] : '"';
  if (c == '"' || c == '\r' || c == '\n' || static_cast<unsigned char>(c) > 126) {
    return invalid("delimiter must be one ASCII character, neither a quote nor a line end");
  }
  format.delimiter = c;
  return format;
}

Result<Schema> Schema::of(std::vector<Field> fields, Format format) {
  std::set<std::string> seen;
  for (const Field& field : fields) {
    if (field.name.empty()) return invalid("a field has no name");
    if (!seen.insert(lower(field.name)).second) {
      return invalid(cat("field \"", field.name, "\" is declared twice (names differ by more than case)"));
    }
    if (auto fits = check_field(field, format); !fits) return std::move(fits).error();
  }
  if (auto apart = check_paths(fields); !apart) return std::move(apart).error();
  const auto from_value = [](const Field& field) { return field.from == From::value; };
  const auto values = std::count_if(fields.begin(), fields.end(), from_value);
  if (format.kind == Format::Kind::text && values != 1) return invalid("format text has one field for the whole value");
  if (format.kind == Format::Kind::csv && values == 0) return invalid("format csv needs a field");
  Schema schema;
  schema.fields_ = std::move(fields);
  schema.format_ = format;
  return schema;
}

Result<Schema> Schema::from_json(const Json& fields, const Json& format) {
  auto read_format = Format::from_json(format);
  if (!read_format) return std::move(read_format).error();
  std::vector<Field> list;
  for (const Json& item : fields.items()) {
    Field field;
    field.name = item.get("name").as_string();
    auto type = FieldType::parse(item.get("type").as_string());
    if (!type) return std::move(type).error().context(cat("field \"", field.name, "\""));
    field.type = *type;
    field.required = item.get("required").as_bool();
    if (item.has("path")) field.path = split(item.get("path").as_string(), '.');
    field.header = item.get("header").as_string();
    if (!read_word(item.get("unit"), kUnits, field.unit)) return invalid(field, "unit must be s, ms or us");
    if (!read_word(item.get("from"), kSources, field.from)) {
      return invalid(field, "from must be key, timestamp, partition or offset");
    }
    if (item.has("header")) field.from = From::header;
    list.push_back(std::move(field));
  }
  return of(std::move(list), *read_format);
}

Json Schema::to_json() const {
  Json list = Json::array({});
  for (const Field& field : fields_) {
    Json item = Json::object({{"name", field.name}, {"type", field.type.name()}});
    if (field.required) item["required"] = true;
    if (!field.path.empty()) item["path"] = join(field.path, ".");
    for (const auto& [word, unit] : kUnits) {
      if (field.unit == unit) item["unit"] = word;
    }
    for (const auto& [word, from] : kSources) {
      if (field.from == from) item["from"] = word;
    }
    if (field.from == From::header) item["header"] = field.header;
    list.push_back(std::move(item));
  }
  return list;
}

Schema Schema::of_values() const {
  Schema schema = *this;
  std::erase_if(schema.fields_, [](const Field& field) { return field.from != From::value; });
  return schema;
}

bool Schema::needs_metadata() const {
  return std::any_of(fields_.begin(), fields_.end(), [](const Field& field) { return field.from != From::value; });
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace tidegate::codec
