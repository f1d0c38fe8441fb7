#include "cli/infer.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "common/base/text.h"
#include "common/json/json.h"

namespace tidegate::cli {
namespace {

enum class Kind { none, boolean, bigint, float64, date, timestamp, varchar, nested };

// Whether `text` begins like `shape`, in which 0 is any digit.
bool begins_like(const std::string& text, std::string_view shape) {
  return text.size() >= shape.size() && std::equal(shape.begin(), shape.end(), text.begin(), [](char want, char is) {
           return want == '0' ? std::isdigit(static_cast<unsigned char>(is)) != 0 : want == is;
         });
}

Kind kind_of(const Json& value) {
  if (value.is_null()) return Kind::none;
  if (value.is_bool()) return Kind::boolean;
  if (value.is_int()) return Kind::bigint;
  if (value.is_number()) return Kind::float64;
  if (!value.is_string()) return Kind::nested;
  const std::string& text = value.as_string();
  if (begins_like(text, "0000-00-00T00:00")) return Kind::timestamp;
  if (begins_like(text, "0000-00-00") && text.size() == 10) return Kind::date;
  return Kind::varchar;
}

Kind join(Kind a, Kind b) {
  if (a == b || b == Kind::none) return a;
  if (a == Kind::none) return b;
  if (a == Kind::nested || b == Kind::nested) return Kind::nested;
  const auto number = [](Kind kind) { return kind == Kind::bigint || kind == Kind::float64; };
  return number(a) && number(b) ? Kind::float64 : Kind::varchar;
}

const char* type_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return "BOOLEAN";
    case Kind::bigint:
      return "BIGINT";
    case Kind::float64:
      return "DOUBLE";
    case Kind::date:
      return "DATE";
    case Kind::timestamp:
      return "TIMESTAMP";
    default:
      return "VARCHAR";
  }
}

// A field's name in YAML: quoted unless it is a plain word that YAML takes for a string.
std::string yaml_word(const std::string& name) {
  static const std::set<std::string> kNoStrings = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const bool plain =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; }) &&
      !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0]));
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return plain && kNoStrings.count(lower) == 0 ? name : Json(name).dump();
}

struct Seen {
  Kind kind = Kind::none;
  std::int64_t values = 0;  // not null
  bool mixed = false;       // text beside numbers or booleans: a worker takes no number for a VARCHAR
};

}  // namespace

Inferred infer(std::istream& records) {
  Inferred out;
  std::vector<std::string> order;
  std::map<std::string, Seen> seen;
  for (std::string line; std::getline(records, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto record = Json::parse(line);
    if (!record || !record->is_object()) {
      ++out.unreadable;
      continue;
    }
    ++out.records;
    for (const auto& [name, value] : record->members()) {
      if (seen.count(name) == 0) order.push_back(name);
      Seen& field = seen[name];
      const Kind kind = kind_of(value);
      const Kind joined = join(field.kind, kind);
      const auto textual = [](Kind k) { return k == Kind::varchar || k == Kind::date || k == Kind::timestamp; };
      field.mixed |= joined == Kind::varchar && !(textual(field.kind) && textual(kind)) && field.kind != kind &&
                     field.kind != Kind::none && kind != Kind::none;
      field.kind = joined;
      if (kind != Kind::none) ++field.values;
    }
  }
  for (const std::string& name : order) {
    const Seen& field = seen[name];
    if (field.kind == Kind::nested) {
      out.left_out.push_back(name + ": nested");
    } else if (field.mixed) {
      out.left_out.push_back(name + ": text and other types");
    } else {
      out.fields.push_back({name, type_of(field.kind), field.values == out.records});
    }
  }
  return out;
}

std::string to_yaml(const Inferred& inferred) {
  std::string out = "format: json\nfields:\n";
  for (const crds::Field& field : inferred.fields) {
    out += cat("  - {name: ", yaml_word(field.name), ", type: ", field.type, field.required ? ", required: true" : "",
               "}\n");
  }
  for (const std::string& name : inferred.left_out) out += cat("  # left out: ", name, "\n");
  return out;
}

}  // namespace tidegate::cli
