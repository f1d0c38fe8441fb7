#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/codec/row_text.h"
#include "worker/codec/kafka_metadata.h"
#include "worker/codec/row_reader.h"

using namespace tidegate;
using namespace tidegate::codec;

namespace {

RowReader reader_of(const std::string& fields, const std::string& format = "{}") {
  auto schema = Schema::from_json(*Json::parse(fields), *Json::parse(format));
  REQUIRE_MESSAGE(schema.ok(), schema.error().message);
  return RowReader(*schema);
}

std::string problem_of(const std::string& fields, const std::string& format = "{}") {
  const auto schema = Schema::from_json(*Json::parse(fields), *Json::parse(format));
  if (schema) return "";
  CHECK(schema.error().reason == "InvalidSchema");
  return schema.error().message;
}

}  // namespace

TEST_CASE("a path leads into nested objects") {
  RowReader rows = reader_of(R"([{"name":"id","type":"BIGINT","required":true},
    {"name":"city","type":"VARCHAR","path":"address.city"},{"name":"zip","type":"INTEGER","path":"address.post.zip"},
    {"name":"user_id","type":"VARCHAR","path":"user-id"}])");
  CHECK(read(rows, R"({"id":1,"address":{"x":[{}],"post":{"zip":7,"y":1},"city":"K\u00f6ln"},"user-id":"u"})") ==
        "1|Köln|7|u");
  CHECK(read(rows, R"({"user-id":"v","address":{"city":"a","post":{"zip":8}},"id":2})") == "2|a|8|v");
  CHECK(read(rows, R"({"id":3})") == "3|NULL|NULL|NULL");
  CHECK(read(rows, R"({"id":3,"address":null})") == "3|NULL|NULL|NULL");
  CHECK(read(rows, R"({"id":3,"address":{}})") == "3|NULL|NULL|NULL");
  CHECK(read(rows, R"({"id":3,"address":{"post":null,"city":null}})") == "3|NULL|NULL|NULL");
  // A key of the same name elsewhere is another one.
  CHECK(read(rows, R"({"id":4,"city":"no","zip":1,"post":{"zip":2},"x":{"address":{"city":"no"}}})") ==
        "4|NULL|NULL|NULL");
  CHECK(read(rows, R"({"id":5,"address":7})") ==
        R"(WrongType: field "city" is read from "address", which must be an object, not 7)");
  CHECK(rows.summary() == "city: address must be an object, found a number");
  CHECK(reason(rows, R"({"id":5,"address":[]})") == "WrongType");
  CHECK(reason(rows, R"({"id":5,"address":{"city":{}}})") == "WrongType");
}

TEST_CASE("of a nested object given twice the last one counts") {
  RowReader rows =
      reader_of(R"([{"name":"b","type":"INTEGER","path":"a.b"},{"name":"c","type":"INTEGER","path":"a.c"}])");
  CHECK(read(rows, R"({"a":{"b":1},"a":{"c":2}})") == "NULL|2");
  CHECK(read(rows, R"({"a":{"b":1,"c":2},"a":null})") == "NULL|NULL");
  CHECK(read(rows, R"({"a":{"b":1,"b":3},"z":0})") == "3|NULL");
  CHECK(read(rows, R"({"a":{"b":1,"c":2},"a":{"b":3,"c":4}})") == "3|4");
}

TEST_CASE("a nested field can be required") {
  RowReader rows = reader_of(R"([{"name":"b","type":"INTEGER","path":"a.b","required":true}])");
  CHECK(read(rows, R"({"a":{"b":1}})") == "1");
  CHECK(read(rows, R"({"a":{}})") == R"(MissingField: field "b" is required but missing)");
  CHECK(reason(rows, R"({"a":null})") == "MissingField");
  CHECK(reason(rows, R"({"a":{"b":1},"a":{}})") == "MissingField");
}

