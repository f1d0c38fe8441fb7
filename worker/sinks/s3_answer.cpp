#include "worker/sinks/s3_answer.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::sinks {
namespace {

// The texts of all elements of that name.
std::vector<std::string> elements(std::string_view xml, std::string_view name) {
  const std::string open = cat("<", name, ">");
  const std::string close = cat("</", name, ">");
  std::vector<std::string> found;
  for (std::size_t at = 0; (at = xml.find(open, at)) != std::string_view::npos;) {
    at += open.size();
    const std::size_t end = xml.find(close, at);
    if (end == std::string_view::npos) break;
    found.emplace_back(xml.substr(at, end - at));
    at = end;
  }
  return found;
}

struct Remedy {
  std::string_view code;
  std::string_view words;
};

// Codes of "Error Responses", Amazon S3 API Reference.
constexpr Remedy remedies[] = {
    {"AccessDenied", "the access key may not list or write there; give it s3:ListBucket and s3:PutObject"},
    {"AuthorizationHeaderMalformed", "correct s3.region"},
    {"BadDigest", "the object was changed on its way"},
    {"InvalidAccessKeyId", "the endpoint does not know the access key; correct the Secret of accessKeyIdSecretRef"},
    {"NoSuchBucket", "create the bucket, or correct s3.bucket"},
    {"PermanentRedirect", "the bucket is elsewhere; correct s3.endpoint and s3.region"},
    {"RequestTimeTooSkewed", "the clock of this node differs from that of the endpoint"},
    {"SignatureDoesNotMatch", "correct the Secret of secretAccessKeySecretRef, or s3.region"},
};

}  // namespace

std::vector<std::string> keys_of(std::string_view xml) {
  return elements(xml, "Key");
}

std::string s3_problem(int status, std::string_view body, const std::string& bucket) {
  const std::vector<std::string> codes = elements(body, "Code");
  const std::string code = codes.empty() ? "" : codes.front();
  const std::string what = cat(std::to_string(status), code.empty() ? "" : " ", code, " for bucket ", bucket);
  const auto* const known =
      std::find_if(std::begin(remedies), std::end(remedies), [&](const Remedy& remedy) { return remedy.code == code; });
  if (known != std::end(remedies)) return cat(what, ": ", std::string(known->words));
  const std::vector<std::string> messages = elements(body, "Message");
  return messages.empty() ? what : cat(what, ": ", messages.front());
}

}  // namespace tidegate::sinks
