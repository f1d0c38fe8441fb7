#include "worker/sources/intake_reply.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::sources;

namespace {

http::Request post(const std::string& content_type) {
  http::Request request;
  request.method = "POST";
  request.target = "/";
  request.content_type = content_type;
  return request;
}

}  // namespace

TEST_CASE("intake_reply: status and body follow from what was accepted and rejected") {
  Tally tally;
  CHECK(tally.reply().status == 200);
  tally.accept();
  CHECK(tally.reply().body == "{\"accepted\":1}\n");
  tally.reject(3, {"Malformed", "no \"JSON\""});
  CHECK(tally.reply().status == 207);
  CHECK(Json::parse(tally.reply().body).value() ==
        Json::parse(R"({"accepted":1,"rejected":[{"line":3,"reason":"Malformed","message":"no \"JSON\""}],
                        "rejectedTotal":1})")
            .value());
  Tally none;
  none.reject(1, {"Malformed", "x"});
  CHECK(none.reply().status == 400);
}

TEST_CASE("intake_reply: csv and text have content types of their own") {
  const codec::Format csv{codec::Format::Kind::csv, ','};
  const codec::Format text{codec::Format::Kind::text, ','};
  CHECK_FALSE(refuse_head(post("text/csv; charset=utf-8"), csv).has_value());
  CHECK_FALSE(refuse_head(post("text/plain"), text).has_value());
  CHECK_FALSE(refuse_head(post(""), csv).has_value());
  CHECK(refuse_head(post("application/x-ndjson"), csv)->status == 415);
  CHECK(refuse_head(post("text/csv"), text)->body.find("text/plain") != std::string::npos);
  CHECK(refuse_head(post("text/csv"))->status == 415);
}

TEST_CASE("intake_reply: at most a hundred rejections are listed") {
  Tally tally;
  for (std::size_t line = 1; line <= 250; ++line) tally.reject(line, {"Malformed", "x"});
  const Json body = Json::parse(tally.reply().body).value();
  CHECK(body.get("rejected").items().size() == 100);
  CHECK(body.get("rejectedTotal").as_int() == 250);
}

TEST_CASE("intake_reply: heads that cannot be served are refused") {
  for (const char* type : {"", "application/x-ndjson", "Application/JSON; charset=utf-8"}) {
    CAPTURE(type);
    CHECK_FALSE(refuse_head(post(type)).has_value());
  }
  CHECK(refuse_head(post("application/x-www-form-urlencoded"))->status == 415);
  http::Request request = post("application/json");
  request.content_encoding = "gzip";
  CHECK(refuse_head(request)->status == 415);
  request = post("");
  request.target = "/other?x=1";
  CHECK(refuse_head(request)->status == 404);
  request.target = "/?x=1";
  CHECK_FALSE(refuse_head(request).has_value());
  request.method = "PUT";
  CHECK(refuse_head(request)->status == 405);
}

TEST_CASE("intake_reply: only application/json is a single object") {
  CHECK(is_single_object(post("application/json; charset=utf-8")));
  CHECK_FALSE(is_single_object(post("application/x-ndjson")));
  CHECK_FALSE(is_single_object(post("")));
}
