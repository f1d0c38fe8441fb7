#include "operator/kube/reflector.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "tests/unit/kube/fakes.h"

using namespace tidegate;
using namespace tidegate::kube;
using namespace tidegate::kube::test;

namespace {

const Resource kMaps{"", "v1", "configmaps", "ConfigMap"};

Json config_map(const std::string& name, int version, const std::string& value = "") {
  return Json::object({{"kind", "ConfigMap"},
                       {"apiVersion", "v1"},
                       {"metadata", Json::object({{"namespace", "shop"},
                                                  {"name", name},
                                                  {"resourceVersion", std::to_string(version)},
                                                  {"managedFields", Json::array({"bulk"})}})},
                       {"data", Json::object({{"v", value}})}});
}

std::string line(const std::string& type, const Json& object) {
  return Json::object({{"type", type}, {"object", object}}).dump() + "\n";
}

Response list(std::vector<Json> items, int version, const std::string& next = "") {
  for (Json& item : items) {
    item.erase("kind");
    item.erase("apiVersion");
  }
  return answer(
      200, Json::object({{"metadata", Json::object({{"resourceVersion", std::to_string(version)}, {"continue", next}})},
                         {"items", Json(Json::Array(items))}})
               .dump());
}

// Runs a reflector against scripts: each list and watch takes the next entry; it stops when one runs out.
struct ReflectorFixture {
  struct Watch {
    std::vector<std::string> pieces;
    Result<Response> end = answer(200, "");
    Duration lasts = std::chrono::minutes(5);
  };
  std::vector<Result<Response>> lists;
  std::vector<Watch> watches;

  FakeTime time;
  FakeTransport transport;
  std::stop_source stop;
  Client client{transport, {}};
  Reflector reflector{client, {kMaps, {"shop", ""}}, time.clock(), time.sleep()};
  std::vector<std::string> seen;

  void run() {
    std::size_t listed = 0, watched = 0;
    transport.on_send = [&, listed](const Request&) mutable -> Result<Response> {
      if (listed < lists.size()) return lists[listed++];
      stop.request_stop();
      return Error{"Canceled", ""};
    };
    transport.on_stream = [&, watched](const Request&, const OnChunk& on_chunk) mutable -> Result<Response> {
      if (watched == watches.size()) {
        stop.request_stop();
        return Error{"Canceled", ""};
      }
      const Watch& watch = watches[watched++];
      time.now += watch.lasts;
      for (const auto& piece : watch.pieces) {
        if (!on_chunk(piece)) break;
      }
      return watch.end;
    };
    reflector.on_change([this](const Change& change) {
      const Json& object = change.after ? *change.after : *change.before;
      seen.push_back((!change.before ? "+" : !change.after ? "-" : "~") + object.at("metadata/name").as_string());
    });
    reflector.run(stop.get_token());
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const Request& request : transport.requests) {
      const bool watch = query(request, "watch") == "1";
      out.push_back(watch ? "watch " + query(request, "resourceVersion") : "list " + query(request, "continue"));
    }
    return out;
  }
};

}  // namespace

TEST_CASE("reflector: pages fill the store at once - kind added and bulk dropped") {
  ReflectorFixture f;
  f.lists = {list({config_map("a", 1)}, 10, "c1"), list({config_map("b", 2)}, 10)};
  f.run();
  CHECK(f.asked() == std::vector<std::string>{"list ", "list c1", "watch 10"});
  CHECK(f.seen == std::vector<std::string>{"+a", "+b"});
  CHECK(f.reflector.synced());
  const ObjectPtr a = f.reflector.store().get("shop", "a");
  CHECK(a->at("kind").as_string() == "ConfigMap");
  CHECK_FALSE(a->has("metadata/managedFields"));
}

TEST_CASE("reflector: events - a bookmark - and resuming from it") {
  ReflectorFixture f;
  f.lists = {list({config_map("a", 1)}, 10)};
  f.watches = {{{line("ADDED", config_map("b", 11)) + line("MODIFIED", config_map("a", 12)),
                 line("DELETED", config_map("b", 13)), line("DELETED", config_map("unknown", 14)),
                 line("BOOKMARK", config_map("", 20))}}};
  f.run();
  CHECK(f.seen == std::vector<std::string>{"+a", "+b", "~a", "-b"});
  CHECK(f.asked() == std::vector<std::string>{"list ", "watch 10", "watch 20"});
  CHECK(f.reflector.store().last_version() == "20");
  CHECK(f.time.slept.empty());
}

TEST_CASE("reflector: 410 in the stream or instead of it leads to a list that finds what is gone") {
  const std::string gone = "{\"type\": \"ERROR\", \"object\": " + status_body(410, "Expired", "too old") + "}\n";
  for (const bool in_stream : {true, false}) {
    ReflectorFixture f;
    f.lists = {list({config_map("a", 1), config_map("b", 2)}, 10), list({config_map("b", 2), config_map("c", 3)}, 30)};
    f.watches.resize(1);
    if (in_stream) {
      f.watches[0].pieces = {gone};
    } else {
      f.watches[0].end = answer(410, status_body(410, "Gone", "too old"));
    }
    f.run();
    CHECK(f.asked() == std::vector<std::string>{"list ", "watch 10", "list ", "watch 30"});
    CHECK(f.seen == std::vector<std::string>{"+a", "+b", "+c", "-a"});
  }
}

