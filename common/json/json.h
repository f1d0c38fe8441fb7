// A JSON value and the only door to the JSON library: nlohmann's headers are included in json.cpp alone,
// which keeps compile times low (docs/decisions/0002-json-facade.md).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/result.h"

namespace tidegate {

// A plain value type: copies are deep, const access is thread-safe. Objects keep their keys sorted, so equal values
// have equal dumps (content hashes rely on it). Integers keep all 64 bits; a number with a fraction or exponent, or
// beyond int64, is a double.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  template <typename T, typename = std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>>
  Json(T value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  struct Member;  // {key, value}
  static Json object(std::initializer_list<Member> members);
  static Json array(std::initializer_list<Json> items) { return Array(items); }
  static Json array(const std::vector<std::string>& items) { return Array(items.begin(), items.end()); }

  // Fails with reason InvalidJson and the byte position. Nesting beyond 64 levels is refused.
  static Result<Json> parse(std::string_view text);
  // Compact when indent < 0. Bytes that are not UTF-8 are replaced.
  std::string dump(int indent = -1) const;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // The value at a path such as "spec/replicas" (keys or array indexes); null when any part is missing.
  // Keys that hold a slash are reached with get().
  const Json& at(std::string_view path) const;
  // The member of that exact key; null when this is no object or has none.
  const Json& get(std::string_view key) const;
  bool has(std::string_view path) const { return !at(path).is_null(); }

  // The value as a type, or the fallback when it is of another type.
  bool as_bool(bool fallback = false) const;
  std::int64_t as_int(std::int64_t fallback = 0) const;
  double as_double(double fallback = 0) const;
  const std::string& as_string() const;  // "" when not a string
  std::string as_string(std::string_view fallback) const;

  // The items or members; empty when this is of another type.
  const Array& items() const;
  const Object& members() const;
  // The strings in an array; other items are left out.
  std::vector<std::string> strings() const;

  // Turns null into an object (array) first; calling it on another type is a programmer's error and throws.
  Json& operator[](const std::string& key);
  void push_back(Json item);
  void erase(std::string_view key);

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// An initializer list only lends what it holds, and an object in an object would be copied once for each level.
struct Json::Member {
  Member(std::string name, Json content) : key(std::move(name)), value(std::move(content)) {}
  mutable std::string key;
  mutable Json value;
};

}  // namespace tidegate
