#include "operator/kube/credentials.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "common/base/log.h"
#include "common/base/text.h"

namespace tidegate::kube {
namespace {

constexpr Duration kCertificateAge = std::chrono::seconds(10);

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using PrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio memory(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

Error invalid(const std::string& what) {
  ERR_clear_error();
  return {"InvalidConfig", what};
}

Result<void> trust_only(SSL_CTX* context, const std::string& pem) {
  X509_STORE* store = X509_STORE_new();
  SSL_CTX_set_cert_store(context, store);  // takes ownership and drops the system's authorities
  const Bio bio = memory(pem);
  int count = 0;
  while (const Certificate ca{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free}) {
    count += X509_STORE_add_cert(store, ca.get());
  }
  ERR_clear_error();  // the end of the text is reported as an error
  if (count == 0) return invalid("the certificate authority holds no PEM certificate");
  return {};
}

Result<void> identify(SSL_CTX* context, const std::string& certificate_pem, const std::string& key_pem) {
  const Bio bio = memory(certificate_pem);
  const Certificate leaf{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free};
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) return invalid("the client certificate is not PEM");
  while (X509* intermediate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    SSL_CTX_add_extra_chain_cert(context, intermediate);  // takes ownership
  }
  ERR_clear_error();
  const Bio key_bio = memory(key_pem);
  const PrivateKey key{PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
  if (!key) return invalid("the client key is not an unencrypted PEM key");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return invalid("the client key does not belong to the client certificate");
  }
  return {};
}

}  // namespace

Secret::Secret(Material material, Duration max_age, Clock clock)
    : material_(std::move(material)), max_age_(max_age), clock_(std::move(clock)) {}

std::string Secret::current() {
  if (!material_.data.empty()) return std::string(trim(material_.data));
  if (material_.file.empty()) return "";
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.steady();
  if (fresh_ && now - read_at_ < max_age_) return text_;
  std::ifstream in(material_.file, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  const std::string read(trim(content.str()));
  if (read.empty()) {
    log::warn("cannot read credential, keeping the last one", {{"file", material_.file}});
  } else {
    text_ = read;
  }
  fresh_ = true;
  read_at_ = now;
  return text_;
}

void Secret::discard(SteadyTime read_before) {
  const std::lock_guard lock(mutex_);
  if (read_at_ <= read_before) fresh_ = false;
}

TlsIdentity::TlsIdentity(const ClusterConfig& config, const Clock& clock)
    : ca_(config.ca, kCertificateAge, clock),
      certificate_(config.client_certificate, kCertificateAge, clock),
      key_(config.client_key, kCertificateAge, clock),
      private_ca_(!config.ca.empty()) {}

Result<void> TlsIdentity::apply(ssl_ctx_st* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (private_ca_) {
    if (auto trusted = trust_only(context, ca_.current()); !trusted) return trusted;
  }
  const std::string certificate = certificate_.current();
  return certificate.empty() ? Result<void>() : identify(context, certificate, key_.current());
}

Result<void> TlsIdentity::check() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
  return apply(context.get());
}

void TlsIdentity::configure(ssl_ctx_st* context) noexcept {
  try {
    const auto applied = apply(context);
    if (applied) return;
    log::error("TLS set-up failed", {{"error", applied.error().message}});
  } catch (...) {
  }
  SSL_CTX_set_cert_store(context, X509_STORE_new());
}

}  // namespace tidegate::kube
