#include "operator/kube/transport.h"

#include <cpprest/http_client.h>
#include <cpprest/producerconsumerstream.h>
#include <pplx/threadpool.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <future>
#include <mutex>
#include <utility>  // before Asio, which uses std::exchange without it

#include "common/base/text.h"
#include "operator/kube/credentials.h"

namespace tidegate::kube {
namespace {

namespace http = web::http;
using Deadline = SteadyTime;

constexpr std::size_t kMaxBody = 64U << 20;
constexpr std::size_t kMaxUnread = 32U << 20;
constexpr Duration kTokenAge = std::chrono::seconds(50);
// The library's own timer restarts with every step, so it can bound neither a request nor a stream. Ours do.
constexpr auto kLibraryTimeout = std::chrono::minutes(10);

Error to_error(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const http::http_exception& e) {
    switch (e.error_code().value()) {
      case static_cast<int>(std::errc::timed_out):
        return {"Timeout", e.what()};
      case static_cast<int>(std::errc::operation_canceled):
        return {"Canceled", "canceled"};
      default:
        return {"Unreachable", e.what()};
    }
  } catch (const pplx::task_canceled&) {
    return {"Canceled", "canceled"};
  } catch (const std::exception& e) {
    return {"Unreachable", e.what()};
  } catch (...) {
    return {"Unreachable", "unknown failure of the HTTP library"};
  }
}

// A Result that is set once: by the task, or by a stop request.
template <typename T>
class Outcome {
 public:
  void set(Result<T> result) {
    if (!set_.test_and_set()) promise_.set_value(std::move(result));
  }
  std::future<Result<T>> future() { return promise_.get_future(); }

 private:
  std::atomic_flag set_;
  std::promise<Result<T>> promise_;
};

// Waits for the task; at the deadline or on stop it is canceled and left behind (a host name being resolved, for one,
// ignores the cancellation), so what it uses must not belong to the caller. An exception that no one looks at would
// end the process, so the continuation takes every one; nothing else in the code base continues a task.
template <typename T>
Result<T> await(const pplx::task<T>& task, pplx::cancellation_token_source cancel, Deadline deadline,
                const std::stop_token& stop) {
  auto outcome = std::make_shared<Outcome<T>>();
  auto future = outcome->future();
  task.then([outcome](const pplx::task<T>& done) {
    try {
      outcome->set(done.get());
    } catch (...) {
      outcome->set(to_error(std::current_exception()));
    }
  });
  const std::stop_callback on_stop(stop, [cancel, outcome] {
    cancel.cancel();
    outcome->set(Error{"Canceled", "canceled"});
  });
  if (future.wait_until(deadline) == std::future_status::ready) return future.get();
  cancel.cancel();
  return Error{"Timeout", "no answer in time"};
}

void read_headers(const http::http_response& from, Response& to) {
  to.status = from.status_code();
  const auto& headers = from.headers();
  if (const auto warning = headers.find("Warning"); warning != headers.end()) {
    // 299 - "text", 299 - "text"
    const std::vector<std::string> parts = split(warning->second, '"');
    for (std::size_t i = 1; i < parts.size(); i += 2) to.warnings.push_back(parts[i]);
  }
  if (const auto after = headers.find("Retry-After"); after != headers.end()) {
    const long seconds = std::strtol(after->second.c_str(), nullptr, 10);
    if (seconds > 0) to.retry_after = std::chrono::seconds(std::min(seconds, 3600L));
  }
}

// Reads a body piece by piece on the caller's thread.
class Body {
 public:
  explicit Body(const http::http_response& response) : buffer_(response.body().streambuf()) {}

