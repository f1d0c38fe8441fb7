#include "operator/kube/config.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "operator/kube/credentials.h"
#include "tests/unit/kube/fakes.h"

using namespace tidegate;
using namespace tidegate::kube;
using namespace tidegate::kube::test;

namespace {

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("tidegate-kube-" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
};

constexpr const char* kConfig = R"(
apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: c1, user: u1, namespace: shop}}
- {name: two, context: {cluster: c2, user: u2}}
- {name: three, context: {cluster: missing}}
- {name: four, context: {cluster: c1, user: exec}}
- {name: five, context: {cluster: c1, user: halfcert}}
- {name: six, context: {cluster: proxied}}
clusters:
- {name: c1, cluster: {server: "https://one:6443", certificate-authority: ca.crt, tls-server-name: kubernetes}}
- {name: c2, cluster: {server: "https://two:6443", certificate-authority-data: aGVsbG8=, certificate-authority: ca.crt}}
- {name: proxied, cluster: {server: "https://p", proxy-url: "http://proxy"}}
users:
- {name: u1, user: {client-certificate: a.crt, client-key: /abs/a.key}}
- {name: u2, user: {token: secret, tokenFile: token}}
- {name: exec, user: {exec: {command: aws}}}
- {name: halfcert, user: {client-certificate: a.crt}}
)";

}  // namespace

TEST_CASE("kubeconfig: the current context - files beside the config") {
  const Folder folder;
  const auto config = kubeconfig(folder.write("config", kConfig));
  REQUIRE(config.ok());
  CHECK(config->server == "https://one:6443");
  CHECK(config->tls_server_name == "kubernetes");
  CHECK(config->ca.file == (folder.path / "ca.crt").string());
  CHECK(config->client_certificate.file == (folder.path / "a.crt").string());
  CHECK(config->client_key.file == "/abs/a.key");
  CHECK(config->ns == "shop");
}

TEST_CASE("kubeconfig: embedded data beats files - tokenFile beats token") {
  const Folder folder;
  const auto config = kubeconfig(folder.write("config", kConfig), "two");
  REQUIRE(config.ok());
  CHECK(config->ca.data == "hello");
  CHECK(config->ca.file.empty());
  CHECK(config->token.data.empty());
  CHECK(config->token.file == (folder.path / "token").string());
  CHECK(config->ns == "default");
}

TEST_CASE("kubeconfig: several files are merged - the first wins") {
  const Folder folder;
  const std::string first = folder.write("first", R"(
current-context: two
clusters: [{name: c2, cluster: {server: "https://mine", insecure-skip-tls-verify: true, certificate-authority: x}}]
)");
  const auto config = kubeconfig(first + ":/no/such/file:" + folder.write("config", kConfig));
  REQUIRE(config.ok());
  CHECK(config->server == "https://mine");
  CHECK(config->insecure);
  CHECK(config->ca.empty());
}

TEST_CASE("kubeconfig: what is missing or not supported is named") {
  const Folder folder;
  const std::string path = folder.write("config", kConfig);
  const auto message = [&](const std::string& context) { return kubeconfig(path, context).error().message; };
  CHECK(message("none").find("no context 'none'") != std::string::npos);
  CHECK(message("three").find("missing cluster 'missing'") != std::string::npos);
  CHECK(message("four").find("exec is not supported") != std::string::npos);
  CHECK(message("five").find("must be given together") != std::string::npos);
  CHECK(message("six").find("proxy-url") != std::string::npos);
  CHECK_FALSE(kubeconfig("/no/such/file").ok());
  CHECK_FALSE(kubeconfig(folder.write("broken", "a: [")).ok());
  CHECK_FALSE(kubeconfig(folder.write("empty", "")).ok());
}

TEST_CASE("in-cluster: host - files and namespace") {
  const Folder folder;
  CHECK(in_cluster_config(folder.path.string()).error().reason == "NotInCluster");
  folder.write("token", "t");
  folder.write("namespace", "tidegate-system\n");
  setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
  setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  const auto config = in_cluster_config(folder.path.string());
  unsetenv("KUBERNETES_SERVICE_HOST");
  unsetenv("KUBERNETES_SERVICE_PORT");
  REQUIRE(config.ok());
  const bool known = config->server == "https://10.0.0.1:443" || config->server == "https://kubernetes.default.svc:443";
  CHECK(known);
  CHECK(config->token.file == (folder.path / "token").string());
  CHECK(config->ns == "tidegate-system");
}

TEST_CASE("secret: a file is read again when it is old or refused - and kept when it is gone") {
  const Folder folder;
  FakeTime time;
  const std::string path = folder.write("token", "one\n");
  Secret secret({"", path}, std::chrono::seconds(50), time.clock());
  CHECK(secret.current() == "one");
  folder.write("token", "two");
  time.now += std::chrono::seconds(49);
  CHECK(secret.current() == "one");
  time.now += std::chrono::seconds(1);
  CHECK(secret.current() == "two");

  folder.write("token", "three");
  const SteadyTime request = time.now + std::chrono::seconds(1);
  secret.discard(time.now - std::chrono::seconds(1));  // that request used an older token
  CHECK(secret.current() == "two");
  secret.discard(request);
  CHECK(secret.current() == "three");

  folder.write("token", "");
  time.now += std::chrono::minutes(5);
  CHECK(secret.current() == "three");
  std::filesystem::remove(path);
  time.now += std::chrono::minutes(5);
  CHECK(secret.current() == "three");
}
