#include "common/json/json.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/text.h"

namespace tidegate {
namespace {

constexpr std::size_t max_depth = 64;

// Builds our value from the parser's events, so that no second tree is held.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return put({}); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) return put(static_cast<double>(value));
    return put(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::Object{}); }
  bool start_array(std::size_t) override { return open(Json::Array{}); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    keys_.back() = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& e) override {
    error_ = cat("at byte ", std::to_string(position), ": ", e.what());
    return false;
  }

  Json root;
  const std::string& error() const { return error_; }

 private:
  bool put(Json value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back().is_array()) {
      open_.back().push_back(std::move(value));
    } else {
      open_.back()[keys_.back()] = std::move(value);
    }
    return true;
  }
  bool open(Json container) {
    if (open_.size() == max_depth) {
      error_ = "nested too deeply";
      return false;
    }
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }

  std::vector<Json> open_;
  std::vector<std::string> keys_;
  std::string error_;
};

// Writes the text itself and leaves only scalars to the library, which would need a copy of the whole value.
class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const Json& value) {
    if (value.is_object()) {
      write_all('{', '}', value.members(), [this](const auto& member) {
        write_string(member.first);
        text += indent_ < 0 ? ":" : ": ";
        write(member.second);
      });
    } else if (value.is_array()) {
      write_all('[', ']', value.items(), [this](const Json& item) { write(item); });
    } else if (value.is_string()) {
      write_string(value.as_string());
    } else if (value.is_int()) {
      text += std::to_string(value.as_int());
    } else if (value.is_number()) {
      text += nlohmann::json(value.as_double()).dump();
    } else {
      text += value.is_null() ? "null" : value.as_bool() ? "true" : "false";
    }
  }

  std::string text;

 private:
  template <typename Items, typename Write>
  void write_all(char open, char close, const Items& items, Write write_one) {
    text += open;
    ++depth_;
    bool first = true;
    for (const auto& item : items) {
      if (!std::exchange(first, false)) text += ',';
      begin_line();
      write_one(item);
    }
    --depth_;
    if (!items.empty()) begin_line();
    text += close;
  }

  void begin_line() {
    if (indent_ >= 0) text.append(1, '\n').append(static_cast<std::size_t>(depth_ * indent_), ' ');
  }

  void write_string(const std::string& string) {
    const bool plain =
        std::all_of(string.begin(), string.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
    text += plain ? cat("\"", string, "\"")
                  : nlohmann::json(string).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  int indent_;
  int depth_ = 0;
};

const Json& null_value() {
  static const Json value;
  return value;
}

}  // namespace

Json Json::object(std::initializer_list<Member> members) {
  Object out;
  for (const Member& member : members) out.emplace(std::move(member.key), std::move(member.value));
  return out;
}

Result<Json> Json::parse(std::string_view text) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return Error{"InvalidJson", builder.error().empty() ? "not JSON" : builder.error()};
  }
  return std::move(builder.root);
}

std::string Json::dump(int indent) const {
  Writer writer(indent);
  writer.write(*this);
  return std::move(writer.text);
}

const Json& Json::at(std::string_view path) const {
  const Json* here = this;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (here->is_array()) {
      std::size_t index = 0;
      const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), index);
      if (failed != std::errc{} || end != part.data() + part.size() || index >= here->items().size())
        return null_value();
      here = &here->items()[index];
    } else {
      here = &here->get(part);
    }
  }
  return *here;
}

const Json& Json::get(std::string_view key) const {
  if (const auto* object = std::get_if<Object>(&value_)) {
    if (const auto found = object->find(key); found != object->end()) return found->second;
  }
  return null_value();
}

bool Json::as_bool(bool fallback) const {
  const auto* value = std::get_if<bool>(&value_);
  return value ? *value : fallback;
}

std::int64_t Json::as_int(std::int64_t fallback) const {
  const auto* value = std::get_if<std::int64_t>(&value_);
  return value ? *value : fallback;
}

double Json::as_double(double fallback) const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  const auto* integer = std::get_if<std::int64_t>(&value_);
  return integer ? static_cast<double>(*integer) : fallback;
}

const std::string& Json::as_string() const {
  static const std::string empty;
  const auto* value = std::get_if<std::string>(&value_);
  return value ? *value : empty;
}

std::string Json::as_string(std::string_view fallback) const {
  return is_string() ? as_string() : std::string(fallback);
}

const Json::Array& Json::items() const {
  static const Array empty;
  const auto* value = std::get_if<Array>(&value_);
  return value ? *value : empty;
}

const Json::Object& Json::members() const {
  static const Object empty;
  const auto* value = std::get_if<Object>(&value_);
  return value ? *value : empty;
}

std::vector<std::string> Json::strings() const {
  std::vector<std::string> out;
  for (const Json& item : items()) {
    if (item.is_string()) out.push_back(item.as_string());
  }
  return out;
}

Json& Json::operator[](const std::string& key) {
  if (is_null()) value_ = Object{};
  return std::get<Object>(value_)[key];
}

void Json::push_back(Json item) {
  if (is_null()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(item));
}

void Json::erase(std::string_view key) {
  if (auto* object = std::get_if<Object>(&value_)) {
    if (const auto found = object->find(key); found != object->end()) object->erase(found);
  }
}

}  // namespace tidegate
