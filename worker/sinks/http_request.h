// What an HTTP sink sends, and what an answer means. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::sinks {

// A record on its way: where it came from and its JSON, on one line.
struct HttpLine {
  std::size_t index = 0;  // of the record in the batch
  int partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::string_view json;
};

// The lines of the request that begins with line `first`: one partition, offsets without a gap (so that line n of a
// request is offset first + n), at most `most` lines and 1 MiB, at least one line. Returns the end.
std::size_t end_of_request(std::span<const HttpLine> lines, std::size_t first, std::size_t most);

// One object a line, or an array of them.
std::string http_body(std::span<const HttpLine> lines, bool array);

// Names what a request holds, the same in every attempt, and nothing else: `stage` is namespace/pipeline/stage. The
// time of the first record is part of it, since the offsets of a topic made anew begin at 0 again. 64 hex digits.
std::string idempotency_key(std::string_view stage, std::string_view topic, std::span<const HttpLine> lines);

// "payments/3/100-199": topic, partition, first and last offset.
std::string position_of(std::string_view topic, std::span<const HttpLine> lines);

// `webhook-signature` of Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec): "v1," and the
// base64 of HMAC-SHA256 over "id.timestamp.body". A secret "whsec_…" is base64, any other is taken as its bytes.
// Empty when a "whsec_…" secret is no base64.
std::string webhook_signature(std::string_view secret, std::string_view id, std::int64_t epoch_seconds,
                              std::string_view body);

enum class HttpVerdict {
  accepted,   // 2xx
  too_large,  // 413: fewer records may pass
  refused,    // 400, 422: a record of it is at fault
  wait,       // anything else passes or needs somebody: overload, a wrong token, a wrong path
};
HttpVerdict verdict_of(int status);

}  // namespace tidegate::sinks
