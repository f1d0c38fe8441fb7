#include "cli/yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "common/base/text.h"

namespace tidegate::cli {
namespace {

template <typename T>
bool parse_number(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

Json plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const bool numeric =
      text.find_first_of("0123456789") <= 1 && text.find_first_not_of("+-.0123456789eE") == std::string::npos;
  std::int64_t integer = 0;
  if (numeric && parse_number(text, integer)) return integer;
  double real = 0;
  if (numeric && parse_number(text, real)) return real;
  return text;
}

Json to_json(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      // The tag "?" marks a plain scalar, "!" a quoted one.
      return node.Tag() == "?" || node.Tag().empty() ? plain_scalar(node.Scalar()) : Json(node.Scalar());
    case YAML::NodeType::Sequence: {
      Json items = Json::Array();
      for (const YAML::Node& item : node) items.push_back(to_json(item));
      return items;
    }
    case YAML::NodeType::Map: {
      Json members = Json::Object();
      for (const auto& member : node) members[member.first.as<std::string>()] = to_json(member.second);
      return members;
    }
    default:
      return nullptr;
  }
}

}  // namespace

Result<std::vector<Json>> parse_yaml(const std::string& text) {
  try {
    std::vector<Json> documents;
    for (const YAML::Node& node : YAML::LoadAll(text)) {
      Json document = to_json(node);
      if (!document.is_null()) documents.push_back(std::move(document));
    }
    return documents;
  } catch (const YAML::Exception& e) {
    return Error{"InvalidYaml", cat("line ", std::to_string(e.mark.line + 1), ", column ",
                                    std::to_string(e.mark.column + 1), ": ", e.msg)};
  }
}

Result<std::vector<Json>> read_yaml(const std::string& path) {
  if (path == "-") return parse_yaml(std::string(std::istreambuf_iterator<char>(std::cin), {}));
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{"NotFound", "cannot read " + path};
  return parse_yaml(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace tidegate::cli
