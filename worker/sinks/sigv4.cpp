#include "worker/sinks/sigv4.h"

#include <ctime>

#include "common/base/encoding.h"
#include "common/base/text.h"

namespace tidegate::sinks {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

}  // namespace

std::string query_text(const AwsRequest& request) {
  std::string out;
  for (const auto& [name, value] : request.query) out += cat(out.empty() ? "" : "&", name, "=", value);
  return out;
}

std::string aws_time(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[sizeof "20130524T000000Z"];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

void sign(AwsRequest& request, const AwsCredentials& credentials, const std::string& region, WallTime now) {
  const std::string time = aws_time(now);
  const std::string day = time.substr(0, time.find('T'));
  request.headers["x-amz-date"] = time;
  request.headers["x-amz-content-sha256"] = request.payload_sha256;

  std::string headers;
  std::string names;
  for (const auto& [name, value] : request.headers) {
    headers += cat(name, ":", trim(value), "\n");
    names += cat(names.empty() ? "" : ";", name);
  }
  const std::string canonical = cat(request.method, "\n", request.path, "\n", query_text(request), "\n", headers, "\n",
                                    names, "\n", request.payload_sha256);
  const std::string scope = cat(day, "/", region, "/s3/aws4_request");
  const std::string to_sign = cat(algorithm, "\n", time, "\n", scope, "\n", sha256_hex(canonical));
  const std::string key =
      hmac_sha256(hmac_sha256(hmac_sha256(hmac_sha256(cat("AWS4", credentials.secret_access_key), day), region), "s3"),
                  "aws4_request");
  request.headers["authorization"] = cat(algorithm, " Credential=", credentials.access_key_id, "/", scope,
                                         ",SignedHeaders=", names, ",Signature=", to_hex(hmac_sha256(key, to_sign)));
}

}  // namespace tidegate::sinks
