#include "controllers/observation/observers.h"

#include <vector>

#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

bool is_external(const std::string& identity) {
  return identity.rfind("external:", 0) == 0;
}

}  // namespace

std::shared_ptr<Observer> Observers::get(const std::string& identity, const Connector& connect) {
  const std::lock_guard lock(mutex_);
  auto [found, fresh] = entries_.try_emplace(identity);
  Entry& entry = found->second;
  if (!fresh) return entry.observer;
  Observer::Callbacks callbacks{options_.pipeline_changed, [] {}, options_.looked};
  if (!is_external(identity)) {
    const auto parts = split(identity, '/');
    callbacks.cluster = [changed = options_.cluster_changed, key = kube::Key{parts[0], parts[1]}] { changed(key); };
  }
  entry.observer = std::make_shared<Observer>(connect, callbacks, options_.clock);
  if (options_.threads) {
    entry.thread = std::jthread([observer = entry.observer](const std::stop_token& stop) { observer->run(stop); });
  }
  return entry.observer;
}

std::shared_ptr<Observer> Observers::find(const std::string& identity) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(identity);
  return found == entries_.end() ? nullptr : found->second.observer;
}

void Observers::forget(const kube::Key& pipeline) {
  std::vector<Entry> unused;  // threads end outside the lock
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    entry->second.observer->forget(pipeline);
    if (is_external(entry->first) && entry->second.observer->idle()) {
      entry->second.thread.request_stop();
      unused.push_back(std::move(entry->second));
      entry = entries_.erase(entry);
    } else {
      ++entry;
    }
  }
}

void Observers::drop(const std::string& identity) {
  Entry unused;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(identity);
  if (found == entries_.end()) return;
  unused = std::move(found->second);
  entries_.erase(found);
}

void Observers::stop() {
  std::map<std::string, Entry> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(entries_);
  }
  for (auto& [identity, entry] : all) entry.thread.request_stop();
}

}  // namespace tidegate::controllers
