#include "operator/kube/reflector.h"

#include "common/base/log.h"

namespace tidegate::kube {
namespace {

constexpr int kPage = 100;
constexpr int kShortestWatch = 300, kLongestWatch = 600;  // seconds; spread, so that watches do not end together

}  // namespace

Json without_managed_fields(const Json& object) {
  Json out = object;
  if (out.has("metadata/managedFields")) out["metadata"].erase("managedFields");
  return out;
}

Reflector::Reflector(Client& client, Options options, Clock clock, Sleep sleep)
    : client_(client),
      options_(std::move(options)),
      clock_(std::move(clock)),
      sleep_(std::move(sleep)),
      random_(std::random_device{}()),
      heard_at_(clock_.steady()) {}

void Reflector::on_change(ChangeHandler handler) {
  handlers_.push_back(std::move(handler));
}

void Reflector::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto step = state_.next(std::uniform_real_distribution<>(0, 1)(random_));
    if (step.wait.count() > 0 && !sleep_(step.wait, stop)) return;
    if (step.what == SyncState::Do::list) {
      list_page(step.from);
    } else {
      watch(step.from, stop);
    }
  }
}

void Reflector::list_page(const std::string& continuation) {
  if (continuation.empty()) pages_.clear();
  auto page = client_.list(options_.resource, options_.scope, kPage, continuation);
  if (!page) {
    state_.list_failed(page.error(), clock_.steady());
    if (page.error().reason != "Canceled") set_problem(page.error());
    return;
  }
  heard();
  set_problem({});
  for (const Json& item : page->items()) pages_.push_back(keep(item));
  if (page->continuation().empty()) {
    for (const Change& change : store_.replace(std::move(pages_), page->version())) deliver(change);
    pages_ = {};
    const std::lock_guard lock(mutex_);
    synced_ = true;
  }
  state_.page_received(page->continuation(), page->version());
}

void Reflector::watch(const std::string& version, const std::stop_token& stop) {
  const auto length = std::chrono::seconds(std::uniform_int_distribution<>(kShortestWatch, kLongestWatch)(random_));
  const SteadyTime started = clock_.steady();
  Error refused;
  Result<void> result = client_.watch(options_.resource, options_.scope, version, length, options_.idle, stop,
                                      [&](WatchEvent event) { return handle(std::move(event), refused); });
  if (!refused.reason.empty()) result = refused;
  const SteadyTime now = clock_.steady();
  state_.watch_ended(result, std::chrono::duration_cast<Duration>(now - started), now);
  if (result) {
    set_problem({});
  } else if (result.error().reason != "Canceled") {
    set_problem(result.error());
  }
}

bool Reflector::handle(WatchEvent event, Error& error) {
  const std::string& version = event.object.at("metadata/resourceVersion").as_string();
  if (version.empty()) {
    error = {"UnexpectedAnswer", "watch " + options_.resource.plural + ": an event without resourceVersion"};
    return false;
  }
  heard();
  set_problem({});
  const bool bookmark = event.type == "BOOKMARK";
  if (!bookmark && event.object.at("kind").as_string() != options_.resource.kind) {
    log::warn("skipped a watch event of another kind",
              {{"kind", event.object.at("kind").as_string()}, {"resource", options_.resource.plural}});
  } else if (event.type == "ADDED" || event.type == "MODIFIED") {
    ObjectPtr after = keep(event.object);
    ObjectPtr before = store_.put(after);
    store_.set_version(version);
    deliver({std::move(before), std::move(after)});
  } else if (event.type == "DELETED") {
    ObjectPtr before =
        store_.remove(event.object.at("metadata/namespace").as_string(), event.object.at("metadata/name").as_string());
    store_.set_version(version);
    if (before) deliver({std::move(before), nullptr});
  } else if (!bookmark) {
    log::warn("skipped a watch event of unknown type", {{"type", event.type}});
  }
  store_.set_version(version);
  state_.event_handled(version);
  return true;
}

ObjectPtr Reflector::keep(const Json& object) const {
  Json kept = options_.keep(object);
  kept["apiVersion"] = options_.resource.api_version();
  kept["kind"] = options_.resource.kind;
  return std::make_shared<const Json>(std::move(kept));
}

void Reflector::deliver(const Change& change) const {
  for (const ChangeHandler& handler : handlers_) {
    try {
      handler(change);
    } catch (const std::exception& e) {
      log::error("a change handler failed", {{"resource", options_.resource.plural}, {"error", e.what()}});
    }
  }
}

bool Reflector::synced() const {
  const std::lock_guard lock(mutex_);
  return synced_;
}

std::optional<Error> Reflector::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

Duration Reflector::silent_for() const {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  return std::chrono::duration_cast<Duration>(now - heard_at_);
}

void Reflector::set_problem(std::optional<Error> problem) {
  const std::lock_guard lock(mutex_);
  if (problem && (!problem_ || problem_->reason != problem->reason)) {
    log::warn("cannot follow resource",
              {{"resource", options_.resource.plural}, {"reason", problem->reason}, {"error", problem->message}});
  } else if (!problem && problem_) {
    log::info("following resource again", {{"resource", options_.resource.plural}});
  }
  problem_ = std::move(problem);
}

void Reflector::heard() {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  heard_at_ = now;
}

}  // namespace tidegate::kube