TEST_CASE("hostile nesting is malformed and never more") {
  RowReader rows = reader_of(R"([{"name":"x","type":"INTEGER","path":"a.a.a.a.a.a.a.a"},{"name":"j","type":"JSON"}])");
  std::string deep;
  for (int i = 0; i < 8; ++i) deep += R"({"a":)";
  CHECK(read(rows, deep + "1" + std::string(8, '}')) == "1|NULL");
  CHECK(reason(rows, deep + "1" + std::string(7, '}')) == "Malformed");
  CHECK(reason(rows, deep) == "Malformed");
  std::string deeper;
  for (int i = 0; i < 5000; ++i) deeper += R"({"a":)";
  CHECK(reason(rows, deeper + "1" + std::string(5000, '}')) == "WrongType");  // an object where the INTEGER is
  CHECK(reason(rows, R"({"j":)" + std::string(5000, '[') + std::string(5000, ']') + "}") == "Malformed");
  for (const char* broken : {R"({"a":{"a":)", R"({"a":{"a"})", R"({"a":{"a":{},}})", R"({"a":{]})", R"({"a":tru})",
                             R"({"a":nul})", R"({"a":{"\ud800":1}})", R"({"j":[1,})", R"({"j":"\x"})", R"({"j":nope})",
                             R"({"j":})", R"({"a":{"a":{}}} {})", R"({"j":1)"}) {
    CAPTURE(broken);
    CHECK(reason(rows, broken) == "Malformed");
  }
}

TEST_CASE("a JSON field keeps any value byte for byte") {
  RowReader rows = reader_of(R"([{"name":"j","type":"JSON"},{"name":"b","type":"INTEGER","path":"a.b"}])");
  CHECK(read(rows, R"({"j": { "x" : [1.50, "\u00e4\"", 12345678901234567890] } ,"a":{"b":1}})") ==
        R"({ "x" : [1.50, "\u00e4\"", 12345678901234567890] }|1)");
  CHECK(read(rows, R"({"j":"text"})") == R"("text"|NULL)");
  CHECK(read(rows, "{\"j\":1e2 }") == "1e2|NULL");
  CHECK(read(rows, R"({"j":[]})") == "[]|NULL");
  CHECK(read(rows, R"({"j":null})") == "NULL|NULL");
  CHECK(read(rows, R"({"j":{"a":1},"j":false})") == "false|NULL");
}

TEST_CASE("a TIMESTAMP with a unit is an exact number") {
  RowReader rows =
      reader_of(R"([{"name":"s","type":"TIMESTAMP","unit":"s"},{"name":"ms","type":"TIMESTAMP","unit":"ms"},
    {"name":"us","type":"TIMESTAMP","unit":"us"}])");
  CHECK(read(rows, R"({"s":1359608400,"ms":1359608400123,"us":1359608400123456})") ==
        "2013-01-31T05:00:00Z|2013-01-31T05:00:00.123Z|2013-01-31T05:00:00.123456Z");
  CHECK(read(rows, R"({"s":"1359608400","ms":"-1","us":0})") ==
        "2013-01-31T05:00:00Z|1969-12-31T23:59:59.999Z|1970-01-01T00:00:00Z");
  CHECK(read(rows, R"({"s":1359608400.25,"ms":1.359608400123e12,"us":null})") ==
        "2013-01-31T05:00:00.25Z|2013-01-31T05:00:00.123Z|NULL");
  CHECK(read(rows, R"({"s":253402300799,"ms":253402300799999,"us":-62135596800000000})") ==
        "9999-12-31T23:59:59Z|9999-12-31T23:59:59.999Z|0001-01-01T00:00:00Z");
  for (const char* wrong :
       {R"({"s":253402300800})", R"({"us":-62135596800000001})", R"({"us":1.5})", R"({"ms":1.0001})",
        R"({"s":0.0000001})", R"({"s":"2013-01-31T05:00:00Z"})", R"({"s":true})", R"({"s":1e30})",
        R"({"s":99999999999999999999999999999999999999})", R"({"s":"0x10"})", R"({"s":""})"}) {
    CAPTURE(wrong);
    CHECK(reason(rows, wrong) == "WrongType");
  }
}

