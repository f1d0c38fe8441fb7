#include "operator/kube/client.h"

#include <doctest/doctest.h>

#include "operator/kube/paths.h"
#include "tests/unit/kube/fakes.h"

using namespace tidegate;
using namespace tidegate::kube;
using namespace tidegate::kube::test;

namespace {

const Resource kPods{"", "v1", "pods", "Pod"};
const Resource kSets{"apps", "v1", "statefulsets", "StatefulSet"};

struct ClientFixture {
  FakeTime time;
  FakeTransport transport;
  metrics::Registry metrics;
  Client client{transport, options()};

  Client::Options options() {
    Client::Options out;
    out.clock = time.clock();
    out.sleep = time.sleep();
    out.metrics = &metrics;
    return out;
  }
  void always(Result<Response> response) {
    transport.on_send = [response](const Request&) { return response; };
  }
  Error get_error() { return client.get(kPods, "shop", "x").error(); }
};

Json stateful_set() {
  return Json::object({{"apiVersion", "apps/v1"},
                       {"kind", "StatefulSet"},
                       {"metadata", Json::object({{"name", "x"}, {"namespace", "shop"}})}});
}

}  // namespace

TEST_CASE("client: paths") {
  CHECK(object_path(kPods, "shop", "x") == "/api/v1/namespaces/shop/pods/x");
  CHECK(object_path(kSets, "shop", "x", "status") == "/apis/apps/v1/namespaces/shop/statefulsets/x/status");
  CHECK(object_path(kPods, "") == "/api/v1/pods");
  CHECK(object_path(kPods, "shop", "a/b ?c") == "/api/v1/namespaces/shop/pods/a%2Fb%20%3Fc");
}

TEST_CASE("client: apply sends JSON as an apply patch with force") {
  ClientFixture f;
  f.always(answer(200, "{}"));
  REQUIRE(f.client.apply(kSets, stateful_set(), "tidegate").ok());
  REQUIRE(f.client.apply_status(kSets, stateful_set(), "tidegate-status").ok());
  const Request& apply = f.transport.requests[0];
  CHECK(apply.method == "PATCH");
  CHECK(apply.path == "/apis/apps/v1/namespaces/shop/statefulsets/x");
  CHECK(apply.content_type == "application/apply-patch+yaml");
  CHECK(query(apply, "fieldManager") == "tidegate");
  CHECK(query(apply, "force") == "true");
  CHECK(query(apply, "fieldValidation") == "Warn");
  CHECK(Json::parse(apply.body).value() == stateful_set());
  CHECK(apply.repeatable);
  CHECK(f.transport.requests[1].path == "/apis/apps/v1/namespaces/shop/statefulsets/x/status");
}

TEST_CASE("client: what could do harm twice is not repeatable") {
  ClientFixture f;
  f.always(answer(200, "{}"));
  Json old = stateful_set();
  old["metadata"]["resourceVersion"] = "1";
  REQUIRE(f.client.create(kSets, stateful_set()).ok());
  REQUIRE(f.client.replace(kSets, old).ok());
  REQUIRE(f.client.json_patch(kSets, "shop", "x", Json::array({Json()})).ok());
  REQUIRE(f.client.remove(kSets, "shop", "x", "u1").ok());
  for (const Request& request : f.transport.requests) CHECK_FALSE(request.repeatable);
  const Json options = Json::parse(f.transport.requests[3].body).value();
  CHECK(options.at("preconditions/uid").as_string() == "u1");
  CHECK(options.at("propagationPolicy").as_string() == "Background");
}

TEST_CASE("client: errors carry the reason of the server - whatever the body") {
  ClientFixture f;
  f.always(answer(409, status_body(409, "AlreadyExists", "it exists")));
  CHECK(f.get_error().reason == "AlreadyExists");
  CHECK(f.get_error().message == "get pods shop/x: it exists");
  f.always(answer(409, status_body(409, "Conflict", "changed")));
  CHECK(f.get_error().reason == "Conflict");
  f.always(answer(404, "404 page not found"));
  CHECK(f.get_error().reason == "NotFound");
  f.always(answer(502, "<html>bad gateway</html>"));
  CHECK(f.get_error().reason == "InternalError");
  f.always(answer(403, R"({"kind": "Status"})"));
  CHECK(f.get_error().reason == "Forbidden");
  f.always(answer(302, ""));
  CHECK(f.get_error().reason == "UnexpectedAnswer");
  f.always(answer(200, "<html>login</html>"));
  CHECK(f.get_error().reason == "UnexpectedAnswer");
  f.always(Error{"Timeout", "no answer in time"});
  CHECK(f.get_error().reason == "Timeout");
}

