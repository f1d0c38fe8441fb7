#include "operator/kube/reflector.h"

#include <doctest/doctest.h>

#include <memory>
#include <mutex>
#include <thread>

#include "tests/api/api_server.h"

using namespace tidegate;
using namespace tidegate::kube;
using namespace tidegate::kube::test;

namespace {

constexpr auto kSelector = "tidegate.io/follow=yes";
const Json kFollow = Json::object({{"tidegate.io/follow", "yes"}});

// A network that can be cut: streams under way end, new ones fail.
class Cable final : public Transport {
 public:
  explicit Cable(Transport& behind) : behind_(behind) {}

  void cut() {
    const std::lock_guard lock(mutex_);
    down_.request_stop();
  }
  void mend() {
    const std::lock_guard lock(mutex_);
    down_ = std::stop_source();
  }

  Result<Response> send(const Request& request, std::stop_token stop) override {
    if (down().stop_requested()) return Error{"Unreachable", "the cable is cut"};
    return behind_.send(request, stop);
  }
  Result<Response> stream(const Request& request, Duration idle, std::stop_token stop,
                          const OnChunk& on_chunk) override {
    const auto either = std::make_unique<std::stop_source>();
    const std::stop_callback on_stop(stop, [&] { either->request_stop(); });
    const std::stop_callback on_cut(down(), [&] { either->request_stop(); });
    auto result = behind_.stream(request, idle, either->get_token(), on_chunk);
    if (!stop.stop_requested() && either->stop_requested()) return Error{"Unreachable", "the cable is cut"};
    return result;
  }

 private:
  std::stop_token down() {
    const std::lock_guard lock(mutex_);
    return down_.get_token();
  }

  Transport& behind_;
  std::mutex mutex_;
  std::stop_source down_;
};

struct Following {
  explicit Following(ApiServer& api_server)
      : api(api_server),
        cable(*api.transport),
        client(cable, {}),
        reflector(client, {kConfigMaps, {api.ns, kSelector}}) {
    reflector.on_change([this](const Change& change) {
      const std::lock_guard lock(mutex);
      ++(!change.before ? added : !change.after ? removed : changed);
    });
    thread = std::jthread([this](const std::stop_token& stop) { reflector.run(stop); });
  }

  // The store equals what the server lists.
  bool converged() const {
    const auto listed = api.client.list_all(kConfigMaps, {api.ns, kSelector});
    if (!listed || listed->size() != reflector.store().size()) return false;
    for (const Json& object : *listed) {
      const ObjectPtr kept = reflector.store().get(api.ns, object.at("metadata/name").as_string());
      if (!kept || *kept != without_managed_fields(object)) return false;
    }
    return true;
  }
  int count(const int& of) {
    const std::lock_guard lock(mutex);
    return of;
  }

  ApiServer& api;
  Cable cable;
  Client client;
  Reflector reflector;
  std::mutex mutex;
  int added = 0, changed = 0, removed = 0;
  std::jthread thread;
};

void remove(ApiServer& api, const std::string& name) {
  const auto object = api.client.get(kConfigMaps, api.ns, name);
  REQUIRE(object.ok());
  REQUIRE(api.client.remove(kConfigMaps, api.ns, name, object->at("metadata/uid").as_string()).ok());
}

}  // namespace

TEST_CASE("reflector: follows additions - changes and removals of what it selects") {
  ApiServer api;
  api.must_apply(kConfigMaps, api.config_map("first", Json::object({}), kFollow));
  api.must_apply(kConfigMaps, api.config_map("other", Json::object({})));
  Following f(api);
  REQUIRE(eventually([&] { return f.reflector.synced(); }));
  CHECK(f.reflector.store().size() == 1);

  api.must_apply(kConfigMaps, api.config_map("second", Json::object({{"x", "1"}}), kFollow));
  REQUIRE(eventually([&] { return f.count(f.added) == 2; }));
  api.must_apply(kConfigMaps, api.config_map("second", Json::object({{"x", "2"}}), kFollow));
  REQUIRE(eventually([&] { return f.count(f.changed) == 1; }));
  CHECK(f.reflector.store().get(api.ns, "second")->at("data/x").as_string() == "2");
  remove(api, "second");
  REQUIRE(eventually([&] { return f.count(f.removed) == 1; }));
  // An object that leaves the selection is gone for us.
  api.must_apply(kConfigMaps, api.config_map("first", Json::object({})));
  REQUIRE(eventually([&] { return f.count(f.removed) == 2; }));
  CHECK(f.reflector.store().size() == 0);
  CHECK(f.count(f.added) == 2);
}

TEST_CASE("reflector: stops at once") {
  ApiServer api;
  Following f(api);
  REQUIRE(eventually([&] { return f.reflector.synced(); }));
  const auto asked = std::chrono::steady_clock::now();
  f.thread.request_stop();
  f.thread.join();
  CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds(2));
}

TEST_CASE("reflector: converges after missing changes behind a restarted API server") {
  ApiServer api;
  for (const char* name : {"kept", "changed", "removed", "remade"}) {
    api.must_apply(kConfigMaps, api.config_map(name, Json::object({{"x", "1"}}), kFollow));
  }
  Following f(api);
  REQUIRE(eventually([&] { return f.converged(); }));
  const ObjectPtr old = f.reflector.store().get(api.ns, "remade");

  f.cable.cut();
  REQUIRE(eventually([&] { return f.reflector.problem().has_value(); }));
  CHECK(f.reflector.problem()->reason == "Unreachable");
  api.must_apply(kConfigMaps, api.config_map("changed", Json::object({{"x", "2"}}), kFollow));
  api.must_apply(kConfigMaps, api.config_map("added", Json::object({}), kFollow));
  remove(api, "removed");
  remove(api, "remade");
  api.must_apply(kConfigMaps, api.config_map("remade", Json::object({{"x", "3"}}), kFollow));
  restart_api_server();  // its watch history starts anew: the version to resume from is too old
  f.cable.mend();

  REQUIRE(eventually([&] { return f.converged(); }, std::chrono::seconds(60)));
  CHECK(f.reflector.store().get(api.ns, "remade")->at("metadata/uid") != old->at("metadata/uid"));
  CHECK(old->at("data/x").as_string() == "1");  // a snapshot outlives its object
  CHECK(eventually([&] { return !f.reflector.problem().has_value(); }));
}

TEST_CASE("reflector: an API server that goes away and comes back") {
  ApiServer api;
  Following f(api);
  REQUIRE(eventually([&] { return f.reflector.synced(); }));
  restart_api_server();
  api.must_apply(kConfigMaps, api.config_map("after", Json::object({}), kFollow));
  CHECK(eventually([&] { return f.converged(); }, std::chrono::seconds(60)));
}

TEST_CASE("reflector: random changes over a shaky line") {
  ApiServer api;
  Following f(api);
  REQUIRE(eventually([&] { return f.reflector.synced(); }));
  unsigned seed = 7;
  for (int step = 0; step < 150; ++step) {
    seed = seed * 1103515245U + 12345U;
    const std::string name = "m" + std::to_string((seed >> 16) % 8);
    if ((seed >> 24) % 4 == 0 && api.client.get(kConfigMaps, api.ns, name)) {
      remove(api, name);
    } else {
      api.must_apply(kConfigMaps, api.config_map(name, Json::object({{"step", std::to_string(step)}}), kFollow));
    }
    if (step % 40 == 20) f.cable.cut();
    if (step % 40 == 30) f.cable.mend();
  }
  f.cable.mend();
  CHECK(eventually([&] { return f.converged(); }, std::chrono::seconds(60)));
}
