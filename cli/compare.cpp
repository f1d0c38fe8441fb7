#include "cli/compare.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "common/json/json.h"

namespace tidegate::cli {
namespace {

bool close(const Json& a, const Json& b) {
  if (a == b) return true;
  if (a.is_number() && b.is_number() && !(a.is_int() && b.is_int())) {
    const double x = a.as_double();
    const double y = b.as_double();
    return std::abs(x - y) <= 1e-9 * std::max(std::abs(x), std::abs(y));
  }
  if (!a.is_object() || !b.is_object() || a.members().size() != b.members().size()) return false;
  return std::equal(a.members().begin(), a.members().end(), b.members().begin(),
                    [](const auto& left, const auto& right) {
                      return left.first == right.first && close(left.second, right.second);
                    });
}

std::vector<std::string> without(const std::vector<std::string>& from, const std::vector<std::string>& these) {
  std::vector<std::string> out;
  std::set_difference(from.begin(), from.end(), these.begin(), these.end(), std::back_inserter(out));
  return out;
}

}  // namespace

Difference compare(std::vector<std::string> expected, std::vector<std::string> rows) {
  std::sort(expected.begin(), expected.end());
  std::sort(rows.begin(), rows.end());
  Difference out{without(expected, rows), without(rows, expected)};
  std::vector<Json> left;
  for (const std::string& row : out.unexpected) {
    auto parsed = Json::parse(row);
    left.push_back(parsed ? *std::move(parsed) : Json());
  }
  std::erase_if(out.missing, [&](const std::string& row) {
    const auto wanted = Json::parse(row);
    if (!wanted) return false;
    const auto match = std::find_if(left.begin(), left.end(), [&](const Json& other) { return close(*wanted, other); });
    if (match == left.end()) return false;
    out.unexpected.erase(out.unexpected.begin() + (match - left.begin()));
    left.erase(match);
    return true;
  });
  return out;
}

}  // namespace tidegate::cli
