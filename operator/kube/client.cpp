#include "operator/kube/client.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"
#include "operator/kube/api_error.h"
#include "operator/kube/paths.h"

namespace tidegate::kube {
namespace {

constexpr std::size_t kMaxLine = 16U << 20;
constexpr std::size_t kMaxWarnings = 1000;
constexpr int kPage = 100;

const std::string& namespace_of(const Json& object) {
  return object.at("metadata/namespace").as_string();
}
const std::string& name_of(const Json& object) {
  return object.at("metadata/name").as_string();
}

// What is being attempted, for error messages: "get pods shop/x", "list pods shop".
std::string attempt(std::string_view verb, const Resource& resource, const std::string& ns, const std::string& name) {
  std::string out = cat(verb, " ", resource.plural);
  if (!ns.empty()) out += " " + ns;
  if (!name.empty()) out += (ns.empty() ? " " : "/") + name;
  return out;
}

template <typename T>
Result<T> with_context(Result<T> result, const std::string& attempted) {
  if (result) return result;
  return std::move(result).error().context(attempted);
}

}  // namespace

Result<Json> Client::get(const Resource& resource, const std::string& ns, const std::string& name) {
  Request request;
  request.path = object_path(resource, ns, name);
  request.repeatable = true;
  return with_context(call_json(std::move(request)), attempt("get", resource, ns, name));
}

Result<Json> Client::server_side_apply(const Resource& resource, const Json& object, const std::string& field_manager,
                                       const std::string& subresource) {
  Request request;
  request.method = "PATCH";
  request.path = object_path(resource, namespace_of(object), name_of(object), subresource);
  request.query = {
      {"fieldManager", field_manager}, {"force", "true"}, {"fieldValidation", options_.strict ? "Strict" : "Warn"}};
  request.body = object.dump();
  request.content_type = "application/apply-patch+yaml";  // JSON is YAML
  request.repeatable = true;
  const std::string verb = subresource.empty() ? "apply" : "apply " + subresource + " of";
  return with_context(call_json(std::move(request)), attempt(verb, resource, namespace_of(object), name_of(object)));
}

Result<Json> Client::apply(const Resource& resource, const Json& object, const std::string& field_manager) {
  return server_side_apply(resource, object, field_manager, "");
}

Result<Json> Client::apply_status(const Resource& resource, const Json& object, const std::string& field_manager) {
  return server_side_apply(resource, object, field_manager, "status");
}

Result<Json> Client::create(const Resource& resource, const Json& object) {
  Request request;
  request.method = "POST";
  request.path = object_path(resource, namespace_of(object));
  request.query = {{"fieldValidation", options_.strict ? "Strict" : "Warn"}};
  request.body = object.dump();
  return with_context(call_json(std::move(request)),
                      attempt("create", resource, namespace_of(object), name_of(object)));
}

Result<Json> Client::replace(const Resource& resource, const Json& object) {
  if (!object.has("metadata/resourceVersion")) {
    return Error{"Invalid", attempt("replace", resource, namespace_of(object), name_of(object)) +
                                ": metadata.resourceVersion is missing"};
  }
  Request request;
  request.method = "PUT";
  request.path = object_path(resource, namespace_of(object), name_of(object));
  request.query = {{"fieldValidation", options_.strict ? "Strict" : "Warn"}};
  request.body = object.dump();
  return with_context(call_json(std::move(request)),
                      attempt("replace", resource, namespace_of(object), name_of(object)));
}

Result<Json> Client::json_patch(const Resource& resource, const std::string& ns, const std::string& name,
                                const Json& patch) {
  Request request;
  request.method = "PATCH";
  request.path = object_path(resource, ns, name);
  request.body = patch.dump();
  request.content_type = "application/json-patch+json";
  return with_context(call_json(std::move(request)), attempt("patch", resource, ns, name));
}

Result<void> Client::remove(const Resource& resource, const std::string& ns, const std::string& name,
                            const std::string& uid) {
  Request request;
  request.method = "DELETE";
  request.path = object_path(resource, ns, name);
  request.body = Json::object({{"apiVersion", "v1"},
                               {"kind", "DeleteOptions"},
                               {"preconditions", Json::object({{"uid", uid}})},
                               {"propagationPolicy", "Background"}})
                     .dump();
  const auto answer = with_context(call(std::move(request)), attempt("delete", resource, ns, name));
  if (answer || answer.error().reason == "NotFound") return {};
  return answer.error();
}

Result<std::string> Client::get_text(const std::string& path) {
  Request request;
  request.path = path;
  request.repeatable = true;
  return with_context(call(std::move(request)), "get " + path);
}

Result<ListPage> Client::list(const Resource& resource, const Scope& scope, int limit,
                              const std::string& continuation) {
  Request request;
  request.path = object_path(resource, scope.ns);
  request.query = {{"limit", std::to_string(limit)}};
  if (!scope.label_selector.empty()) request.query.emplace_back("labelSelector", scope.label_selector);
  if (!continuation.empty()) request.query.emplace_back("continue", continuation);
  request.repeatable = true;
  auto answer = with_context(call_json(std::move(request)), attempt("list", resource, scope.ns, ""));
  if (!answer) return std::move(answer).error();
  ListPage page{std::move(*answer)};
  if (page.version().empty()) return Error{"UnexpectedAnswer", "list " + resource.plural + ": no resourceVersion"};
  return page;
}

Result<std::vector<Json>> Client::list_all(const Resource& resource, const Scope& scope) {
  std::vector<Json> items;
  std::string continuation;
  do {
    auto page = list(resource, scope, kPage, continuation);
    if (!page) return std::move(page).error();
    for (const Json& item : page->items()) {
      items.push_back(item);
      items.back()["apiVersion"] = resource.api_version();
      items.back()["kind"] = resource.kind;
    }
    continuation = page->continuation();
  } while (!continuation.empty());
  return items;
}

Result<void> Client::watch(const Resource& resource, const Scope& scope, const std::string& version,
                           std::chrono::seconds length, Duration idle, std::stop_token stop,
                           const std::function<bool(WatchEvent)>& on_event) {
  Request request;
  request.path = object_path(resource, scope.ns);
  request.query = {{"watch", "1"},
                   {"allowWatchBookmarks", "true"},
                   {"resourceVersion", version},
                   {"timeoutSeconds", std::to_string(length.count())}};
  if (!scope.label_selector.empty()) request.query.emplace_back("labelSelector", scope.label_selector);
  request.deadline = options_.deadline;

  Result<void> outcome;
  LineSplitter lines(kMaxLine);
  const auto on_line = [&](std::string_view line) {
    auto event = Json::parse(line);
    if (!event || !event->at("type").is_string() || !event->at("object").is_object()) {
      outcome = Error{"UnexpectedAnswer", "a line is no watch event"};
      return false;
    }
    if (event->at("type").as_string() == "ERROR") {  // how a watch fails after its 200; the server sends no more
      outcome = status_error(event->at("object"));
      return false;
    }
    WatchEvent out{event->at("type").as_string(), {}};
    out.object = std::move((*event)["object"]);
    return on_event(std::move(out));
  };
  const auto response = transport_.stream(request, idle, stop, [&](std::string_view piece) {
    const auto more = lines.feed(piece, on_line);
    if (!more) outcome = more.error();
    return more && *more;
  });
  count(request, response ? std::to_string(response->status) : "<error>");
  if (response) log_warnings(response->warnings);
  if (!response) {
    outcome = response.error();
  } else if (response->status != 200) {
    outcome = response_error(response->status, response->body);
  } else if (outcome && lines.pending()) {
    outcome = Error{"Unreachable", "the stream ended within a line"};
  }
  return with_context(std::move(outcome), attempt("watch", resource, scope.ns, ""));
}

Result<Json> Client::call_json(Request request) {
  auto body = call(std::move(request));
  if (!body) return std::move(body).error();
  auto json = Json::parse(*body);
  if (!json || !json->is_object())
    return Error{"UnexpectedAnswer", "the API server answered something other than JSON"};
  return json;
}

// A server that asks to come back later has done nothing yet: wait and repeat while the deadline allows.
Result<std::string> Client::call(Request request) {
  const SteadyTime until = options_.clock.steady() + options_.deadline;
  for (;;) {
    const auto left = std::chrono::duration_cast<Duration>(until - options_.clock.steady());
    request.deadline = std::max(left, Duration(1));
    auto response = transport_.send(request, options_.stop);
    count(request, response ? std::to_string(response->status) : "<error>");
    if (!response) return std::move(response).error();
    log_warnings(response->warnings);
    if (response->status >= 200 && response->status < 300) return std::move(response->body);
    const bool later = response->status == 429 || (response->status >= 500 && request.repeatable);
    const bool fits = response->retry_after && options_.clock.steady() + *response->retry_after < until;
    if (!later || !fits) return response_error(response->status, response->body);
    if (!options_.sleep(*response->retry_after, options_.stop)) return Error{"Canceled", "canceled"};
  }
}

void Client::count(const Request& request, const std::string& code) const {
  if (!options_.metrics) return;
  options_.metrics->counter("rest_client_requests_total", {{"code", code}, {"method", request.method}}).add();
}

void Client::log_warnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    const std::lock_guard lock(mutex_);
    if (warned_.size() >= kMaxWarnings || !warned_.insert(warning).second) continue;
    log::warn("the API server warns", {{"warning", warning}});
  }
}

Result<bool> LineSplitter::feed(std::string_view piece, const std::function<bool(std::string_view)>& on_line) {
  std::size_t from = 0;
  for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n', from)) {
    std::string_view line = piece.substr(from, end - from);
    std::string joined;
    if (!rest_.empty()) {
      joined = std::move(rest_).append(line);
      rest_.clear();
      line = joined;
    }
    from = end + 1;
    if (!line.empty() && line != "\r" && !on_line(line)) return false;
  }
  rest_.append(piece.substr(from));
  if (rest_.size() > max_line_) return Error{"TooLarge", "a line exceeds " + std::to_string(max_line_) + " bytes"};
  return true;
}

}  // namespace tidegate::kube
