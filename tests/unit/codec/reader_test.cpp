#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/unit/codec/row_text.h"
#include "worker/codec/json_reader.h"
#include "worker/codec/row_reader.h"

using namespace tidegate;
using namespace tidegate::codec;

namespace {

Schema schema_of(const std::string& fields) {
  auto schema = Schema::from_json(*Json::parse(fields));
  REQUIRE(schema.ok());
  return *schema;
}

const char* const kAll =
    R"json([{"name":"b","type":"BOOLEAN"},{"name":"i","type":"INTEGER"},{"name":"l","type":"BIGINT"},
  {"name":"d","type":"DOUBLE"},{"name":"m","type":"DECIMAL(20,3)"},{"name":"s","type":"VARCHAR","required":true},
  {"name":"day","type":"DATE"},{"name":"ts","type":"TIMESTAMP"},{"name":"c","type":"DECIMAL(4,2)"}])json";

}  // namespace

TEST_CASE("every type is read from its JSON form") {
  RowReader rows(schema_of(kAll));
  CHECK(
      read(
          rows,
          R"({"b":true,"i":-5,"l":9223372036854775807,"d":1.5,"m":12.25,"s":"x","day":"2013-01-31","ts":"2013-01-31T05:00:00+01:00","c":1.2})") ==
      "true|-5|9223372036854775807|1.5|12.250|x|2013-01-31|2013-01-31T04:00:00Z|1.20");
  CHECK(read(rows, R"( { "s" : "a\tb\u00e4\ud83d\ude00\/" , "l":"-7", "m":"99999999999999999.999", "b" : false } )") ==
        "false|NULL|-7|NULL|99999999999999999.999|a\tbä😀/|NULL|NULL|NULL");
  CHECK(read(rows, R"({"s":"","i":null,"d":null})") == "NULL|NULL|NULL|NULL|NULL||NULL|NULL|NULL");
}

TEST_CASE("long texts survive - also behind escapes") {
  RowReader rows(schema_of(R"([{"name":"s","type":"VARCHAR"}])"));
  const std::string text(5000, 'x');
  CHECK(read(rows, R"({"s":")" + text + R"(\n"})") == text + "\n");
  CHECK(read(rows, R"({"s":"twelve bytes"})") == "twelve bytes");
  CHECK(read(rows, R"({"s":"thirteen byte"})") == "thirteen byte");
}

TEST_CASE("the last of repeated keys counts and undeclared fields are ignored") {
  RowReader rows(schema_of(R"([{"name":"a","type":"INTEGER"},{"name":"s","type":"VARCHAR"}])"));
  CHECK(read(rows, R"({"a":1,"x":{"a":9,"y":[1,{"z":"}"}]},"s":"q","a":2})") == "2|q");
  CHECK(read(rows, R"({"a":1,"a":null})") == "NULL|NULL");
  CHECK(read(rows, R"({"a":null,"a":3})") == "3|NULL");
  CHECK(read(rows, R"({"\u0061":4})") == "4|NULL");
  CHECK(read(rows, "{}") == "NULL|NULL");
}

TEST_CASE("key order may change from record to record") {
  RowReader rows(schema_of(R"([{"name":"a","type":"INTEGER"},{"name":"b","type":"INTEGER"}])"));
  for (int i = 0; i < 3; ++i) {
    CHECK(read(rows, R"({"a":1,"b":2})") == "1|2");
    CHECK(read(rows, R"({"b":3,"a":4})") == "4|3");
    CHECK(read(rows, R"({"c":0,"b":5})") == "NULL|5");
  }
}

TEST_CASE("wrong types name the field and what was found") {
  RowReader rows(schema_of(kAll));
  const std::vector<std::string> wrong = {R"({"s":"x","b":1})",
                                          R"({"s":"x","b":"true"})",
                                          R"({"s":"x","i":"1"})",
                                          R"({"s":"x","i":1.5})",
                                          R"({"s":"x","i":2147483648})",
                                          R"({"s":"x","l":1e30})",
                                          R"({"s":"x","l":"abc"})",
                                          R"({"s":"x","d":"1"})",
                                          R"({"s":"x","d":1e999})",
                                          R"({"s":"x","m":1.0001})",
                                          R"({"s":"x","c":100})",
                                          R"({"s":1})",
                                          R"({"s":{"a":1}})",
                                          R"({"s":["a"]})",
                                          R"({"s":true})",
                                          R"({"s":"x","day":"2013-02-30"})",
                                          R"({"s":"x","day":15000})",
                                          R"({"s":"x","ts":"yesterday"})",
                                          R"({"s":"x","ts":1359608400})",
                                          R"({"s":"x","i":{}})",
                                          R"({"s":"x","i":true})"};
  for (const std::string& record : wrong) {
    CAPTURE(record);
    CHECK(reason(rows, record) == "WrongType");
  }
  CHECK(read(rows, R"({"s":"x","i":"seven"})") ==
        "WrongType: field \"i\" of type INTEGER must be an integer from -2147483648 to 2147483647, not \"seven\"");
  CHECK(read(rows, R"({"s":{"a":1}})").find("not an object") != std::string::npos);
}

TEST_CASE("required fields must be there") {
  RowReader rows(schema_of(kAll));
  CHECK(read(rows, R"({"i":1})") == "MissingField: field \"s\" is required but missing");
  CHECK(read(rows, R"({"s":null})") == "MissingField: field \"s\" is required but null");
}

