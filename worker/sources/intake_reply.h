// What the HTTP intake answers (docs/connectors.md, "HTTP intake").
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/http/server.h"
#include "common/json/json.h"
#include "worker/codec/schema.h"

namespace tidegate::sources {

// The fate of the lines of one request.
class Tally {
 public:
  void accept() { ++accepted_; }
  void reject(std::size_t line, const Error& error);
  std::size_t accepted() const { return accepted_; }

  // 200, 207 or 400; to be sent when Kafka has acknowledged what was accepted.
  http::Response reply() const;

 private:
  std::size_t accepted_ = 0;
  std::size_t rejected_ = 0;
  Json::Array listed_;
};

// A plain refusal; `retry_after` seconds, 0 for none.
http::Response refusal(int status, const std::string& message, int retry_after = 0);

// The answer to a request that is refused for its head alone: method, path, content. nullopt: go on.
// `format`: of the records, a line each: JSON objects, or the plain text of csv and text.
std::optional<http::Response> refuse_head(const http::Request& request, codec::Format format = {});

// Whether the body is one JSON object instead of lines.
bool is_single_object(const http::Request& request);

}  // namespace tidegate::sources
