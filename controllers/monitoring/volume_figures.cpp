#include "controllers/monitoring/volume_figures.h"

#include "common/base/text.h"
#include "operator/kube/sleep.h"

namespace tidegate::controllers {
namespace {

constexpr Duration kRoundInterval{10'000};
constexpr Duration kStale{35'000};

}  // namespace

std::vector<health::VolumeEvidence> VolumeFigures::of(const std::vector<kube::ObjectPtr>& pods) {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  std::vector<health::VolumeEvidence> out;
  for (const kube::ObjectPtr& object : pods) {
    const std::string& name = object->at("metadata/name").as_string();
    const std::string& address = object->at("status/podIP").as_string();
    if (address.empty()) continue;
    Pod& pod = pods_[cat(object->at("metadata/namespace").as_string(), "/", name)];
    if (pod.address != address) pod = {address, {}, {}, 0, 0};
    pod.asked = now;
    if (pod.bytes > 0 && now - pod.told <= kStale) out.push_back({name, pod.bytes, pod.used});
  }
  return out;
}

void VolumeFigures::tick() {
  std::vector<std::string> names, addresses;
  {
    const SteadyTime now = clock_.steady();
    const std::lock_guard lock(mutex_);
    std::erase_if(pods_, [&](const auto& item) { return now - item.second.asked > kStale; });
    for (const auto& [name, pod] : pods_) {
      names.push_back(name);
      addresses.push_back(pod.address);
    }
  }
  if (names.empty()) return;
  const auto answers = read_(addresses);
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto pod = pods_.find(names[i]);
    if (pod == pods_.end() || pod->second.address != addresses[i] || !answers[i]) continue;
    const auto bytes = metric_value(*answers[i], "tidegate_volume_bytes");
    const auto used = metric_value(*answers[i], "tidegate_volume_used_bytes");
    if (!bytes || !used) continue;
    pod->second.bytes = *bytes;
    pod->second.used = *used;
    pod->second.told = now;
  }
}

void VolumeFigures::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    tick();
    kube::sleep_for(kRoundInterval, stop);
  }
}

}  // namespace tidegate::controllers