TEST_CASE("client: NotFound is a successful removal") {
  ClientFixture f;
  f.always(answer(404, status_body(404, "NotFound", "gone")));
  CHECK(f.client.remove(kPods, "shop", "x", "u1").ok());
  f.always(answer(409, status_body(409, "Conflict", "another uid")));
  CHECK(f.client.remove(kPods, "shop", "x", "u1").error().reason == "Conflict");
}

TEST_CASE("client: comes back when the server asks for it - within the deadline") {
  ClientFixture f;
  int calls = 0;
  f.transport.on_send = [&](const Request&) -> Result<Response> {
    Response busy = answer(429, status_body(429, "TooManyRequests", "later"));
    busy.retry_after = std::chrono::seconds(3);
    return ++calls < 3 ? busy : answer(200, "{}");
  };
  CHECK(f.client.create(kPods, stateful_set()).ok());
  CHECK(f.time.slept == std::vector<Duration>{std::chrono::seconds(3), std::chrono::seconds(3)});
  calls = -10;
  CHECK(f.get_error().reason == "TooManyRequests");  // three waits fit into ten seconds
  CHECK(f.time.slept.size() == 5);
  CHECK(f.metrics.render().find("rest_client_requests_total{code=\"429\",method=\"GET\"} 4") != std::string::npos);
}

TEST_CASE("client: a failure without Retry-After - or of a write - is not repeated") {
  ClientFixture f;
  f.always(answer(500, "oops"));
  CHECK(f.get_error().reason == "InternalError");
  Response busy = answer(503, "oops");
  busy.retry_after = std::chrono::seconds(1);
  f.always(busy);
  CHECK(f.client.create(kPods, stateful_set()).error().reason == "ServiceUnavailable");
  CHECK(f.transport.requests.size() == 2);
}

TEST_CASE("client: a list comes page by page and needs a version") {
  ClientFixture f;
  f.transport.on_send = [](const Request& request) -> Result<Response> {
    if (query(request, "continue").empty()) {
      return answer(
          200, R"({"metadata": {"resourceVersion": "7", "continue": "a+/="}, "items": [{"metadata": {"name": "x"}}]})");
    }
    return answer(200, R"({"metadata": {"resourceVersion": "7"}, "items": null})");
  };
  const auto all = f.client.list_all(kPods, {"shop", "a in (b,c)"});
  REQUIRE(all.ok());
  REQUIRE(all->size() == 1);
  CHECK(all->front().at("kind").as_string() == "Pod");
  CHECK(query(f.transport.requests[1], "continue") == "a+/=");
  CHECK(query(f.transport.requests[1], "labelSelector") == "a in (b,c)");
  f.always(answer(200, R"({"items": []})"));
  CHECK(f.client.list(kPods, {}, 10, "").error().reason == "UnexpectedAnswer");
}

TEST_CASE("client: how a watch ends") {
  ClientFixture f;
  const auto watch = [&](Result<Response> end, const std::string& bytes) {
    f.transport.on_stream = [=](const Request&, const OnChunk& on_chunk) {
      on_chunk(bytes);
      return end;
    };
    return f.client.watch(kPods, {}, "1", std::chrono::seconds(300), Duration(1000), {},
                          [](WatchEvent) { return true; });
  };
  const std::string event = R"({"type": "ADDED", "object": {}})"
                            "\n";
  CHECK(watch(answer(200, ""), event).ok());
  CHECK(watch(answer(200, ""), event + "{\"type").error().reason == "Unreachable");
  CHECK(watch(Error{"Timeout", "idle"}, event).error().reason == "Timeout");
  CHECK(watch(answer(200, ""), "<html>\n").error().reason == "UnexpectedAnswer");
  CHECK(watch(answer(200, ""), "{\"type\": \"ERROR\", \"object\": " + status_body(410, "Expired", "old") + "}\n")
            .error()
            .reason == "Expired");
  CHECK(watch(answer(200, ""), "{\"type\": \"ERROR\", \"object\": {\"code\": 410}}\n").error().reason == "Gone");
  CHECK(watch(answer(403, status_body(403, "Forbidden", "no")), "").error().reason == "Forbidden");
  CHECK(query(f.transport.requests[0], "allowWatchBookmarks") == "true");
}
