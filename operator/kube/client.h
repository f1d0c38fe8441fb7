// Requests to the Kubernetes API over a Transport: paths, bodies, and what the answers mean.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "operator/kube/api.h"
#include "operator/kube/sleep.h"
#include "operator/kube/transport.h"

namespace tidegate::kube {

// What a list or watch covers.
struct Scope {
  std::string ns;              // "" = all namespaces, or a kind without namespaces
  std::string label_selector;  // "" = everything
};

struct ListPage {
  Json body;

  const Json::Array& items() const { return body.at("items").items(); }  // servers leave apiVersion and kind out
  const std::string& version() const { return body.at("metadata/resourceVersion").as_string(); }  // of the whole list
  const std::string& continuation() const { return body.at("metadata/continue").as_string(); }    // "" on the last page
};

struct WatchEvent {
  std::string type;  // ADDED, MODIFIED, DELETED, BOOKMARK; ERROR ends the watch and is its result instead
  Json object;
};

// Thread-safe. Once `stop` is requested every call returns Canceled, those under way too.
class Client final : public Api {
 public:
  struct Options {
    Duration deadline = std::chrono::seconds(10);  // of each call, waits for Retry-After included
    bool strict = false;                           // refuse fields the server does not know, instead of warning
    metrics::Registry* metrics = nullptr;          // rest_client_requests_total, when given
    std::stop_token stop = {};
    Clock clock = Clock::real();
    Sleep sleep = sleep_for;
  };

  Client(Transport& transport, Options options) : transport_(transport), options_(std::move(options)) {}

  Result<Json> get(const Resource&, const std::string& ns, const std::string& name) override;
  Result<Json> apply(const Resource&, const Json& object, const std::string& field_manager) override;
  Result<Json> apply_status(const Resource&, const Json& object, const std::string& field_manager) override;
  Result<Json> create(const Resource&, const Json& object) override;
  Result<Json> replace(const Resource&, const Json& object) override;
  Result<Json> json_patch(const Resource&, const std::string& ns, const std::string& name, const Json& patch) override;
  Result<void> remove(const Resource&, const std::string& ns, const std::string& name, const std::string& uid) override;

  // The body behind any path ("/version", or a Service's proxy), with an optional query after '?', percent-encoded.
  Result<std::string> get_text(const std::string& path);

  Result<ListPage> list(const Resource&, const Scope&, int limit, const std::string& continuation);
  // Everything in the scope, page by page, apiVersion and kind filled in.
  Result<std::vector<Json>> list_all(const Resource&, const Scope&);
  // Delivers events until the server ends the watch (success) or it fails: Gone or Expired when the version is too
  // old, Timeout after `idle` without a byte, otherwise as above. `on_event` returns false to end it.
  Result<void> watch(const Resource&, const Scope&, const std::string& version, std::chrono::seconds length,
                     Duration idle, std::stop_token stop, const std::function<bool(WatchEvent)>& on_event);

 private:
  Result<std::string> call(Request request);
  Result<Json> call_json(Request request);
  Result<Json> server_side_apply(const Resource&, const Json& object, const std::string& field_manager,
                                 const std::string& subresource);
  void count(const Request& request, const std::string& code) const;
  void log_warnings(const std::vector<std::string>& warnings);

  Transport& transport_;
  const Options options_;
  std::mutex mutex_;
  std::set<std::string> warned_;  // bounded
};

// Cuts a stream of bytes into lines, wherever the pieces were cut.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_line) : max_line_(max_line) {}
  // Calls on_line for each complete, non-empty line until it returns false. Fails with TooLarge.
  Result<bool> feed(std::string_view piece, const std::function<bool(std::string_view)>& on_line);
  // True in the middle of a line: what ends here ended early.
  bool pending() const { return !rest_.empty(); }

 private:
  const std::size_t max_line_;
  std::string rest_;
};

}  // namespace tidegate::kube
