#include "worker/sinks/http_request.h"

#include <doctest/doctest.h>

using namespace tidegate::sinks;

namespace {

std::vector<HttpLine> lines_of(std::initializer_list<std::pair<int, std::int64_t>> places) {
  std::vector<HttpLine> lines;
  for (const auto& [partition, offset] : places) lines.push_back({lines.size(), partition, offset, 1000, "{}"});
  return lines;
}

}  // namespace

TEST_CASE("http_request: a request holds offsets of one partition without a gap") {
  const auto lines = lines_of({{0, 5}, {0, 6}, {0, 8}, {1, 9}, {1, 10}, {1, 11}});
  CHECK(end_of_request(lines, 0, 100) == 2);
  CHECK(end_of_request(lines, 2, 100) == 3);
  CHECK(end_of_request(lines, 3, 100) == 6);
  CHECK(end_of_request(lines, 3, 2) == 5);
}

TEST_CASE("http_request: a request is bounded in bytes but holds at least one record") {
  const std::string large(700'000, ' ');
  std::vector<HttpLine> lines = lines_of({{0, 0}, {0, 1}});
  for (HttpLine& line : lines) line.json = large;
  CHECK(end_of_request(lines, 0, 100) == 1);
  const std::string huge(2'000'000, ' ');
  lines[0].json = huge;
  CHECK(end_of_request(lines, 0, 100) == 1);
}

TEST_CASE("http_request: a record is one line whatever its line ends") {
  std::vector<HttpLine> lines = lines_of({{0, 0}, {0, 1}});
  lines[0].json = "{\r\n\"a\":1}";
  CHECK(http_body(lines, false) == "{  \"a\":1}\n{}\n");
  CHECK(http_body(lines, true) == "[{  \"a\":1},{}]");
}

TEST_CASE("http_request: the key names the records and nothing else") {
  const auto lines = lines_of({{3, 5}, {3, 6}});
  const std::string key = idempotency_key("shop/fraud/hook", "alerts", lines);
  CHECK(key.size() == 64);
  CHECK(key == idempotency_key("shop/fraud/hook", "alerts", lines));
  CHECK(key != idempotency_key("shop/fraud/other", "alerts", lines));
  CHECK(key != idempotency_key("shop/fraud/hook", "payments", lines));
  CHECK(key != idempotency_key("shop/fraud/hook", "alerts", std::span(lines).first(1)));
  auto anew = lines;
  anew[0].timestamp_ms = 2000;  // the same offsets in a topic made anew
  CHECK(key != idempotency_key("shop/fraud/hook", "alerts", anew));
  CHECK(position_of("alerts", lines) == "alerts/3/5-6");
}

TEST_CASE("http_request: signatures are those of Standard Webhooks") {
  // An example of the specification's reference libraries.
  CHECK(webhook_signature("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1731705121,
                          R"({"event_type":"ping","data":{"success":true}})") ==
        "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=");
  CHECK(webhook_signature("plain", "id", 1, "{}") == "v1,yTTW8Qg6igsIG1niV/XYLLnQdSip56u7rxeVX1lHYSk=");
  CHECK(webhook_signature("whsec_no base64!", "id", 1, "{}").empty());
}

TEST_CASE("http_request: only what a record can cause is its fault") {
  for (const int status : {200, 202, 204}) CHECK(verdict_of(status) == HttpVerdict::accepted);
  for (const int status : {400, 422}) CHECK(verdict_of(status) == HttpVerdict::refused);
  CHECK(verdict_of(413) == HttpVerdict::too_large);
  for (const int status : {301, 401, 403, 404, 405, 408, 409, 415, 425, 429, 500, 502, 503, 504}) {
    CHECK(verdict_of(status) == HttpVerdict::wait);
  }
}
