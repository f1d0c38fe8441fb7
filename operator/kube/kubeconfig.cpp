// kubeconfig files are YAML: the one place outside cli/ that reads it.
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "common/base/text.h"
#include "operator/kube/config.h"

namespace tidegate::kube {
namespace {

struct File {
  YAML::Node root;
  std::filesystem::path folder;
};

struct Entry {
  YAML::Node node;
  std::filesystem::path folder;
};

std::string text(const YAML::Node& node, const char* key) {
  const YAML::Node value = node && node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined);
  return value && value.IsScalar() ? value.Scalar() : "";
}

// The first entry of that name in a list such as `clusters`.
std::optional<Entry> find(const std::vector<File>& files, const char* list, const char* member,
                          const std::string& name) {
  for (const File& file : files) {
    const YAML::Node entries = file.root[list];
    if (!entries || !entries.IsSequence()) continue;
    for (const YAML::Node& entry : entries) {
      if (text(entry, "name") == name && entry[member]) return Entry{entry[member], file.folder};
    }
  }
  return std::nullopt;
}

Result<std::string> decode_base64(const std::string& encoded, const std::string& field) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : encoded) {
    if (c == '=' || c == '\n' || c == '\r' || c == ' ') continue;
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return Error{"InvalidConfig", field + " is not base64"};
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFFFF;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return out;
}

// `<key>-data` as text, else the file named by `<key>`.
Result<Material> material(const Entry& entry, const std::string& key) {
  Material out;
  if (const std::string data = text(entry.node, (key + "-data").c_str()); !data.empty()) {
    auto decoded = decode_base64(data, key + "-data");
    if (!decoded) return std::move(decoded).error();
    out.data = std::move(*decoded);
  } else if (const std::string path = text(entry.node, key.c_str()); !path.empty()) {
    out.file = (entry.folder / path).string();  // an absolute path replaces the folder
  }
  return out;
}

Result<void> read_cluster(const Entry& entry, ClusterConfig& config) {
  config.server = text(entry.node, "server");
  if (config.server.empty()) return Error{"InvalidConfig", "the cluster has no server"};
  if (!text(entry.node, "proxy-url").empty()) return Error{"InvalidConfig", "proxy-url is not supported; remove it"};
  config.tls_server_name = text(entry.node, "tls-server-name");
  config.insecure = text(entry.node, "insecure-skip-tls-verify") == "true";
  auto ca = material(entry, "certificate-authority");
  if (!ca) return std::move(ca).error();
  if (!config.insecure) config.ca = std::move(*ca);
  return {};
}

Result<void> read_user(const Entry& entry, ClusterConfig& config) {
  for (const char* key : {"exec", "auth-provider", "username", "as"}) {
    if (entry.node.IsMap() && entry.node[key]) {
      return Error{"InvalidConfig",
                   cat("users[].user.", key, " is not supported; use a client certificate or a token")};
    }
  }
  auto certificate = material(entry, "client-certificate");
  if (!certificate) return std::move(certificate).error();
  auto key = material(entry, "client-key");
  if (!key) return std::move(key).error();
  config.client_certificate = std::move(*certificate);
  config.client_key = std::move(*key);
  if (config.client_certificate.empty() != config.client_key.empty()) {
    return Error{"InvalidConfig", "client-certificate and client-key must be given together"};
  }
  if (const std::string path = text(entry.node, "tokenFile"); !path.empty()) {
    config.token.file = (entry.folder / path).string();
  } else {
    config.token.data = text(entry.node, "token");
  }
  return {};
}

Result<std::vector<File>> read_files(const std::string& paths) {
  std::vector<File> files;
  for (const std::string& path : split(paths, ':')) {
    if (path.empty() || !std::filesystem::exists(path)) continue;  // as kubectl: missing files of the list are no error
    YAML::Node root = YAML::LoadFile(path);
    if (!root.IsMap()) return Error{"InvalidConfig", path + " is no kubeconfig file"};
    files.push_back({root, std::filesystem::absolute(path).parent_path()});
  }
  if (files.empty()) return Error{"InvalidConfig", paths + " does not exist"};
  return files;
}

Result<ClusterConfig> resolve(const std::vector<File>& files, std::string context) {
  for (const File& file : files) {
    if (context.empty()) context = text(file.root, "current-context");
  }
  if (context.empty()) return Error{"InvalidConfig", "no current-context; name one with --context"};
  const auto chosen = find(files, "contexts", "context", context);
  if (!chosen) return Error{"InvalidConfig", "there is no context '" + context + "'"};
  const std::string cluster_name = text(chosen->node, "cluster");
  const auto cluster = find(files, "clusters", "cluster", cluster_name);
  if (!cluster)
    return Error{"InvalidConfig", cat("context '", context, "' names a missing cluster '", cluster_name, "'")};

  ClusterConfig config;
  if (auto read = read_cluster(*cluster, config); !read)
    return std::move(read).error().context("cluster " + cluster_name);
  if (const std::string user_name = text(chosen->node, "user"); !user_name.empty()) {
    const auto user = find(files, "users", "user", user_name);
    if (!user) return Error{"InvalidConfig", cat("context '", context, "' names a missing user '", user_name, "'")};
    if (auto read = read_user(*user, config); !read) return std::move(read).error().context("user " + user_name);
  }
  if (const std::string ns = text(chosen->node, "namespace"); !ns.empty()) config.ns = ns;
  return config;
}

}  // namespace

Result<ClusterConfig> kubeconfig(const std::string& paths, const std::string& context) {
  try {
    auto files = read_files(paths);
    if (!files) return std::move(files).error().context("kubeconfig");
    auto config = resolve(*files, context);
    if (!config) return std::move(config).error().context("kubeconfig " + paths);
    return config;
  } catch (const YAML::Exception& e) {
    return Error{"InvalidConfig", cat("kubeconfig ", paths, ": ", e.what())};
  }
}

}  // namespace tidegate::kube
