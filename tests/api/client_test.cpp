#include <doctest/doctest.h>

#include "tests/api/api_server.h"

using namespace tidegate;
using namespace tidegate::kube;
using namespace tidegate::kube::test;

namespace {

std::string uid_of(const Json& object) {
  return object.at("metadata/uid").as_string();
}
std::string version_of(const Json& object) {
  return object.at("metadata/resourceVersion").as_string();
}

std::string token_for(ApiServer& api, const std::string& account) {
  api.must_apply(kServiceAccounts,
                 Json::object({{"apiVersion", "v1"},
                               {"kind", "ServiceAccount"},
                               {"metadata", Json::object({{"name", account}, {"namespace", api.ns}})}}));
  Request request;
  request.method = "POST";
  request.path = "/api/v1/namespaces/" + api.ns + "/serviceaccounts/" + account + "/token";
  request.body = R"({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})";
  auto answer = api.transport->send(request, {});
  REQUIRE(answer.ok());
  const std::string token = Json::parse(answer->body).value().at("status/token").as_string();
  REQUIRE_FALSE(token.empty());
  return token;
}

ClusterConfig with_token(ClusterConfig config, Material token) {
  config.client_certificate = {};
  config.client_key = {};
  config.token = std::move(token);
  return config;
}

}  // namespace

TEST_CASE("client: raw text") {
  ApiServer api;
  const auto version = api.client.get_text("/version");
  REQUIRE(version.ok());
  CHECK(Json::parse(*version).value().at("major").as_string() == "1");
  CHECK(api.client.get_text("/no/such/path").error().reason == "NotFound");
}

TEST_CASE("client: a missing object is NotFound") {
  ApiServer api;
  const auto missing = api.client.get(kConfigMaps, api.ns, "missing");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().reason == "NotFound");
  CHECK(missing.error().message == "get configmaps " + api.ns + "/missing: configmaps \"missing\" not found");
}

TEST_CASE("client: apply owns exactly what it sends") {
  ApiServer api;
  const Json first = api.must_apply(kConfigMaps, api.config_map("a", Json::object({{"x", "1"}, {"y", "2"}})));
  const Json again = api.must_apply(kConfigMaps, api.config_map("a", Json::object({{"x", "1"}, {"y", "2"}})));
  CHECK(version_of(first) == version_of(again));
  const Json less = api.must_apply(kConfigMaps, api.config_map("a", Json::object({{"x", "1"}})));
  CHECK(less.at("data") == Json::object({{"x", "1"}}));

  // Another manager's field stays; one that both want is taken over.
  REQUIRE(api.client.apply(kConfigMaps, api.config_map("a", Json::object({{"z", "3"}, {"x", "9"}})), "someone").ok());
  const Json taken = api.must_apply(kConfigMaps, api.config_map("a", Json::object({{"x", "1"}})));
  CHECK(taken.at("data") == Json::object({{"x", "1"}, {"z", "3"}}));
}

TEST_CASE("client: apply with a uid neither adopts nor creates") {
  ApiServer api;
  Json mine = api.config_map("a", Json::object({{"x", "1"}}));
  mine["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000";
  CHECK(api.client.apply(kConfigMaps, mine, "tidegate-test").error().reason == "Conflict");
  api.must_apply(kConfigMaps, api.config_map("a", Json::object({})));
  CHECK(api.client.apply(kConfigMaps, mine, "tidegate-test").error().reason == "Invalid");
  CHECK_FALSE(api.client.get(kConfigMaps, api.ns, "a")->has("data"));
}

TEST_CASE("client: strict validation refuses unknown fields") {
  ApiServer api;
  Json wrong = api.config_map("a", Json::object({}));
  wrong["dada"] = Json::object({{"x", "1"}});
  const auto refused = api.client.create(kConfigMaps, wrong);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().reason == "BadRequest");
  CHECK(refused.error().message.find("dada") != std::string::npos);
}

TEST_CASE("client: create twice is AlreadyExists - replace of an old version is a Conflict") {
  ApiServer api;
  const auto made = api.client.create(kConfigMaps, api.config_map("a", Json::object({{"x", "1"}})));
  REQUIRE(made.ok());
  CHECK(api.client.create(kConfigMaps, api.config_map("a", Json::object({}))).error().reason == "AlreadyExists");

  Json changed = *made;
  changed["data"]["x"] = "2";
  REQUIRE(api.client.replace(kConfigMaps, changed).ok());
  CHECK(api.client.replace(kConfigMaps, changed).error().reason == "Conflict");
  CHECK(api.client.replace(kConfigMaps, api.config_map("a", Json::object({}))).error().reason == "Invalid");
}

TEST_CASE("client: JSON patch holds its test") {
  ApiServer api;
  Json object = api.config_map("a", Json::object({}));
  object["metadata"]["finalizers"] = Json::array({"tidegate.io/test"});
  api.must_apply(kConfigMaps, object);
  const auto remove_if = [&](const char* expected) {
    return api.client.json_patch(
        kConfigMaps, api.ns, "a",
        Json::array({Json::object({{"op", "test"}, {"path", "/metadata/finalizers/0"}, {"value", expected}}),
                     Json::object({{"op", "remove"}, {"path", "/metadata/finalizers/0"}})}));
  };
  CHECK(remove_if("another").error().reason == "Invalid");
  const auto removed = remove_if("tidegate.io/test");
  REQUIRE(removed.ok());
  CHECK(removed->at("metadata/finalizers").is_null());
}

