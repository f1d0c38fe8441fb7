#include "controllers/shared/quantity.h"

#include <cstdlib>
#include <map>
#include <string>

namespace tidegate::controllers {

std::optional<double> quantity_value(const Json& quantity) {
  if (quantity.is_number()) return quantity.as_double();
  static const std::map<std::string, double> units{{"", 1},        {"m", 1e-3},   {"k", 1e3},     {"M", 1e6},
                                                   {"G", 1e9},     {"T", 1e12},   {"Ki", 0x1p10}, {"Mi", 0x1p20},
                                                   {"Gi", 0x1p30}, {"Ti", 0x1p40}};
  const std::string& text = quantity.as_string();
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const std::size_t length = digits == std::string::npos ? text.size() : digits;
  const auto unit = units.find(text.substr(length));
  if (length == 0 || unit == units.end()) return std::nullopt;
  return std::strtod(text.substr(0, length).c_str(), nullptr) * unit->second;
}

}  // namespace tidegate::controllers