TEST_CASE("big integers are exact in a DECIMAL") {
  RowReader rows = reader_of(R"json([{"name":"n","type":"DECIMAL(38,0)"}])json");
  CHECK(read(rows, R"({"n":99999999999999999999999999999999999999})") == "99999999999999999999999999999999999999");
  CHECK(read(rows, R"({"n":"-170141183460469231731687303715884105"})") == "-170141183460469231731687303715884105");
  CHECK(reason(rows, R"({"n":100000000000000000000000000000000000000})") == "WrongType");
}

TEST_CASE("csv is read by RFC 4180") {
  RowReader rows = reader_of(R"json([{"name":"id","type":"BIGINT","required":true},{"name":"name","type":"VARCHAR"},
    {"name":"amount","type":"DECIMAL(6,2)"},{"name":"ok","type":"BOOLEAN"},
    {"name":"at","type":"TIMESTAMP","unit":"ms"}])json",
                             R"({"format":"csv"})");
  CHECK(read(rows, "1,plain,12.50,true,1000") == "1|plain|12.50|true|1970-01-01T00:00:01Z");
  CHECK(read(rows, "2,\"a, \"\"b\"\"\nc\",\"3\",false,\r\n") == "2|a, \"b\"\nc|3.00|false|NULL");
  CHECK(read(rows, "3,,,,") == "3|NULL|NULL|NULL|NULL");
  CHECK(read(rows, "4,\"\",,,") == "4||NULL|NULL|NULL");
  CHECK(read(rows, ",x,,,") == R"(MissingField: field "id" is required but empty)");
  CHECK(read(rows, "1,2") == "Malformed: the record has 2 values, and there are 5 fields");
  CHECK(reason(rows, "1,x,,,,") == "Malformed");
  CHECK(reason(rows, "") == "MissingField");
  for (const char* broken : {"1,\"x,,,", "1,\"x\"y,,,", "1,x\"y,,,", "1,x,,,\n2,y,,,", "1,\xff,,,", "1,x,,,\n\n"}) {
    CAPTURE(broken);
    CHECK(reason(rows, broken) == "Malformed");
  }
  for (const char* wrong :
       {"x,,,,", " 1,,,,", "+1,,,,", "1.5,,,,", "1,,1.005,,", "1,,,yes,", "1,,,,noon", "\"\",,,,"}) {
    CAPTURE(wrong);
    CHECK(reason(rows, wrong) == "WrongType");
  }
  CHECK(reason(rows, "1," + std::string(kMaxRecordBytes, 'x') + ",,,") == "Oversized");
}

TEST_CASE("csv with another delimiter") {
  RowReader rows = reader_of(R"([{"name":"a","type":"VARCHAR"},{"name":"b","type":"INTEGER"}])",
                             R"({"format":"csv","delimiter":"\t"})");
  CHECK(read(rows, "x,y\t7") == "x,y|7");
}

TEST_CASE("text is the whole value") {
  RowReader rows = reader_of(R"([{"name":"line","type":"VARCHAR","required":true}])", R"({"format":"text"})");
  CHECK(read(rows, "{\"not\": json\n") == "{\"not\": json\n");
  CHECK(read(rows, "") == "");
  CHECK(reason(rows, "\xc3\x28") == "Malformed");
  CHECK(reason(rows, std::string(kMaxRecordBytes + 1, 'x')) == "Oversized");
}

TEST_CASE("a record without a value is a dead letter in every format") {
  for (const char* format : {"json", "csv", "text"}) {
    RowReader rows = reader_of(R"([{"name":"a","type":"VARCHAR"}])", std::string(R"({"format":")") + format + "\"}");
    CHECK(read(rows, std::string_view()) == "Malformed: the record has no value (a tombstone)");
    CHECK(rows.summary() == "the record has no value (a tombstone)");
  }
}