  // "" at the end.
  Result<std::string> next(const pplx::cancellation_token_source& cancel, Deadline deadline,
                           const std::stop_token& stop) {
    // One byte is waited for and the rest taken: waiting for more would wait for exactly that many.
    const auto first = std::make_shared<std::uint8_t>();  // outlives an abandoned read, as the buffer does
    const auto buffer = std::make_shared<Buffer>(buffer_);
    auto task =
        buffer->getn(first.get(), 1).then([first, buffer](const pplx::task<std::size_t>& n) { return n.get(); });
    const auto got = await(task, cancel, deadline, stop);
    if (!got) return got.error();
    if (*got == 0) return std::string();
    std::string piece(1, static_cast<char>(*first));
    take_rest(piece);
    if (piece.size() <= kMaxUnread) return piece;
    cancel.cancel();
    return Error{"TooLarge", "more than 32 MiB arrived unread"};
  }

 private:
  using Buffer = concurrency::streams::streambuf<std::uint8_t>;

  // What is there now, block by block (how much there is cannot be asked without a race).
  void take_rest(std::string& piece) {
    std::uint8_t* block = nullptr;
    std::size_t size = 0;
    while (piece.size() <= kMaxUnread && buffer_.acquire(block, size) && size > 0) {
      piece.append(reinterpret_cast<const char*>(block), size);
      buffer_.release(block, size);
    }
  }

  Buffer buffer_;
};

class CpprestTransport final : public Transport {
 public:
  CpprestTransport(const ClusterConfig& config, std::shared_ptr<TlsIdentity> identity, std::string user_agent,
                   Clock clock)
      : user_agent_(std::move(user_agent)),
        server_name_(config.tls_server_name),
        clock_(clock),
        token_(config.token, kTokenAge, clock),
        client_(config.server, client_config(config, std::move(identity))) {}

  Result<Response> send(const Request& request, std::stop_token stop) override {
    return exchange(request, stop,
                    [&](const pplx::cancellation_token_source& cancel, http::http_response& answer, Response& response,
                        Deadline deadline) { return read_all(answer, response, cancel, deadline, stop); });
  }

  Result<Response> stream(const Request& request, Duration idle, std::stop_token stop,
                          const OnChunk& on_chunk) override {
    return exchange(request, stop,
                    [&](const pplx::cancellation_token_source& cancel, http::http_response& answer, Response& response,
                        Deadline deadline) -> Result<void> {
                      if (response.status != 200) return read_all(answer, response, cancel, deadline, stop);
                      Body body(answer);
                      for (;;) {
                        auto piece = body.next(cancel, std::chrono::steady_clock::now() + idle, stop);
                        if (!piece) return std::move(piece).error();
                        if (piece->empty()) return {};
                        if (!on_chunk(*piece)) {
                          cancel.cancel();
                          return {};
                        }
                      }
                    });
  }

 private:
  static http::client::http_client_config client_config(const ClusterConfig& config,
                                                        std::shared_ptr<TlsIdentity> identity) {
    http::client::http_client_config out;
    out.set_timeout(kLibraryTimeout);
    out.set_max_redirects(0);  // the library would take the token along to any host
    out.set_validate_certificates(!config.insecure);
    out.set_ssl_context_callback([identity = std::move(identity)](boost::asio::ssl::context& context) {
      identity->configure(context.native_handle());
    });
    return out;
  }

  static Result<void> read_all(const http::http_response& answer, Response& response,
                               const pplx::cancellation_token_source& cancel, Deadline deadline,
                               const std::stop_token& stop) {
    Body body(answer);
    for (;;) {
      auto piece = body.next(cancel, deadline, stop);
      if (!piece) return std::move(piece).error();
      if (piece->empty()) return {};
      response.body += *piece;
      if (response.body.size() > kMaxBody) {
        cancel.cancel();
        return Error{"TooLarge", "the response exceeds 64 MiB"};
      }
    }
  }

