#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "worker/codec/json_text.h"
#include "worker/codec/json_writer.h"
#include "worker/codec/row_reader.h"

using namespace tidegate;
using namespace tidegate::codec;

TEST_CASE("strings are escaped where JSON asks for it and nowhere else") {
  const auto quoted = [](std::string_view text) {
    std::string out;
    append_json_string(text, out);
    return out;
  };
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("plain text of more than eight bytes") == "\"plain text of more than eight bytes\"");
  CHECK(quoted("a\"b\\c\n\t\r\b\f/") == R"("a\"b\\c\n\t\r\b\f/")");
  CHECK(quoted(std::string_view("\0\x01\x1f\x7f", 4)) == "\"\\u0000\\u0001\\u001f\x7f\"");
  CHECK(quoted("Zürich 日本 😀") == "\"Zürich 日本 😀\"");
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string text = std::string(before, 'x') + "\x1b" + std::string(9, 'y');
    CHECK(quoted(text) == "\"" + std::string(before, 'x') + "\\u001b" + std::string(9, 'y') + "\"");
    CHECK(quoted(text) == Json(text).dump());
  }
}

TEST_CASE("a row that was read is written as the same values") {
  const Schema schema =
      *Schema::from_json(*Json::parse(R"json([{"name":"b","type":"BOOLEAN"},{"name":"i","type":"INTEGER"},
    {"name":"l","type":"BIGINT"},{"name":"d","type":"DOUBLE"},{"name":"m","type":"DECIMAL(20,3)"},{"name":"s \"q\"","type":"VARCHAR"},
    {"name":"day","type":"DATE"},{"name":"ts","type":"TIMESTAMP"}])json"));
  RowReader rows(schema);
  const RowWriter writer(schema);
  Bytes out;
  REQUIRE(
      rows.read(
              R"({"b":true,"i":-5,"l":"9223372036854775807","d":1.50,"m":2,"s \"q\"":"ä\n","day":"2013-01-31","ts":"2013-01-31T05:00:00.50Z"})")
          .ok());
  CHECK(writer.append(rows.columns(), 0, out) == std::nullopt);
  CHECK(
      out.view(0, out.size()) ==
      R"({"b":true,"i":-5,"l":9223372036854775807,"d":1.5,"m":2.000,"s \"q\"":"ä\n","day":"2013-01-31","ts":"2013-01-31T05:00:00.5Z"})");
  const std::size_t before = out.size();
  REQUIRE(rows.read("{}").ok());
  CHECK(writer.append(rows.columns(), 0, out) == std::nullopt);
  CHECK(out.view(before, out.size()) ==
        R"({"b":null,"i":null,"l":null,"d":null,"m":null,"s \"q\"":null,"day":null,"ts":null})");
}

TEST_CASE("values that JSON cannot say are reported and nothing is written") {
  const Schema schema =
      *Schema::of({{"ok", {Type::varchar}, false}, {"d", {Type::float64}, false}, {"t", {Type::timestamp}, false}});
  Text ok(std::string_view("x"));
  double number = 0;
  std::int64_t time = 0;
  const Column columns[] = {{&ok, nullptr}, {&number, nullptr}, {&time, nullptr}};
  const RowWriter writer(schema);
  Bytes out;
  CHECK(writer.append(columns, 0, out) == std::nullopt);
  const std::size_t size = out.size();
  for (const double bad :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    number = bad;
    CHECK(writer.append(columns, 0, out) == 1);
  }
  number = 0;
  time = std::numeric_limits<std::int64_t>::max();
  CHECK(writer.append(columns, 0, out) == 2);
  CHECK(out.size() == size);
}