TEST_CASE("fields from beside the value") {
  RowReader rows =
      reader_of(R"([{"name":"k","type":"VARCHAR","from":"key","required":true},{"name":"v","type":"INTEGER"},
    {"name":"at","type":"TIMESTAMP","from":"timestamp"},{"name":"p","type":"INTEGER","from":"partition"},
    {"name":"o","type":"BIGINT","from":"offset"},{"name":"h","type":"VARCHAR","header":"trace"}])");
  REQUIRE(rows.schema().needs_metadata());
  Metadata metadata{"key 1", 3, 1234567890123, 1359608400123, {"t"}};
  CHECK(read(rows, R"({"v":1,"k":"not this","h":2})", &metadata) ==
        "key 1|1|2013-01-31T05:00:00.123Z|3|1234567890123|t");
  metadata.timestamp_ms = -1;
  metadata.headers = {std::nullopt};
  CHECK(read(rows, "{}", &metadata) == "key 1|NULL|NULL|3|1234567890123|NULL");
  metadata.key = "\xff";
  CHECK(read(rows, "{}", &metadata) ==
        R"(WrongType: field "k" of type VARCHAR must be a string, not bytes that are not UTF-8)");
  CHECK(rows.summary() == "k: expected VARCHAR, found bytes that are not UTF-8");
  metadata.key.reset();
  CHECK(read(rows, "{}", &metadata) == R"(MissingField: field "k" is required but not in the record)");
  CHECK(read(rows, "{") == "Malformed: the record is not JSON: it ends too early");
}

TEST_CASE("what an HTTP intake sees of such fields") {
  const auto schema = *Schema::from_json(*Json::parse(R"([{"name":"k","type":"VARCHAR","from":"key","required":true},
    {"name":"v","type":"INTEGER"}])"));
  RowReader rows(schema.of_values());
  CHECK(read(rows, R"({"v":1})") == "1");
}

TEST_CASE("fields that cannot be are refused") {
  CHECK(problem_of(R"([{"name":"a","type":"JSON"},{"name":"b","type":"VARCHAR","path":"a.b"}])").find("part of that") !=
        std::string::npos);
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR","path":"x"},{"name":"x","type":"VARCHAR"}])") != "");
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR","path":"x.y"},{"name":"b","type":"VARCHAR","path":"x.yy"}])") ==
        "");
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR","path":"x[0].y"}])").find("json_extract") != std::string::npos);
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR","path":"x..y"}])") != "");
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR","path":"1.2.3.4.5.6.7.8.9"}])") != "");
  CHECK(problem_of(R"([{"name":"a","type":"BIGINT","unit":"ms"}])") != "");
  CHECK(problem_of(R"([{"name":"a","type":"TIMESTAMP","unit":"ns"}])") != "");
  CHECK(problem_of(R"([{"name":"a","type":"BIGINT","from":"key"}])") != "");
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR","from":"topic"}])") != "");
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR","from":"key","path":"x"}])") != "");
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR","path":"x"}])", R"({"format":"csv"})") != "");
  CHECK(problem_of(R"([{"name":"a","type":"JSON"}])", R"({"format":"csv"})") != "");
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR"},{"name":"b","type":"VARCHAR"}])", R"({"format":"text"})") != "");
  CHECK(problem_of(R"([{"name":"a","type":"INTEGER"}])", R"({"format":"text"})") != "");
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR"}])", R"({"format":"avro"})") != "");
  CHECK(problem_of(R"([{"name":"a","type":"VARCHAR"}])", R"({"format":"csv","delimiter":"\""})") != "");
}

TEST_CASE("a schema survives JSON") {
  const Json fields =
      *Json::parse(R"([{"name":"a","type":"JSON","path":"x.y"},{"name":"t","type":"TIMESTAMP","unit":"us"},
    {"name":"k","type":"VARCHAR","from":"key"},{"name":"h","type":"VARCHAR","header":"trace","required":true}])");
  CHECK(Schema::from_json(fields)->to_json() == fields);
}

TEST_CASE("what Kafka brings") {
  const auto schema = *Schema::from_json(*Json::parse(R"([{"name":"h","type":"VARCHAR","header":"trace"}])"));
  kafka::Record record;
  record.key = "k";
  record.partition = 2;
  record.offset = 9;
  record.timestamp_ms = 5;
  const Metadata metadata = metadata_of(record, schema);
  CHECK(metadata.key == "k");
  CHECK(metadata.offset == 9);
  CHECK(metadata.headers == std::vector<std::optional<std::string>>{std::nullopt});
  const std::vector<kafka::Record> records(3, record);
  CHECK(metadata_of(records, schema).size() == 3);
  CHECK(metadata_of(records, schema.of_values()).empty());
}
