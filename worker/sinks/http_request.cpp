#include "worker/sinks/http_request.h"

#include <openssl/evp.h>

#include <algorithm>

#include "common/base/encoding.h"
#include "common/base/text.h"

namespace tidegate::sinks {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::string_view secret_prefix = "whsec_";

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP ends it with a NUL
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string from_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) return {};
  const auto padding = std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '=');
  out.resize(static_cast<std::size_t>(length - padding));
  return out;
}

}  // namespace

std::size_t end_of_request(std::span<const HttpLine> lines, std::size_t first, std::size_t most) {
  std::size_t bytes = lines[first].json.size() + 1;
  std::size_t end = first + 1;
  while (end < lines.size() && end - first < most) {
    const HttpLine& line = lines[end];
    const HttpLine& before = lines[end - 1];
    bytes += line.json.size() + 1;
    if (line.partition != before.partition || line.offset != before.offset + 1 || bytes > most_bytes) break;
    ++end;
  }
  return end;
}

std::string http_body(std::span<const HttpLine> lines, bool array) {
  std::string body;
  for (const HttpLine& line : lines) {
    if (array) body += body.empty() ? '[' : ',';
    // JSON has raw line ends between its tokens only, where a blank means the same.
    for (const char c : line.json) body += c == '\n' || c == '\r' ? ' ' : c;
    if (!array) body += '\n';
  }
  if (array) body += ']';
  return body;
}

std::string idempotency_key(std::string_view stage, std::string_view topic, std::span<const HttpLine> lines) {
  return sha256_hex(cat(stage, "/", position_of(topic, lines), "/", std::to_string(lines.front().timestamp_ms)));
}

std::string position_of(std::string_view topic, std::span<const HttpLine> lines) {
  return cat(topic, "/", std::to_string(lines.front().partition), "/", std::to_string(lines.front().offset), "-",
             std::to_string(lines.back().offset));
}

std::string webhook_signature(std::string_view secret, std::string_view id, std::int64_t epoch_seconds,
                              std::string_view body) {
  std::string key(secret);
  if (secret.starts_with(secret_prefix)) {
    key = from_base64(secret.substr(secret_prefix.size()));
    if (key.empty()) return {};
  }
  const std::string text = cat(id, ".", std::to_string(epoch_seconds), ".", body);
  return cat("v1,", base64(hmac_sha256(key, text)));
}

HttpVerdict verdict_of(int status) {
  if (status >= 200 && status < 300) return HttpVerdict::accepted;
  if (status == 413) return HttpVerdict::too_large;
  if (status == 400 || status == 422) return HttpVerdict::refused;
  return HttpVerdict::wait;
}

}  // namespace tidegate::sinks
