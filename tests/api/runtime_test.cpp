// Election, Events and the manager against a real API server.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "operator/kube/events.h"
#include "operator/kube/leader_election.h"
#include "operator/kube/manager.h"
#include "tests/api/api_server.h"

using namespace tidegate;
using namespace tidegate::kube;
using namespace tidegate::kube::test;

namespace {

const Resource kEvents{"events.k8s.io", "v1", "events", "Event"};

LeaseOptions fast(const ApiServer& api, const std::string& identity) {
  return {
      api.ns, "operator", identity, std::chrono::seconds(3), std::chrono::seconds(2), std::chrono::milliseconds(300)};
}

struct Candidate {
  Candidate(ApiServer& api, const std::string& identity) : lock(api.client, fast(api, identity), boottime_clock()) {
    thread = std::jthread([this](const std::stop_token& stop) {
      lead(
          lock, boottime_clock(), sleep_for, stop, [this] { leads = true; }, [this] { lost = true; });
    });
  }
  void stop() {
    thread.request_stop();
    thread.join();
    leads = false;
  }

  LeaseLock lock;
  std::atomic<bool> leads = false, lost = false;
  std::jthread thread;
};

// Counts its runs and copies each ConfigMap's `x` to its `y`.
struct Copier final : Reconciler {
  explicit Copier(Api& api_client, const Store& store) : api(api_client), cache(store) {}
  Result<std::optional<Duration>> reconcile(const Key& key) override {
    ++runs;
    const ObjectPtr object = cache.get(key.ns, key.name);
    if (!object || object->at("data/x") == object->at("data/y")) return std::optional<Duration>();
    const Json intent = Json::object({{"apiVersion", "v1"},
                                      {"kind", "ConfigMap"},
                                      {"metadata", Json::object({{"name", key.name}, {"namespace", key.ns}})},
                                      {"data", Json::object({{"y", object->at("data/x")}})}});
    if (auto applied = api.apply(kConfigMaps, intent, "copier"); !applied) return std::move(applied).error();
    return std::optional<Duration>();
  }
  Api& api;
  const Store& cache;
  std::atomic<int> runs = 0;
};

}  // namespace

TEST_CASE("election: one leads - release hands over at once") {
  ApiServer api;
  Candidate a(api, "a");
  REQUIRE(eventually([&] { return a.leads.load(); }));
  Candidate b(api, "b");
  std::this_thread::sleep_for(std::chrono::seconds(4));  // longer than the lease: renewals count
  CHECK(a.lock.held_since());
  CHECK_FALSE(b.leads);
  a.stop();
  REQUIRE(a.lock.release().ok());
  CHECK(eventually([&] { return b.leads.load(); }, std::chrono::seconds(2)));
  b.stop();
  const auto lease = api.client.get(kLeases, api.ns, "operator");
  REQUIRE(lease.ok());
  CHECK(lease->at("spec/holderIdentity").as_string() == "b");
  CHECK(lease->at("spec/leaseTransitions").as_int() == 1);
}

TEST_CASE("election: the lease of a dead leader expires") {
  ApiServer api;
  LeaseLock dead(api.client, fast(api, "dead"), boottime_clock());
  REQUIRE(dead.attempt());
  const auto died = std::chrono::steady_clock::now();
  Candidate b(api, "b");
  REQUIRE(eventually([&] { return b.leads.load(); }, std::chrono::seconds(10)));
  CHECK(std::chrono::steady_clock::now() - died > std::chrono::milliseconds(2900));
  CHECK_FALSE(dead.attempt());
}

TEST_CASE("election: losing the lease to another is noticed") {
  ApiServer api;
  Candidate a(api, "a");
  REQUIRE(eventually([&] { return a.leads.load(); }));
  Json lease = api.client.get(kLeases, api.ns, "operator").value();
  const auto steal = [&] {
    lease = api.client.get(kLeases, api.ns, "operator").value();
    lease["spec"]["holderIdentity"] = "thief";
    return api.client.replace(kLeases, lease).ok();
  };
  REQUIRE(eventually(steal));
  CHECK(eventually([&] { return a.lost.load(); }, std::chrono::seconds(5)));
}

