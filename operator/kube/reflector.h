// Keeps a Store equal to what the API server has, by list and watch, and reports every change.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/kube/cache.h"
#include "operator/kube/client.h"
#include "operator/kube/sync_state.h"

namespace tidegate::kube {

// Runs on the reflector's thread after the store has changed: map to keys and enqueue, nothing slow.
using ChangeHandler = std::function<void(const Change&)>;

// What of an object is kept. Caches are most of an operator's memory: keep what is read. Name, namespace, uid,
// resourceVersion and the labels one selects by must stay. apiVersion and kind are filled in afterwards.
using Projection = std::function<Json(const Json&)>;

// The default: everything but metadata.managedFields.
Json without_managed_fields(const Json& object);

class Reflector {
 public:
  struct Options {
    Resource resource;
    Scope scope = {};
    Projection keep = without_managed_fields;
    Duration idle = std::chrono::seconds(150);  // servers send a bookmark every minute
  };

  Reflector(Client& client, Options options, Clock clock = Clock::real(), Sleep sleep = sleep_for);

  // Before run.
  void on_change(ChangeHandler handler);
  // Until stop is requested. Never fails: failures are logged, shown by problem() and retried with growing waits.
  void run(const std::stop_token& stop);

  const Store& store() const { return store_; }
  const Resource& resource() const { return options_.resource; }
  // The first list is in the store and was delivered to the handlers.
  bool synced() const;
  // Why the last list or watch failed; nothing while all is well.
  std::optional<Error> problem() const;
  // Since the last page, event or bookmark.
  Duration silent_for() const;

 private:
  void list_page(const std::string& continuation);
  void watch(const std::string& version, const std::stop_token& stop);
  // False ends the watch, with the reason in `error`.
  bool handle(WatchEvent event, Error& error);
  ObjectPtr keep(const Json& object) const;
  void deliver(const Change& change) const;
  void set_problem(std::optional<Error> problem);
  void heard();

  Client& client_;
  const Options options_;
  const Clock clock_;
  const Sleep sleep_;
  Store store_;
  std::vector<ChangeHandler> handlers_;
  SyncState state_;
  std::vector<ObjectPtr> pages_;  // of the list under way
  std::minstd_rand random_;

  mutable std::mutex mutex_;
  bool synced_ = false;
  std::optional<Error> problem_;
  SteadyTime heard_at_;
};

}  // namespace tidegate::kube
