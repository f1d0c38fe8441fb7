#include "worker/codec/schema.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "common/base/text.h"

namespace tidegate::codec {
namespace {

constexpr std::pair<std::string_view, Type> kPlainTypes[] = {
    {"BOOLEAN", Type::boolean}, {"INTEGER", Type::integer}, {"BIGINT", Type::bigint},       {"DOUBLE", Type::float64},
    {"VARCHAR", Type::varchar}, {"DATE", Type::date},       {"TIMESTAMP", Type::timestamp},
};

constexpr std::string_view kRemedy =
    "use one of BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p,s), VARCHAR, DATE, TIMESTAMP";

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string map_chars(std::string_view text, char (*map)(char)) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), map);
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

}  // namespace

Result<FieldType> FieldType::parse(std::string_view name) {
  const std::string upper_name = map_chars(trim(name), upper);
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

Result<Schema> Schema::of(std::vector<Field> fields) {
  std::set<std::string> seen;
  for (const Field& field : fields) {
    if (field.name.empty()) return Error{"InvalidSchema", "a field has no name"};
    if (!seen.insert(map_chars(field.name, lower)).second) {
      return Error{"InvalidSchema",
                   cat("field \"", field.name, "\" is declared twice (names differ by more than case)")};
    }
  }
  Schema schema;
  schema.fields_ = std::move(fields);
  return schema;
}

Result<Schema> Schema::from_json(const Json& fields) {
  std::vector<Field> list;
  for (const Json& item : fields.items()) {
    const std::string& name = item.get("name").as_string();
    auto type = FieldType::parse(item.get("type").as_string());
    if (!type) return std::move(type).error().context(cat("field \"", name, "\""));
    list.push_back({name, *type, item.get("required").as_bool()});
  }
  return of(std::move(list));
}

Json Schema::to_json() const {
  Json list = Json::array({});
  for (const Field& field : fields_) {
    Json item = Json::object({{"name", field.name}, {"type", field.type.name()}});
    if (field.required) item["required"] = true;
    list.push_back(std::move(item));
  }
  return list;
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace tidegate::codec
