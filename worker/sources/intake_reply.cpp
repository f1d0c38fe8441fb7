#include "worker/sources/intake_reply.h"

#include "common/base/text.h"

namespace tidegate::sources {

namespace {

constexpr std::size_t most_listed = 100;

// "application/json; charset=utf-8" -> "application/json"
std::string media_type(std::string_view content_type) {
  return lower(trim(content_type.substr(0, content_type.find(';'))));
}

}  // namespace

void Tally::reject(std::size_t line, const Error& error) {
  if (++rejected_ > most_listed) return;
  listed_.push_back(
      Json::object({{"line", static_cast<std::int64_t>(line)}, {"reason", error.reason}, {"message", error.message}}));
}

http::Response Tally::reply() const {
  Json body = Json::object({{"accepted", accepted_}});
  if (rejected_ > 0) {
    body["rejected"] = listed_;
    body["rejectedTotal"] = rejected_;
  }
  http::Response response;
  response.status = rejected_ == 0 ? 200 : accepted_ > 0 ? 207 : 400;
  response.content_type = "application/json";
  response.body = body.dump() + "\n";
  return response;
}

http::Response refusal(int status, const std::string& message, int retry_after) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = Json::object({{"error", message}}).dump() + "\n";
  if (retry_after > 0) response.headers.emplace_back("Retry-After", std::to_string(retry_after));
  return response;
}

std::optional<http::Response> refuse_head(const http::Request& request, codec::Format format) {
  const std::string_view target = request.target;
  if (target.substr(0, target.find('?')) != "/") return refusal(404, "Send records with POST /.");
  if (request.method == "GET") return std::nullopt;
  if (request.method != "POST") {
    http::Response response = refusal(405, "Send records with POST /.");
    response.headers.emplace_back("Allow", "GET, HEAD, POST");
    return response;
  }
  if (!request.content_encoding.empty() && media_type(request.content_encoding) != "identity") {
    return refusal(415, "Content-Encoding is not supported; send the records as they are.");
  }
  const std::string type = media_type(request.content_type);
  if (type.empty()) return std::nullopt;
  if (format.kind != codec::Format::Kind::json) {
    const char* const wanted = format.kind == codec::Format::Kind::csv ? "text/csv" : "text/plain";
    if (type == wanted) return std::nullopt;
    return refusal(415,
                   cat("Content-Type ", type, " is not what this topic takes; send ", wanted, ", a record a line."));
  }
  if (type == "application/x-ndjson" || type == "application/json") return std::nullopt;
  return refusal(
      415, cat("Content-Type ", type,
               " is not supported; send application/x-ndjson (one object a line) or application/json (one object)."));
}

bool is_single_object(const http::Request& request) {
  return media_type(request.content_type) == "application/json";
}

}  // namespace tidegate::sources
