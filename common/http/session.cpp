#include "common/http/session.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <string_view>
#include <utility>

#include "common/base/log.h"

namespace tidegate::http {

namespace beast = boost::beast;
namespace wire = boost::beast::http;

namespace {

constexpr std::size_t max_head = 16 * 1024;
// After a refusal the rest of the request is read and thrown away for this long: closing a socket with unread bytes
// resets the connection, and the client would not see the answer.
constexpr std::chrono::seconds linger_time{2};

std::string text(beast::string_view view) {
  return std::string(view.data(), view.size());
}

Response plain(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body) + "\n";
  return response;
}

// Lets the one answer of one request through, and gives it when nobody else did.
class Ticket {
 public:
  Ticket(std::shared_ptr<Shared> shared, std::weak_ptr<Session> session)
      : shared_(std::move(shared)), session_(std::move(session)) {}
  ~Ticket() {
    try {
      answer(plain(500, "The request was given up."));
    } catch (const std::exception&) {  // out of memory: the connection stays until the server stops
    }
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  void answer(Response response) {
    if (used_.exchange(true)) return;
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->open) return;
    if (const auto session = session_.lock()) session->answer(std::move(response));
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::weak_ptr<Session> session_;
  std::atomic<bool> used_{false};
};

}  // namespace

Session::Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)), stream_(std::move(socket)) {}

Session::~Session() {
  give_budget_back();
}

void Session::start() {
  boost::asio::post(stream_.get_executor(), [self = shared_from_this()] {
    Code ignored;
    self->stream_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    self->read_head();
  });
}

void Session::drain() {
  boost::asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->draining_ = true;
    if (self->state_ == State::idle) self->finish();
  });
}

void Session::close() {
  boost::asio::post(stream_.get_executor(), [self = shared_from_this()] { self->finish(); });
}

void Session::answer(Response response) {
  boost::asio::post(stream_.get_executor(), [self = shared_from_this(), response = std::move(response)]() mutable {
    if (self->state_ != State::answering) return;
    self->give_budget_back();
    self->write(std::move(response));
  });
}

// Between requests the connection may be silent for long; from the first byte on the clock of the request runs.
void Session::wait_for_request() {
  if (draining_) return finish();
  parser_.reset();
  if (buffer_.size() > 0) return read_head();  // the next request came along with the last one
  state_ = State::idle;
  stream_.expires_after(shared_->options.idle_timeout);
  stream_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](Code code, std::size_t size) {
    if (self->state_ == State::closed) return;
    if (code) return self->finish();
    self->buffer_.commit(size);
    self->read_head();
  });
}

void Session::read_head() {
  if (state_ == State::closed) return;
  state_ = buffer_.size() == 0 ? State::idle : State::reading;
  head_only_ = false;
  parser_.emplace();
  parser_->header_limit(max_head);
  parser_->body_limit(shared_->options.max_body);
  stream_.expires_after(shared_->options.read_timeout);
  wire::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](Code code, std::size_t) { self->on_head(code); });
}

void Session::on_head(Code code) {
  if (state_ == State::closed) return;
  state_ = State::reading;
  if (code) return refuse(code);
  head_only_ = parser_->get().method() == wire::verb::head;
  keep_alive_ = parser_->get().keep_alive() && parser_->get().version() >= 11;
  if (!admitted()) return;
  if (parser_->is_done()) return handle();
  const bool asks = beast::iequals(parser_->get()[wire::field::expect], "100-continue");
  if (asks && parser_->get().version() >= 11 && buffer_.size() == 0) return send_continue();
  read_body();
}

bool Session::admitted() {
  if (!shared_->options.admit) return true;
  std::optional<Response> refusal;
  try {
    refusal = shared_->options.admit(request_head());
  } catch (const std::exception& error) {
    log::error("HTTP admission failed", {{"error", error.what()}});
    refusal = plain(500, "Internal error.");
  }
  if (refusal) refuse(std::move(*refusal));
  return !refusal.has_value();
}

void Session::send_continue() {
  static constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
  boost::asio::async_write(stream_, boost::asio::buffer(interim.data(), interim.size()),
                           [self = shared_from_this()](Code code, std::size_t) {
                             if (self->state_ == State::closed) return;
                             if (code) return self->finish();
                             self->read_body();
                           });
}

