// A tiny HTTP server on 127.0.0.1, plain or TLS, that does what a test tells it per connection.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace tidegate::kube::test {

class Connection {
 public:
  Connection(int socket, ssl_st* tls) : socket_(socket), tls_(tls) {}
  // One request with its body; "" when the client is gone.
  std::string read_request();
  bool write(const std::string& bytes);
  // Blocks until the client closes.
  void wait_for_close();

 private:
  long read(char* to, std::size_t size);

  int socket_;
  ssl_st* tls_;
};

// Certificate and key, both PEM, for the name; signed by itself.
struct Identity {
  std::string certificate;
  std::string key;
};
Identity make_identity(const std::string& name);

class Loopback {
 public:
  using Handler = std::function<void(Connection&)>;

  // TLS when an identity is given; `max_tls` as in <openssl/tls1.h>, 0 = newest.
  explicit Loopback(Handler handler, const Identity* identity = nullptr, int max_tls = 0);
  ~Loopback();

  std::string url() const;
  int connections() const { return accepted_; }

 private:
  void accept_all();
  void serve(int socket);

  Handler handler_;
  ssl_ctx_st* context_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  bool tls_ = false;
  std::atomic<int> accepted_ = 0;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace tidegate::kube::test
