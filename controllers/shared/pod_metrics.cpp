#include "controllers/shared/pod_metrics.h"

#include <cmath>
#include <cstdlib>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/http/client.h"

namespace tidegate::controllers {
namespace {

constexpr Duration kTimeout{800};
constexpr std::size_t kMaxBody = 512 * 1024;
constexpr std::uint16_t kPort = 9400;  // docs/architecture.md, "Worker HTTP port"

}  // namespace

std::vector<Result<std::string>> read_pod_metrics(const std::vector<std::string>& addresses) {
  std::vector<http::Target> targets;
  for (const std::string& address : addresses) targets.push_back({address, kPort, "/metrics"});
  return http::get_all(targets, kTimeout, kMaxBody);
}

std::optional<double> metric_value(const std::string& metrics, std::string_view name) {
  for (const std::string& line : split(metrics, '\n')) {
    if (line.rfind(name, 0) != 0 || line.size() <= name.size()) continue;
    if (line[name.size()] != '{' && line[name.size()] != ' ') continue;
    const std::string value = line.substr(line.find_last_of(' ') + 1);
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (end == value.c_str() || !std::isfinite(number) || number < 0) return std::nullopt;
    return number;
  }
  return std::nullopt;
}

}  // namespace tidegate::controllers
