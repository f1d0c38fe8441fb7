#include "controllers/scaling/intake_figures.h"

#include <algorithm>

#include "controllers/shared/pods.h"
#include "operator/kube/sleep.h"

namespace tidegate::controllers {
namespace {

constexpr Duration kRound{1'000};
constexpr Duration kStale{3'000};
constexpr std::size_t kAtOnce = 64;

}  // namespace

std::optional<double> intake_bytes(const std::string& metrics) {
  return metric_value(metrics, "tidegate_intake_bytes_in_flight");
}

std::optional<double> IntakeFigures::bytes_in_flight(const std::vector<kube::ObjectPtr>& pods) {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  double total = 0;
  int ready = 0;
  bool known = true;
  for (const kube::ObjectPtr& pod : pods) {
    if (summarize_pods({pod}).ready == 0) continue;
    ++ready;
    const std::string& address = pod->at("status/podIP").as_string();
    if (!address.empty() && (asked_.size() < kMaxPods || asked_.count(address))) asked_[address] = now;
    const auto seen = seen_.find(address);
    if (seen == seen_.end() || now - seen->second.at > kStale)
      known = false;
    else
      total += seen->second.bytes;
  }
  return known && ready > 0 ? std::optional(total) : std::nullopt;
}

void IntakeFigures::tick() {
  std::vector<std::string> addresses;
  {
    const SteadyTime now = clock_.steady();
    const std::lock_guard lock(mutex_);
    std::erase_if(asked_, [&](const auto& item) { return now - item.second > kStale; });
    std::erase_if(seen_, [this](const auto& item) { return !asked_.count(item.first); });
    for (const auto& [address, at] : asked_) addresses.push_back(address);
  }
  for (std::size_t from = 0; from < addresses.size(); from += kAtOnce) {
    const std::vector<std::string> some(
        addresses.begin() + static_cast<std::ptrdiff_t>(from),
        addresses.begin() + static_cast<std::ptrdiff_t>(std::min(from + kAtOnce, addresses.size())));
    const auto answers = read_(some);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto bytes = answers[i] ? intake_bytes(*answers[i]) : std::nullopt;
      if (bytes) seen_[some[i]] = {*bytes, clock_.steady()};
    }
  }
}

void IntakeFigures::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    tick();
    kube::sleep_for(kRound, stop);
  }
}

}  // namespace tidegate::controllers
