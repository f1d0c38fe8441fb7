#include "operator/kube/api_error.h"

namespace tidegate::kube {
namespace {

std::string reason_of(std::int64_t code) {
  switch (code) {
    case 400:
      return "BadRequest";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 405:
      return "MethodNotAllowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "RequestEntityTooLarge";
    case 415:
      return "UnsupportedMediaType";
    case 422:
      return "Invalid";
    case 429:
      return "TooManyRequests";
    case 503:
      return "ServiceUnavailable";
    case 504:
      return "Timeout";
    default:
      return code >= 500 ? "InternalError" : "UnexpectedAnswer";
  }
}

}  // namespace

Error status_error(const Json& status) {
  const std::int64_t code = status.at("code").as_int();
  const std::string& reason = status.at("reason").as_string();
  const std::string& message = status.at("message").as_string();
  return {reason.empty() || reason == "Unknown" ? reason_of(code) : reason,
          message.empty() ? "the API server answered " + std::to_string(code) : message};
}

Error response_error(int code, const std::string& body) {
  const auto status = Json::parse(body);
  if (status && status->at("kind").as_string() == "Status") {
    Json complete = *status;
    if (!complete.has("code")) complete["code"] = code;
    return status_error(complete);
  }
  return {reason_of(code), "the API server answered " + std::to_string(code)};
}

bool is_expired(const Error& error) {
  return error.reason == "Gone" || error.reason == "Expired";
}

}  // namespace tidegate::kube
