#include "common/metrics/process.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "common/metrics/catalogue.h"

namespace tidegate::metrics {
namespace {

// Fields of /proc/self/stat after the parenthesised name; index 0 is the state (field 3 in proc(5)).
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::istringstream rest(text.substr(std::min(text.rfind(')') + 1, text.size())));
  return {std::istream_iterator<std::string>(rest), std::istream_iterator<std::string>()};
}

double boot_time_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

prometheus::MetricFamily family(Metric definition, double value) {
  const bool counts = definition->type == Type::counter;
  prometheus::MetricFamily made{std::string(definition->name),
                                std::string(definition->help),
                                counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
                                {}};
  prometheus::ClientMetric& metric = made.metric.emplace_back();
  (counts ? metric.counter.value : metric.gauge.value) = value;
  return made;
}

class Process : public prometheus::Collectable {
 public:
  Process() : boot_time_(boot_time_seconds()) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    const std::vector<std::string> stat = stat_fields();
    // Positions of utime, stime, num_threads, starttime, vsize and rss in proc(5), less 3.
    constexpr std::size_t kUser = 11, kSystem = 12, kThreads = 17, kStart = 19, kVirtual = 20, kResident = 21;
    if (stat.size() <= kResident) return {};
    const auto field = [&](std::size_t index) { return std::stod(stat[index]); };
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
    std::vector<prometheus::MetricFamily> families;
    families.push_back(family("process_cpu_seconds_total", (field(kUser) + field(kSystem)) / ticks));
    families.push_back(family("process_threads", field(kThreads)));
    families.push_back(family("process_start_time_seconds", boot_time_ + field(kStart) / ticks));
    families.push_back(family("process_virtual_memory_bytes", field(kVirtual)));
    families.push_back(family("process_resident_memory_bytes", field(kResident) * page));
    std::error_code failed;
    const std::filesystem::directory_iterator open("/proc/self/fd", failed);
    if (!failed) {
      const auto count = std::distance(begin(open), end(open));
      families.push_back(family("process_open_fds", static_cast<double>(count)));
    }
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
      families.push_back(family("process_max_fds", static_cast<double>(limit.rlim_cur)));
    }
    return families;
  }

 private:
  double boot_time_;
};

}  // namespace

std::unique_ptr<prometheus::Collectable> process_metrics() {
  return std::make_unique<Process>();
}

}  // namespace tidegate::metrics
