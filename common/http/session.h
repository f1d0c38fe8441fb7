// One connection of the HTTP server. Private to this folder.
#pragma once

// clang-format off
#include <utility>  // before Boost 1.74, whose awaitable.hpp uses std::exchange without including it
// clang-format on

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/http/server.h"

namespace tidegate::http {

class Session;

// What the connections of one server share. Outlives the io_context: late answers look at `open` before they touch it.
struct Shared {
  Options options;
  Handler handler;
  std::atomic<std::size_t> bytes_in_flight{0};

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::set<std::shared_ptr<Session>> sessions;
  bool open = true;  // the io_context exists
  bool draining = false;
};

// Lives in Shared::sessions until its socket is closed. Everything but start(), drain(), close() and answer() runs on
// the strand of the stream.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<Shared> shared);
  ~Session();

  void start();
  void drain();                    // closes as soon as the request under way, if any, is answered
  void close();                    // at once
  void answer(Response response);  // what the Ticket of the current request calls

 private:
  enum class State { idle, reading, answering, writing, lingering, closed };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Message = boost::beast::http::response<boost::beast::http::string_body>;
  using Serializer = boost::beast::http::response_serializer<boost::beast::http::string_body>;
  using Code = boost::beast::error_code;

  void wait_for_request();
  void read_head();
  void on_head(Code code);
  bool admitted();
  void send_continue();
  void read_body();
  bool take_budget();
  void give_budget_back();
  void handle();
  void refuse(Response response);
  void refuse(Code code);
  void write(Response response);
  void linger();
  void finish();
  Request request_head() const;

  std::shared_ptr<Shared> shared_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<Message> message_;
  std::optional<Serializer> serializer_;
  State state_ = State::idle;
  std::size_t budget_ = 0;  // this request's share of Shared::bytes_in_flight
  bool head_only_ = false;
  bool keep_alive_ = true;
  bool draining_ = false;
};

}  // namespace tidegate::http