TEST_CASE("what is not JSON is malformed - undeclared parts included") {
  RowReader rows(schema_of(R"([{"name":"a","type":"INTEGER"},{"name":"s","type":"VARCHAR"}])"));
  std::vector<std::string> bad = {"",
                                  " ",
                                  "x",
                                  "{",
                                  "}",
                                  "{}}",
                                  "{} {}",
                                  "[]",
                                  "1",
                                  "null",
                                  "\"a\"",
                                  "{\"a\":1",
                                  "{\"a\":1,}",
                                  "{\"a\" 1}",
                                  "{\"a\":}",
                                  "{,}",
                                  "{a:1}",
                                  "{'a':1}",
                                  "{\"a\":01}",
                                  "{\"a\":1x}",
                                  "{\"a\":tru}",
                                  "{\"a\":nul}",
                                  "{\"s\":\"\\x\"}",
                                  "{\"s\":\"\\ud800\"}",
                                  "{\"s\":\"\\u12\"}",
                                  "{\"s\":\"open}",
                                  "{\"s\":\"tab\there\"}",
                                  "{\"s\":\"\xff\"}",
                                  "{\"x\":tru}",
                                  "{\"x\":[1,2}",
                                  "{\"x\":[1 2]}",
                                  "{\"x\":{\"y\"}}",
                                  "{\"x\":\"\\q\"}",
                                  "{\"x\":1.}",
                                  "{\"x\":}",
                                  "{\"a\":1 \"s\":\"x\"}",
                                  "{\"a\":1}trailing",
                                  "{\"x\":[1,]}",
                                  "{1:2}",
                                  "{\"a\":1,\"a\"}",
                                  "{\"x\":\"a\"\"b\"}",
                                  "{\"x\":1\"a\"}",
                                  "\xef\xbb\xbf{}",
                                  std::string("{\"a\":1}\0", 8),
                                  std::string("{\"a\":\0}", 7),
                                  "{\"a\":-}",
                                  "{\"x\":+1}",
                                  "{\"x\":NaN}",
                                  "{\"x\":\"a\"b}"};
  bad.push_back("{\"x\":" + std::string(300, '[') + std::string(300, ']') + "}");
  for (const std::string& record : bad) {
    CAPTURE(record);
    CHECK(reason(rows, record) == "Malformed");
  }
  CHECK(read(rows, "{\"a\":1,}") == "Malformed: the record is not JSON: unexpected } at byte 7");
  CHECK(reason(rows, "{\"x\":" + std::string(200, '[') + std::string(200, ']') + "}") == "NULL|NULL");
}

TEST_CASE("oversized records are refused without being read") {
  RowReader rows(schema_of(R"([{"name":"s","type":"VARCHAR"}])"));
  CHECK(reason(rows, std::string(kMaxRecordBytes + 1, 'x')) == "Oversized");
  const std::string head = R"({"s":")";
  const std::string text(kMaxRecordBytes - head.size() - 2, 'y');
  CHECK(read(rows, head + text + "\"}") == text);
}

TEST_CASE("a failed record leaves no trace in the next") {
  RowReader rows(schema_of(R"([{"name":"a","type":"INTEGER","required":true},{"name":"s","type":"VARCHAR"}])"));
  CHECK(reason(rows, R"({"a":1,"s":5})") == "WrongType");
  CHECK(reason(rows, R"({"s":"x"})") == "MissingField");
  CHECK(read(rows, R"({"a":2})") == "2|NULL");
}

TEST_CASE("cutting and flipping bytes of records never breaks the reader") {
  RowReader rows(schema_of(kAll));
  const std::string good =
      R"({"b":true,"i":-5,"l":"12","d":1.5e3,"x":{"y":[1,"\n",null]},"s":"a\u00e4\\","day":"2013-01-31","c":1.2})";
  std::mt19937 random(11);
  for (std::size_t cut = 0; cut < good.size(); ++cut) CHECK_FALSE(rows.read(good.substr(0, cut)).ok());
  for (int i = 0; i < 20000; ++i) {
    std::string record = good;
    for (int flips = 0; flips < 2; ++flips) record[random() % record.size()] = static_cast<char>(random() % 256);
    if (rows.read(record).ok()) continue;
    REQUIRE(rows.read(good).ok());
  }
}

TEST_CASE("several rows of one batch keep their texts") {
  const Schema schema = schema_of(R"([{"name":"s","type":"VARCHAR"},{"name":"skipped","type":"INTEGER"}])");
  JsonReader reader(schema);
  const std::vector<std::string> records = {R"({"s":"a long text, the first"})", R"({"s":"a long text,\n the second"})",
                                            R"({"s":null})"};
  std::size_t bytes = 0;
  for (const auto& record : records) bytes += record.size();
  Text texts[3];
  std::uint64_t validity[2] = {0, 0};
  const Column columns[2] = {{texts, &validity[0]}, {nullptr, &validity[1]}};
  reader.begin(bytes);
  for (std::size_t i = 0; i < records.size(); ++i) REQUIRE(reader.read(records[i], columns, i).ok());
  CHECK(texts[0].view() == "a long text, the first");
  CHECK(texts[1].view() == "a long text,\n the second");
  CHECK(validity[0] == 3);
}
