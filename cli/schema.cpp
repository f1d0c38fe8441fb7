#include "cli/schema.h"

#include <algorithm>
#include <map>

#include "cli/embedded_crds.h"
#include "cli/yaml.h"
#include "common/base/text.h"

namespace tidegate::cli {
namespace {

using Problems = std::vector<std::string>;

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return value.is_int();
  return type != "number" || value.is_number();
}

std::string member_path(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

void check(const Json& schema, const Json& value, const std::string& path, Problems& problems);

void check_members(const Json& schema, const Json& value, const std::string& path, Problems& problems) {
  for (const std::string& name : schema.get("required").strings()) {
    if (value.get(name).is_null()) problems.push_back(member_path(path, name) + ": is missing");
  }
  const Json& properties = schema.get("properties");
  const Json& additional = schema.get("additionalProperties");
  if (properties.is_null() && additional.is_null()) return;  // metadata: anything goes
  for (const auto& [name, member] : value.members()) {
    const Json& declared = properties.get(name);
    if (!declared.is_null()) {
      check(declared, member, member_path(path, name), problems);
    } else if (!additional.is_null()) {
      check(additional, member, member_path(path, name), problems);
    } else {
      problems.push_back(member_path(path, name) + ": unknown field");
    }
  }
}

void check_items(const Json& schema, const Json& value, const std::string& path, Problems& problems) {
  const auto size = static_cast<std::int64_t>(value.items().size());
  if (size < schema.get("minItems").as_int(0)) problems.push_back(path + ": must not be empty");
  if (size > schema.get("maxItems").as_int(size)) {
    problems.push_back(cat(path, ": has more than ", std::to_string(schema.get("maxItems").as_int()), " items"));
  }
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    check(schema.get("items"), value.items()[i], cat(path, "[", std::to_string(i), "]"), problems);
  }
}

void check_limits(const Json& schema, const Json& value, const std::string& path, Problems& problems) {
  const auto& allowed = schema.get("enum").items();
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    problems.push_back(cat(path, ": must be one of ", schema.get("enum").dump()));
  }
  if (value.is_int() && value.as_int() < schema.get("minimum").as_int(value.as_int())) {
    problems.push_back(cat(path, ": must be at least ", std::to_string(schema.get("minimum").as_int())));
  }
  if (value.is_int() && value.as_int() > schema.get("maximum").as_int(value.as_int())) {
    problems.push_back(cat(path, ": must be at most ", std::to_string(schema.get("maximum").as_int())));
  }
  const auto length = static_cast<std::int64_t>(value.as_string().size());
  if (value.is_string() && length > schema.get("maxLength").as_int(length)) {
    problems.push_back(cat(path, ": is longer than ", std::to_string(schema.get("maxLength").as_int()), " characters"));
  }
  if (value.is_string() && length < schema.get("minLength").as_int(0)) problems.push_back(path + ": must not be empty");
}

void check(const Json& schema, const Json& value, const std::string& path, Problems& problems) {
  if (value.is_null()) return;  // the API server drops nulls; `required` speaks for itself
  const std::string& type = schema.get("type").as_string();
  if (!type.empty() && !has_type(value, type)) {
    problems.push_back(cat(path, ": must be of type ", type));
    return;
  }
  check_limits(schema, value, path, problems);
  if (value.is_object()) check_members(schema, value, path, problems);
  if (value.is_array()) check_items(schema, value, path, problems);
}

std::map<std::string, Json> embedded_schemas() {
  std::map<std::string, Json> schemas;
  for (const char* text : kEmbeddedCrds) {
    const auto documents = parse_yaml(text);
    if (!documents) continue;  // impossible: a test parses them
    for (const Json& crd : *documents) {
      for (const Json& version : crd.at("spec/versions").items()) {
        const std::string api_version = crd.at("spec/group").as_string() + "/" + version.get("name").as_string();
        schemas[api_version + " " + crd.at("spec/names/kind").as_string()] = version.at("schema/openAPIV3Schema");
      }
    }
  }
  return schemas;
}

}  // namespace

const Json& schema_of(const std::string& api_version, const std::string& kind) {
  static const std::map<std::string, Json> schemas = embedded_schemas();
  static const Json none;
  const auto found = schemas.find(api_version + " " + kind);
  return found == schemas.end() ? none : found->second;
}

std::vector<std::string> check_schema(const Json& schema, const Json& value, const std::string& path) {
  Problems problems;
  check(schema, value, path, problems);
  return problems;
}

}  // namespace tidegate::cli