TEST_CASE("events: one event - then its count") {
  ApiServer api;
  const Json object = api.must_apply(kConfigMaps, api.config_map("a", Json::object({})));
  std::atomic<std::int64_t> shift{0};
  Clock clock = Clock::real();
  clock.wall = [&shift, wall = clock.wall] { return wall() + std::chrono::seconds(shift.load()); };
  const auto recorder = make_event_recorder(api.client, "tidegate.io/test", "test-1", clock);
  const auto events = [&] { return api.client.list_all(kEvents, {api.ns, ""}).value(); };

  recorder->record(object, true, "SinkUnreachable", "PostgreSQL: connection refused");
  REQUIRE(eventually([&] { return events().size() == 1; }));
  const Json event = events().front();
  CHECK(event.at("type").as_string() == "Warning");
  CHECK(event.at("reason").as_string() == "SinkUnreachable");
  CHECK(event.at("note").as_string() == "PostgreSQL: connection refused");
  CHECK(event.at("regarding/uid") == object.at("metadata/uid"));

  for (int i = 0; i < 4; ++i) recorder->record(object, true, "SinkUnreachable", "PostgreSQL: connection refused");
  shift = 31;
  REQUIRE(eventually([&] { return events().front().at("series/count").as_int() == 5; }));
  CHECK(events().size() == 1);
}

TEST_CASE("events: what the server refuses does no harm") {
  ApiServer api;
  Json object = api.config_map("a", Json::object({}));
  object["metadata"]["namespace"] = "no-such-namespace";
  const auto recorder = make_event_recorder(api.client, "tidegate.io/test", "test-1");
  recorder->record(object, false, "Lost", "nobody sees this");
  const Json real = api.must_apply(kConfigMaps, api.config_map("b", Json::object({})));
  recorder->record(real, false, "Seen", "but this");
  CHECK(eventually([&] { return api.client.list_all(kEvents, {api.ns, ""}).value().size() == 1; }));
}

TEST_CASE("manager: follows - leads - reconciles and stops in order") {
  ApiServer api;
  const auto lease_transport = connect(api.config);
  metrics::Registry metrics;
  Manager::Options options;
  options.lease = fast(api, "manager");
  options.strict = true;
  Manager manager(*api.transport, *lease_transport, metrics, options);
  Reflector& maps = manager.follow({kConfigMaps, {api.ns, "copy=yes"}});
  Copier copier(manager.api(), maps.store());
  ControllerRunner& runner = manager.control("copier", copier, 2);
  maps.on_change([&](const Change& change) {
    const Json& object = change.after ? *change.after : *change.before;
    runner.enqueue({object.at("metadata/namespace").as_string(), object.at("metadata/name").as_string()});
  });
  std::atomic<bool> working = false;
  manager.while_leading([&](const std::stop_token& stop) {
    working = true;
    sleep_for(std::chrono::hours(1), stop);
    working = false;
  });

  Result<void> outcome = Error{"Pending", ""};
  std::jthread thread([&](const std::stop_token& stop) { outcome = manager.run(stop); });
  REQUIRE(eventually([&] { return manager.ready() && manager.leading() && working; }));
  const Json copy = Json::object({{"copy", "yes"}});
  for (int i = 0; i < 20; ++i) {
    const Json data = Json::object({{"x", std::to_string(i)}});
    api.must_apply(kConfigMaps, api.config_map("m" + std::to_string(i), data, copy));
  }
  CHECK(eventually([&] {
    for (int i = 0; i < 20; ++i) {
      const ObjectPtr object = maps.store().get(api.ns, "m" + std::to_string(i));
      if (!object || object->at("data/y").as_string() != std::to_string(i)) return false;
    }
    return true;
  }));
  CHECK(copier.runs <= 60);
  CHECK_FALSE(manager.stuck());
  const std::string text = metrics.render();
  CHECK(text.find("controller_runtime_reconcile_total{controller=\"copier\",result=\"success\"}") != std::string::npos);
  CHECK(text.find("leader_election_master_status{name=\"operator\"} 1") != std::string::npos);
  CHECK(text.find("tidegate_cache_objects{resource=\"configmaps\"} 20") != std::string::npos);

  thread.request_stop();
  thread.join();
  CHECK(outcome.ok());
  CHECK_FALSE(working);
  const auto lease = api.client.get(kLeases, api.ns, "operator");
  REQUIRE(lease.ok());
  CHECK(lease->at("spec/holderIdentity").as_string() == "");
}

TEST_CASE("manager: says which cache cannot fill") {
  ApiServer api;
  const auto lease_transport = connect(api.config);
  metrics::Registry metrics;
  Manager::Options options;
  options.sync_timeout = std::chrono::seconds(1);
  Manager manager(*api.transport, *lease_transport, metrics, options);
  manager.follow({{"tidegate.io", "v1alpha1", "nosuchthings", "NoSuchThing"}, {}});
  const auto outcome = manager.run({});
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().reason == "SyncTimeout");
  CHECK(outcome.error().message.find("nosuchthings") != std::string::npos);
}
