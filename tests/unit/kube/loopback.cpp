#include "tests/unit/kube/loopback.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace tidegate::kube::test {
namespace {

std::string take(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

}  // namespace

Identity make_identity(const std::string& name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x509 = X509_new();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -60);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_set_pubkey(x509, key);
  X509_NAME* subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(x509, subject);
  const std::string kind = name.find_first_not_of("0123456789.") == std::string::npos ? "IP:" : "DNS:";
  X509_EXTENSION* san = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, (kind + name).c_str());
  X509_add_ext(x509, san, -1);
  X509_EXTENSION_free(san);
  X509_sign(x509, key, EVP_sha256());
  BIO* certificate = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate, x509);
  BIO* private_key = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(private_key, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(x509);
  EVP_PKEY_free(key);
  return {take(certificate), take(private_key)};
}

long Connection::read(char* to, std::size_t size) {
  return tls_ ? SSL_read(tls_, to, static_cast<int>(size)) : ::recv(socket_, to, size, 0);
}

std::string Connection::read_request() {
  std::string request;
  std::size_t expected = std::string::npos;
  while (request.size() < expected) {
    char buffer[4096];
    const long n = read(buffer, sizeof buffer);
    if (n <= 0) return "";
    request.append(buffer, static_cast<std::size_t>(n));
    const std::size_t head = request.find("\r\n\r\n");
    if (head == std::string::npos) continue;
    const std::size_t length = request.find("Content-Length:");
    expected = head + 4 + (length < head ? std::stoul(request.substr(length + 15)) : 0);
  }
  return request;
}

bool Connection::write(const std::string& bytes) {
  const auto size = static_cast<long>(bytes.size());
  return (tls_ ? SSL_write(tls_, bytes.data(), static_cast<int>(size))
               : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL)) == size;
}

void Connection::wait_for_close() {
  char buffer[256];
  while (read(buffer, sizeof buffer) > 0) {
  }
}

Loopback::Loopback(Handler handler, const Identity* identity, int max_tls)
    : handler_(std::move(handler)), tls_(identity != nullptr) {
  if (identity) {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(context_, 0);  // old versions, for the test that refuses them
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, max_tls);
    BIO* certificate = BIO_new_mem_buf(identity->certificate.data(), -1);
    X509* x509 = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    BIO* key = BIO_new_mem_buf(identity->key.data(), -1);
    EVP_PKEY* private_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    REQUIRE(SSL_CTX_use_certificate(context_, x509) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context_, private_key) == 1);
    X509_free(x509);
    EVP_PKEY_free(private_key);
    BIO_free(certificate);
    BIO_free(key);
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener_, 128) == 0);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

Loopback::~Loopback() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  threads_.clear();
  ::close(listener_);
  SSL_CTX_free(context_);
}

std::string Loopback::url() const {
  return (tls_ ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(port_);
}

void Loopback::accept_all() {
  for (int socket = ::accept(listener_, nullptr, nullptr); socket >= 0;
       socket = ::accept(listener_, nullptr, nullptr)) {
    ++accepted_;
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void Loopback::serve(int socket) {
  const timeval limit{20, 0};  // no test hangs for ever
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  SSL* tls = tls_ ? SSL_new(context_) : nullptr;
  bool ready = true;
  if (tls) {
    SSL_set_fd(tls, socket);
    ready = SSL_accept(tls) == 1;
  }
  if (ready) {
    Connection connection(socket, tls);
    handler_(connection);
  }
  SSL_free(tls);
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
}

}  // namespace tidegate::kube::test
