#include "worker/sinks/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <ctime>

#include "common/base/text.h"

namespace tidegate::sinks {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string hmac(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest, &length);
  return {reinterpret_cast<const char*>(digest), length};
}

std::string hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    out += digits[value / 16];
    out += digits[value % 16];
  }
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string aws_encode(std::string_view text, bool keep_slash) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      out += c;
      continue;
    }
    const auto value = static_cast<unsigned char>(c);
    out += '%';
    out += digits[value / 16];
    out += digits[value % 16];
  }
  return out;
}

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
      hmac(hmac(hmac(hmac(cat("AWS4", credentials.secret_access_key), day), region), "s3"), "aws4_request");
  request.headers["authorization"] = cat(algorithm, " Credential=", credentials.access_key_id, "/", scope,
                                         ",SignedHeaders=", names, ",Signature=", hex(hmac(key, to_sign)));
}

}  // namespace tidegate::sinks
