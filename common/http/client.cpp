#include "common/http/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>

#include "common/base/text.h"

namespace tidegate::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

// One request. Lives until its last handler ran.
class Get : public std::enable_shared_from_this<Get> {
 public:
  Get(asio::io_context& io, Result<std::string>& out, std::size_t max_body)
      : stream_(io), max_body_(max_body), out_(out) {
    parser_.body_limit(max_body);  // of bodies without a Content-Length
  }

  void start(const Target& target, Duration timeout) {
    boost::system::error_code bad;
    const auto address = asio::ip::make_address(target.address, bad);
    if (bad) return fail(bad);
    request_ = {beast::http::verb::get, target.path, 11};
    request_.set(beast::http::field::host, target.address);
    request_.set(beast::http::field::connection, "close");
    stream_.expires_after(timeout);  // for all of it
    stream_.async_connect({address, target.port}, [self = shared_from_this()](auto error) {
      if (error) return self->fail(error);
      self->send();
    });
  }

 private:
  void send() {
    beast::http::async_write(stream_, request_, [self = shared_from_this()](auto error, std::size_t) {
      if (error) return self->fail(error);
      beast::http::async_read_header(self->stream_, self->buffer_, self->parser_, [self](auto failed, std::size_t) {
        if (failed) return self->fail(failed);
        self->receive();
      });
    });
  }

  void receive() {
    // Beast 1.74 does not hold a response's Content-Length against the parser's limit.
    if (parser_.content_length() && *parser_.content_length() > max_body_)
      return fail(beast::http::make_error_code(beast::http::error::body_limit));
    beast::http::async_read(stream_, buffer_, parser_, [self = shared_from_this()](auto error, std::size_t) {
      if (error) return self->fail(error);
      self->finish();
    });
  }

  void finish() {
    const unsigned status = parser_.get().result_int();
    if (status == 200)
      out_ = std::move(parser_.get().body());
    else
      out_ = Error{"UnexpectedStatus", cat("answered with status ", std::to_string(status))};
  }

  void fail(const boost::system::error_code& error) {
    const char* reason = error == beast::error::timeout            ? "Timeout"
                         : error == beast::http::error::body_limit ? "TooLarge"
                                                                   : "Unreachable";
    out_ = Error{reason, error.message()};
  }

  beast::tcp_stream stream_;
  const std::size_t max_body_;
  beast::flat_buffer buffer_{64 * 1024};
  beast::http::request<beast::http::empty_body> request_;
  beast::http::response_parser<beast::http::string_body> parser_;
  Result<std::string>& out_;
};

}  // namespace

std::vector<Result<std::string>> get_all(const std::vector<Target>& targets, Duration timeout, std::size_t max_body) {
  std::vector<Result<std::string>> out(targets.size(), Error{"Timeout", "no answer"});
  asio::io_context io(1);
  for (std::size_t i = 0; i < targets.size(); ++i)
    std::make_shared<Get>(io, out[i], max_body)->start(targets[i], timeout);
  io.run();
  return out;
}

}  // namespace tidegate::http
