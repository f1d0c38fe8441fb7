#include "worker/codec/key.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "worker/codec/row_reader.h"

using namespace tidegate;
using namespace tidegate::codec;

namespace {

const char* const kFields =
    R"json([{"name":"card","type":"VARCHAR"},{"name":"n","type":"BIGINT"},{"name":"m","type":"DECIMAL(8,2)"},
  {"name":"d","type":"DOUBLE"},{"name":"b","type":"BOOLEAN"},{"name":"day","type":"DATE"},{"name":"ts","type":"TIMESTAMP"}])json";

std::optional<std::string> key_of(const std::vector<std::string>& key, const std::string& record) {
  RowReader rows(*Schema::from_json(*Json::parse(kFields)));
  const auto encoder = KeyEncoder::of(rows.schema(), key);
  REQUIRE(encoder.ok());
  REQUIRE(rows.read(record).ok());
  std::string out;
  if (!encoder->append(rows.columns(), 0, out)) return std::nullopt;
  return out;
}

}  // namespace

TEST_CASE("key bytes are canonical: test vectors") {
  CHECK(key_of({"card"}, R"({"card":"4711"})") == "4711");
  CHECK(key_of({"card"}, R"({"card":"a\"\u00e4\n"})") == "a\"ä\n");
  CHECK(key_of({"card"}, R"({"card":""})") == "");
  CHECK(key_of({"n"}, R"({"n":42})") == R"({"n":42})");
  CHECK(key_of({"n"}, R"({"n":"42"})") == R"({"n":42})");
  CHECK(key_of({"card", "n"}, R"({"n":1,"card":"a\"b"})") == R"({"card":"a\"b","n":1})");
  CHECK(key_of({"n", "card"}, R"({"n":1,"card":"x"})") == R"({"n":1,"card":"x"})");
  CHECK(key_of({"card", "n"}, R"({"n":1})") == R"({"card":null,"n":1})");
  CHECK(key_of({"m", "d", "b"}, R"({"m":1.5,"d":2.0,"b":false})") == R"({"m":1.50,"d":2,"b":false})");
  CHECK(key_of({"day", "ts"}, R"({"day":"2013-01-31","ts":"2013-01-31T06:00:00+01:00"})") ==
        R"({"day":"2013-01-31","ts":"2013-01-31T05:00:00Z"})");
}

TEST_CASE("no key when all its fields are null") {
  CHECK(key_of({"card"}, "{}") == std::nullopt);
  CHECK(key_of({"n"}, R"({"n":null})") == std::nullopt);
  CHECK(key_of({"card", "n"}, R"({"card":null})") == std::nullopt);
  CHECK(key_of({}, R"({"card":"x"})") == std::nullopt);
}

TEST_CASE("an unknown key field is refused with those there are") {
  const auto encoder = KeyEncoder::of(*Schema::from_json(*Json::parse(kFields)), {"cart"});
  REQUIRE_FALSE(encoder.ok());
  CHECK(encoder.error().reason == "InvalidKey");
  CHECK(encoder.error().message.find("\"cart\"") != std::string::npos);
  CHECK(encoder.error().message.find("card, n") != std::string::npos);
}