  http::http_request build(const Request& request) {
    web::uri_builder uri(request.path);
    for (const auto& [key, value] : request.query) uri.append_query(key, value);
    http::http_request out(request.method);
    out.set_request_uri(uri.to_uri());
    out.headers().add("User-Agent", user_agent_);
    out.headers().add("Accept", "application/json");
    // The library verifies and announces (SNI) the name in this header.
    if (!server_name_.empty()) out.headers().add("Host", server_name_);
    if (const std::string token = token_.current(); !token.empty())
      out.headers().add("Authorization", "Bearer " + token);
    if (request.body.empty()) return out;
    if (request.repeatable) {
      out.set_body(std::vector<unsigned char>(request.body.begin(), request.body.end()));
      out.headers().set_content_type(request.content_type);
    } else {
      // On a pooled connection that the server closed the library sends the request again, POST included, unless the
      // body cannot be rewound.
      concurrency::streams::producer_consumer_buffer<std::uint8_t> body;
      body.putn_nocopy(reinterpret_cast<const std::uint8_t*>(request.body.data()), request.body.size()).get();
      body.close(std::ios_base::out).get();
      out.set_body(body.create_istream(), request.body.size(), request.content_type);
    }
    return out;
  }

  // Sends, and hands the response's headers to `read_body`. Repeats once where that is safe.
  template <typename ReadBody>
  Result<Response> exchange(const Request& request, const std::stop_token& stop, const ReadBody& read_body) {
    const Deadline deadline = std::chrono::steady_clock::now() + request.deadline;
    for (bool repeated = false;; repeated = true) {
      const SteadyTime started = clock_.steady();
      auto response = attempt(request, deadline, stop, read_body);
      if (repeated) return response;
      // The library repeats after a failed read by itself, but not after a failed write.
      const bool broken = !response && request.repeatable && response.error().reason == "Unreachable" &&
                          response.error().message.find("Failed to write request") != std::string::npos;
      const bool refused = response && response->status == 401;
      if (refused) token_.discard(started);
      if (!broken && !refused) return response;
    }
  }

  template <typename ReadBody>
  Result<Response> attempt(const Request& request, Deadline deadline, const std::stop_token& stop,
                           const ReadBody& read_body) {
    if (stop.stop_requested()) return Error{"Canceled", "canceled"};
    pplx::cancellation_token_source cancel;
    try {
      auto answer = await(client_.request(build(request), cancel.get_token()), cancel, deadline, stop);
      if (!answer) return std::move(answer).error();
      Response response;
      read_headers(*answer, response);
      if (auto read = read_body(cancel, *answer, response, deadline); !read) return std::move(read).error();
      return response;
    } catch (const std::exception& e) {
      cancel.cancel();
      return Error{"Unreachable", e.what()};
    }
  }

  const std::string user_agent_;
  const std::string server_name_;
  const Clock clock_;
  Secret token_;
  http::client::http_client client_;
};

void start_library(bool private_ca) {
  // The library reads the system's authorities for every connection, 40 ms and 0.6 MB each, before it asks us whom to
  // trust. Whoever needs them elsewhere in this process must name their file.
  if (private_ca) {
    setenv("SSL_CERT_FILE", "/dev/null", 0);
    setenv("SSL_CERT_DIR", "/dev/null", 0);
  }
  crossplat::threadpool::initialize_with_threads(4);  // the default is 40
}

}  // namespace

Result<std::unique_ptr<Transport>> make_transport(const ClusterConfig& config, const std::string& user_agent,
                                                  Clock clock) {
  static std::once_flag started;
  std::call_once(started, [&] { start_library(!config.ca.empty()); });
  auto identity = std::make_shared<TlsIdentity>(config, clock);
  if (auto checked = identity->check(); !checked) return std::move(checked).error().context(config.server);
  try {
    return std::unique_ptr<Transport>(new CpprestTransport(config, std::move(identity), user_agent, std::move(clock)));
  } catch (const std::exception& e) {
    return Error{"InvalidConfig", cat("server '", config.server, "': ", e.what())};
  }
}

}  // namespace tidegate::kube
