#include "controllers/observation/kafka_access.h"

#include <openssl/evp.h>

#include <algorithm>

#include "common/base/text.h"
#include "controllers/shared/kinds.h"

namespace tidegate::controllers {
namespace {

Result<std::string> secret_text(kube::Api& api, const std::string& ns, const crds::SecretKeyRef& ref) {
  const auto secret = api.get(kinds::secrets, ns, ref.name);
  if (!secret) return secret.error().context(cat("Secret ", ref.name));
  const std::string& encoded = secret->at("data").get(ref.key).as_string();
  std::string out(encoded.size(), '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(encoded.data()), static_cast<int>(encoded.size()));
  if (length < 0) return Error{"ReferenceNotFound", cat("Secret ", ref.name, ": key ", ref.key, " is not readable")};
  const auto padding = std::count(encoded.end() - std::min<std::ptrdiff_t>(2, std::ssize(encoded)), encoded.end(), '=');
  out.resize(static_cast<std::size_t>(length - padding));
  return out;
}

// Puts a Secret's text under a librdkafka property.
Result<void> put(kafka::ClientConfig& config, const char* property, kube::Api& api, const std::string& ns,
                 const crds::SecretKeyRef& ref, bool one_line) {
  const auto text = secret_text(api, ns, ref);
  if (!text) return text.error();
  config.properties[property] = one_line ? std::string(trim(*text)) : *text;
  return {};
}

Result<kafka::ClientConfig> client_config(kube::Api& api, const std::string& ns, const std::string& bootstrap,
                                          const crds::KafkaChoice& kafka) {
  kafka::ClientConfig config;
  config.bootstrap_servers = bootstrap;
  config.client_id = "tidegate-operator";
  if (!kafka.external) return config;
  const auto& external = *kafka.external;
  if (external.tls || external.sasl) {
    config.properties["security.protocol"] = external.sasl ? (external.tls ? "sasl_ssl" : "sasl_plaintext") : "ssl";
  }
  if (external.ca) {
    if (auto done = put(config, "ssl.ca.pem", api, ns, *external.ca, false); !done) return done.error();
  } else if (external.tls) {
    config.properties["ssl.ca.location"] =
        "probe";  // the system's files by name: kube::make_transport hides the default
  }
  if (external.sasl) {
    config.properties["sasl.mechanism"] = external.sasl->mechanism;
    if (auto done = put(config, "sasl.username", api, ns, external.sasl->username, true); !done) return done.error();
    if (auto done = put(config, "sasl.password", api, ns, external.sasl->password, true); !done) return done.error();
  }
  return config;
}

}  // namespace

Connector kafka_connector(kube::Api& api, const std::string& ns, const std::string& bootstrap_servers,
                          const crds::KafkaChoice& kafka) {
  return [&api, ns, bootstrap_servers, kafka]() -> Result<std::shared_ptr<KafkaLink>> {
    const auto config = client_config(api, ns, bootstrap_servers, kafka);
    if (!config) return config.error();
    return connect_kafka(*config);
  };
}

}  // namespace tidegate::controllers