void Session::read_body() {
  wire::async_read_some(stream_, buffer_, *parser_, [self = shared_from_this()](Code code, std::size_t) {
    if (self->state_ == State::closed) return;
    if (code) return self->refuse(code);
    if (!self->take_budget()) {
      Response busy = plain(429, "Too much is in flight; retry later.");
      busy.headers.emplace_back("Retry-After", "1");
      return self->refuse(std::move(busy));
    }
    if (self->parser_->is_done()) return self->handle();
    self->read_body();
  });
}

// Counts what arrived, not what was announced: many slow senders must not hold room that they do not use.
bool Session::take_budget() {
  const std::size_t more = parser_->get().body().size() - budget_;
  budget_ += more;
  return shared_->bytes_in_flight.fetch_add(more) + more <= shared_->options.max_in_flight;
}

void Session::give_budget_back() {
  shared_->bytes_in_flight.fetch_sub(budget_);
  budget_ = 0;
}

void Session::handle() {
  state_ = State::answering;
  stream_.expires_never();
  Request request = request_head();
  request.body = std::move(parser_->get().body());
  const auto ticket = std::make_shared<Ticket>(shared_, weak_from_this());
  try {
    shared_->handler(std::move(request), [ticket](Response response) { ticket->answer(std::move(response)); });
  } catch (const std::exception& error) {
    log::error("HTTP handler failed", {{"error", error.what()}});
    ticket->answer(plain(500, "Internal error."));
  } catch (...) {
    log::error("HTTP handler failed", {{"error", "not a std::exception"}});
    ticket->answer(plain(500, "Internal error."));
  }
}

void Session::refuse(Code code) {
  if (code == wire::error::end_of_stream || code == beast::error::timeout) return finish();
  if (code.category() != make_error_code(wire::error::bad_method).category()) return finish();  // the network's
  if (code == wire::error::partial_message) return finish();
  if (code == wire::error::body_limit) {
    return refuse(plain(413, "The body is larger than " + std::to_string(shared_->options.max_body) + " bytes."));
  }
  if (code == wire::error::header_limit || code == wire::error::buffer_overflow) {
    return refuse(plain(431, "The headers are too large."));
  }
  refuse(plain(400, "This is no HTTP request: " + code.message() + "."));
}

void Session::refuse(Response response) {
  keep_alive_ = false;
  give_budget_back();
  write(std::move(response));
}

void Session::write(Response response) {
  state_ = State::writing;
  if (shared_->options.answered) shared_->options.answered(response.status);
  const bool request_read = parser_->is_done();
  message_.emplace();
  message_->version(11);
  message_->result(static_cast<unsigned>(response.status));
  message_->set(wire::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message_->insert(name, value);
  message_->body() = std::move(response.body);
  message_->content_length(message_->body().size());
  message_->keep_alive(keep_alive_ && !draining_);
  serializer_.emplace(*message_);

  stream_.expires_after(shared_->options.read_timeout);
  const auto written = [self = shared_from_this(), request_read](Code code, std::size_t) {
    if (self->state_ == State::closed) return;
    if (code) return self->finish();
    if (self->message_->keep_alive()) return self->wait_for_request();
    if (request_read) return self->finish();
    self->linger();
  };
  if (head_only_) {
    wire::async_write_header(stream_, *serializer_, written);
  } else {
    wire::async_write(stream_, *serializer_, written);
  }
}

void Session::linger() {
  if (state_ != State::lingering) {
    state_ = State::lingering;
    Code ignored;
    stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(linger_time);
  }
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(max_head), [self = shared_from_this()](Code code, std::size_t) {
    if (self->state_ == State::closed) return;
    if (code || self->draining_) return self->finish();
    self->linger();
  });
}

void Session::finish() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  Code ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.close();
  give_budget_back();
  const std::lock_guard lock(shared_->mutex);
  shared_->sessions.erase(shared_from_this());
  shared_->changed.notify_all();
}

Request Session::request_head() const {
  const auto& head = parser_->get();
  Request request;
  request.method = head_only_ ? "GET" : text(head.method_string());
  request.target = text(head.target());
  request.content_type = text(head[wire::field::content_type]);
  request.content_encoding = text(head[wire::field::content_encoding]);
  request.authorization = text(head[wire::field::authorization]);
  return request;
}

}  // namespace tidegate::http
