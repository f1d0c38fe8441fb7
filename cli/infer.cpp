#include "cli/infer.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "common/base/text.h"
#include "common/json/json.h"

namespace tidegate::cli {
namespace {

enum class Kind { none, boolean, bigint, float64, date, timestamp, varchar, json };

// Whether `text` begins like `shape`, in which 0 is any digit.
bool begins_like(const std::string& text, std::string_view shape) {
  return text.size() >= shape.size() && std::equal(shape.begin(), shape.end(), text.begin(), [](char want, char is) {
           return want == '0' ? std::isdigit(static_cast<unsigned char>(is)) != 0 : want == is;
         });
}

Kind kind_of(const Json& value) {
  if (value.is_null() || (value.is_object() && value.members().empty())) return Kind::none;
  if (value.is_bool()) return Kind::boolean;
  if (value.is_int()) return Kind::bigint;
  if (value.is_number()) return Kind::float64;
  if (!value.is_string()) return Kind::json;
  const std::string& text = value.as_string();
  if (begins_like(text, "0000-00-00T00:00")) return Kind::timestamp;
  if (begins_like(text, "0000-00-00") && text.size() == 10) return Kind::date;
  return Kind::varchar;
}

Kind widest(Kind a, Kind b) {
  if (a == b || b == Kind::none) return a;
  if (a == Kind::none) return b;
  if (a == Kind::json || b == Kind::json) return Kind::json;
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
    case Kind::json:
      return "JSON";
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
  return plain && kNoStrings.count(lower(name)) == 0 ? name : Json(name).dump();
}

constexpr std::size_t kMaxPath = 8;
using Path = std::vector<std::string>;

struct Seen {
  Kind kind = Kind::none;
  std::int64_t values = 0;  // not null
  bool mixed = false;       // text beside numbers or booleans: a worker takes no number for a VARCHAR

  void add(Kind fresh) {
    const Kind joined = widest(kind, fresh);
    const auto textual = [](Kind k) { return k == Kind::varchar || k == Kind::date || k == Kind::timestamp; };
    mixed |= joined == Kind::varchar && !(textual(kind) && textual(fresh)) && kind != fresh && kind != Kind::none &&
             fresh != Kind::none;
    kind = joined;
    if (fresh != Kind::none) ++values;
  }
};

// What was seen where, by first appearance.
struct Places {
  std::vector<Path> order;
  std::map<Path, Seen> seen;
  std::set<Path> objects;  // taken apart

  void add(const Json& object, const Path& below) {
    for (const auto& [name, value] : object.members()) {
      Path path = below;
      path.push_back(name);
      if (value.is_object() && !value.members().empty() && path.size() < kMaxPath && nameable(name)) {
        objects.insert(path);
        add(value, path);
        continue;
      }
      if (seen.count(path) == 0) order.push_back(path);
      seen[path].add(kind_of(value));
    }
  }

  // Whether a path can name it.
  static bool nameable(const std::string& name) {
    return !name.empty() && name.find_first_of(".[]") == std::string::npos;
  }

  // An object now and another value then: it is kept whole.
  bool whole(const Path& path) const {
    const auto here = seen.find(path);
    return objects.count(path) > 0 && here != seen.end() && here->second.kind != Kind::none;
  }
  bool inside_whole(const Path& path) const {
    Path outer;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      outer.push_back(path[i]);
      if (whole(outer)) return true;
    }
    return false;
  }
};

// A column's name for a path: letters, digits and underscores.
std::string column_of(const Path& path) {
  std::string name = join(path, "_");
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return std::isdigit(static_cast<unsigned char>(name[0])) != 0 ? "_" + name : name;
}

}  // namespace

Inferred infer(std::istream& records) {
  Inferred out;
  Places places;
  for (std::string line; std::getline(records, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto record = Json::parse(line);
    if (!record || !record->is_object()) {
      ++out.unreadable;
      continue;
    }
    ++out.records;
    places.add(*record, {});
  }
  std::set<std::string> names;
  for (const Path& path : places.order) {
    const Seen& field = places.seen[path];
    const std::string place = join(path, ".");
    const bool whole = places.whole(path);
    if (places.inside_whole(path) || (!whole && places.objects.count(path) > 0)) continue;
    if (field.mixed && !whole) {
      out.left_out.push_back(place + ": text and other types");
      continue;
    }
    if (!Places::nameable(path.back())) {
      out.left_out.push_back(place + ": no path can name it");
      continue;
    }
    const std::string name = column_of(path);
    if (!names.insert(name).second) {
      out.left_out.push_back(cat(place, ": another field is named ", name));
      continue;
    }
    crds::Field declared{name, whole ? "JSON" : type_of(field.kind), !whole && field.values == out.records};
    if (place != name) declared.path = place;
    out.fields.push_back(std::move(declared));
  }
  return out;
}

std::string to_yaml(const Inferred& inferred) {
  std::string out = "format: json\nfields:\n";
  for (const crds::Field& field : inferred.fields) {
    out += cat("  - {name: ", yaml_word(field.name), ", type: ", field.type, field.required ? ", required: true" : "",
               field.path.empty() ? "" : ", path: " + Json(field.path).dump(), "}\n");
  }
  for (const std::string& name : inferred.left_out) out += cat("  # left out: ", name, "\n");
  return out;
}

}  // namespace tidegate::cli
