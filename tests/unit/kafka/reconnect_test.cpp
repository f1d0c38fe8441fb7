// How often clients try to reach brokers that are away.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "kafka/consumer.h"
#include "tests/unit/kafka/mock_cluster.h"

using namespace tidegate;

namespace {

std::atomic<int> attempts{0};  // of anybody to connect

// A port on the loopback that nobody else gets and that refuses connections.
class ClosedPort {
 public:
  ClosedPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~ClosedPort() { close(socket_); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_ = socket(AF_INET, SOCK_STREAM, 0);
  int port_ = 0;
};

}  // namespace

// The linker puts this between the library and the system (--wrap).
extern "C" {
int __real_connect(int, const sockaddr*, socklen_t);
int __wrap_connect(int socket_fd, const sockaddr* address, socklen_t size) {
  ++attempts;
  return __real_connect(socket_fd, address, size);
}
}

TEST_CASE("a client tries about twice a second to reach brokers that are all away") {
  const ClosedPort kafka;
  kafka_test::Deaf listener;
  kafka::ConsumerOptions options;
  options.client.bootstrap_servers = kafka.address();
  options.group = options.instance = options.topic = "nothing";
  const auto consumer = kafka::Consumer::create(options, listener);
  REQUIRE(consumer.ok());
  attempts = 0;
  std::this_thread::sleep_for(std::chrono::seconds(5));
  CHECK(attempts >= 2);
  CHECK(attempts <= 15);
}