TEST_CASE("client: delete needs the uid and forgives absence") {
  ApiServer api;
  const Json made = api.must_apply(kConfigMaps, api.config_map("a", Json::object({})));
  CHECK(api.client.remove(kConfigMaps, api.ns, "a", "00000000-0000-0000-0000-000000000000").error().reason ==
        "Conflict");
  CHECK(api.client.get(kConfigMaps, api.ns, "a").ok());
  CHECK(api.client.remove(kConfigMaps, api.ns, "a", uid_of(made)).ok());
  CHECK(api.client.get(kConfigMaps, api.ns, "a").error().reason == "NotFound");
  CHECK(api.client.remove(kConfigMaps, api.ns, "a", uid_of(made)).ok());
}

TEST_CASE("client: status is separate - also without namespace") {
  ApiServer api;
  const Resource nodes{"", "v1", "nodes", "Node"};
  const Json base =
      Json::object({{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", Json::object({{"name", api.ns}})}});
  const Json made = api.must_apply(nodes, base);
  Json status = base;
  status["status"] = Json::object({{"capacity", Json::object({{"cpu", "3"}})}});
  const auto applied = api.client.apply_status(nodes, status, "tidegate-status");
  REQUIRE(applied.ok());
  CHECK(applied->at("status/capacity/cpu").as_string() == "3");
  CHECK(api.client.remove(nodes, "", api.ns, uid_of(made)).ok());
}

TEST_CASE("client: selectors arrive as they are meant and lists come whole") {
  ApiServer api;
  for (int i = 0; i < 120; ++i) {
    const Json labels = Json::object({{"tidegate.io/half", i % 2 == 0 ? "even" : "odd"}});
    api.must_apply(kConfigMaps, api.config_map("m" + std::to_string(i), Json::object({}), labels));
  }
  const auto even = api.client.list_all(kConfigMaps, {api.ns, "tidegate.io/half in (even),tidegate.io/half!=odd"});
  REQUIRE(even.ok());
  CHECK(even->size() == 60);
  CHECK(even->front().at("kind").as_string() == "ConfigMap");
  const auto both = api.client.list_all(kConfigMaps, {api.ns, "tidegate.io/half"});  // more than one page
  REQUIRE(both.ok());
  CHECK(both->size() == 120);
}

TEST_CASE("client: a version that is too old is told apart") {
  ApiServer api;
  restart_api_server();  // one that is new itself remembers everything
  const auto ended = api.client.watch(kConfigMaps, {api.ns, ""}, "1", std::chrono::seconds(5), std::chrono::seconds(10),
                                      {}, [](WatchEvent) { return true; });
  REQUIRE_FALSE(ended.ok());
  CHECK((ended.error().reason == "Expired" || ended.error().reason == "Gone"));
}

TEST_CASE("client: no rights and no identity") {
  ApiServer api;
  const auto transport = connect(with_token(api.config, {token_for(api, "nobody"), ""}));
  Client nobody(*transport, {});
  const auto forbidden = nobody.get(kConfigMaps, api.ns, "a");
  REQUIRE_FALSE(forbidden.ok());
  CHECK(forbidden.error().reason == "Forbidden");
  const auto stranger_transport = connect(with_token(api.config, {"nonsense", ""}));
  Client stranger(*stranger_transport, {});
  CHECK(stranger.get(kConfigMaps, api.ns, "a").error().reason == "Unauthorized");
}

TEST_CASE("client: a refused token is read again from its file") {
  ApiServer api;
  const std::string path = "/tmp/tidegate-test-token-" + api.ns;
  const auto write = [&](const std::string& text) {
    FILE* file = std::fopen(path.c_str(), "w");
    std::fputs(text.c_str(), file);
    std::fclose(file);
  };
  write("expired\n");
  const auto transport = connect(with_token(api.config, {"", path}));
  Client client(*transport, {});
  CHECK(client.get(kConfigMaps, api.ns, "a").error().reason == "Unauthorized");
  write(token_for(api, "somebody") + "\n");
  CHECK(client.get(kConfigMaps, api.ns, "a").error().reason == "Forbidden");  // known now, without rights
  std::remove(path.c_str());
}

TEST_CASE("client: a server with another authority is not trusted") {
  ApiServer api;
  ClusterConfig config = api.config;
  config.ca = config.client_certificate;  // some other certificate
  const auto transport = connect(config);
  Client client(*transport, {});
  const auto refused = client.get_text("/version");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().reason == "Unreachable");
}

TEST_CASE("client: the name of the server is verified") {
  ApiServer api;
  ClusterConfig config = api.config;
  config.tls_server_name = "elsewhere.example";
  const auto wrong_transport = connect(config);
  CHECK(Client(*wrong_transport, {}).get_text("/version").error().reason == "Unreachable");
  config.tls_server_name = "kubernetes.default.svc";
  const auto transport = connect(config);
  CHECK(Client(*transport, {}).get_text("/version").ok());
}