TEST_CASE("reflector: an expired page starts over and keeps the store until the list is whole") {
  ReflectorFixture f;
  f.lists = {list({config_map("a", 1)}, 10, "c1"), answer(410, status_body(410, "Expired", "too old")),
             list({config_map("b", 2)}, 20)};
  f.run();
  CHECK(f.asked() == std::vector<std::string>{"list ", "list c1", "list ", "watch 20"});
  CHECK(f.seen == std::vector<std::string>{"+b"});
}

TEST_CASE("reflector: a stream cut within a line loses nothing") {
  ReflectorFixture f;
  const std::string second = line("ADDED", config_map("b", 12));
  f.lists = {list({}, 10)};
  f.watches = {{{line("ADDED", config_map("a", 11)), second.substr(0, second.size() / 2)}}, {{second}}};
  f.run();
  CHECK(f.asked() == std::vector<std::string>{"list ", "watch 10", "watch 11", "watch 12"});
  CHECK(f.seen == std::vector<std::string>{"+a", "+b"});
  CHECK(f.time.slept.size() == 1);
}

TEST_CASE("reflector: odd events are skipped - one without version ends the watch") {
  ReflectorFixture f;
  Json other = config_map("x", 11);
  other["kind"] = "Secret";
  Json unversioned = config_map("y", 13);
  unversioned["metadata"].erase("resourceVersion");
  f.lists = {list({}, 10)};
  f.watches = {{{line("ADDED", other), line("SPARKLED", config_map("z", 12)), line("ADDED", unversioned)}}};
  f.run();
  CHECK(f.seen.empty());
  CHECK(f.asked().back() == "watch 12");
  CHECK(f.time.slept.size() == 1);
}

TEST_CASE("reflector: without rights it waits longer and longer - says so - and recovers") {
  ReflectorFixture f;
  const Response forbidden = answer(403, status_body(403, "Forbidden", "cannot list configmaps"));
  f.lists = {forbidden, forbidden, forbidden};
  f.run();
  REQUIRE(f.time.slept.size() == 3);
  CHECK(f.time.slept[0] >= Duration(800));
  CHECK(f.time.slept[2] >= Duration(3200));
  REQUIRE(f.reflector.problem());
  CHECK(f.reflector.problem()->reason == "Forbidden");
  CHECK_FALSE(f.reflector.synced());
}

TEST_CASE("reflector: a handler that throws does not stop it") {
  ReflectorFixture f;
  f.reflector.on_change([](const Change&) { throw std::runtime_error("bug"); });
  f.lists = {list({config_map("a", 1)}, 10)};
  f.run();
  CHECK(f.seen == std::vector<std::string>{"+a"});
}

// A server with a history of bounded length, whose network cuts, stalls, splits and repeats at random.
TEST_CASE("reflector: random histories and faults end in the state of the server") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const auto chance = [&](unsigned one_in) { return random() % one_in == 0; };
    std::map<std::string, Json> objects;
    std::vector<std::pair<int, std::string>> history;  // version, line
    int version = 100, oldest = 100, rounds = 60;
    ReflectorFixture f;
    const auto mutate = [&] {
      const std::string name = "m" + std::to_string(random() % 6);
      ++version;
      if (objects.contains(name) && chance(3)) {
        history.emplace_back(version, line("DELETED", config_map(name, version)));
        objects.erase(name);
      } else {
        const Json object = config_map(name, version, std::to_string(random() % 100));
        history.emplace_back(version, line(objects.contains(name) ? "MODIFIED" : "ADDED", object));
        objects[name] = object;
      }
    };
    f.transport.on_send = [&](const Request&) -> Result<Response> {
      if (rounds > 0 && chance(4)) return Error{"Unreachable", "cut"};
      std::vector<Json> items;
      for (const auto& [name, object] : objects) items.push_back(object);
      return list(items, version);
    };
    f.transport.on_stream = [&](const Request& request, const OnChunk& on_chunk) -> Result<Response> {
      f.time.now += std::chrono::seconds(random() % 100);
      int from = std::stoi(query(request, "resourceVersion"));
      if (from < oldest) return answer(410, status_body(410, "Expired", "too old"));
      const bool last = --rounds <= 0;
      for (auto i = last ? 0 : random() % 5; i > 0; --i) mutate();
      std::string bytes;
      for (const auto& [at, event] : history) {
        if (at > from) bytes += event;
      }
      if (!last && chance(3)) bytes.resize(random() % (bytes.size() + 1));
      while (!bytes.empty()) {
        const std::size_t size = std::min<std::size_t>(1 + random() % 400, bytes.size());
        if (!on_chunk(bytes.substr(0, size))) break;
        bytes.erase(0, size);
      }
      if (chance(4)) oldest = version;  // compaction
      if (last) f.stop.request_stop();
      if (chance(3)) return Error{"Unreachable", "cut"};
      return answer(200, "");
    };
    f.reflector.run(f.stop.get_token());
    CHECK(f.reflector.store().size() == objects.size());
    for (const auto& [name, object] : objects) {
      const ObjectPtr kept = f.reflector.store().get("shop", name);
      REQUIRE(kept);
      CHECK(*kept == without_managed_fields(object));
    }
  }
}
