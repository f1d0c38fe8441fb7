// A bare HTTP client on a loopback socket, so that tests decide what goes over the wire and when.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace tidegate::http_test {

struct Answer {
  int status = 0;                              // 0: the connection ended before an answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Reads give up after ten seconds.
class Client {
 public:
  explicit Client(std::uint16_t port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(const std::string& bytes);  // false when the peer closed
  Answer read(bool head_only = false);
  bool closed();  // waits for the server to close the connection
  void finish_sending();
  void reset();  // closes with RST, as a killed process with unread data does

  Answer get(const std::string& target) { return send_and_read("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n"); }
  Answer post(const std::string& body) {
    return send_and_read("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                         body);
  }

 private:
  Answer send_and_read(const std::string& bytes) {
    send(bytes);
    return read();
  }
  bool fill();

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace tidegate::http_test
