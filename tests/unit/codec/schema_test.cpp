#include "worker/codec/schema.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::codec;

TEST_CASE("type names are read in any case and written back canonically") {
  for (const char* name : {"BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP", "DECIMAL(18,4)"}) {
    CAPTURE(name);
    const auto type = FieldType::parse(name);
    REQUIRE(type.ok());
    CHECK(type->name() == name);
  }
  CHECK(FieldType::parse(" decimal( 10 , 2 ) ")->name() == "DECIMAL(10,2)");
  CHECK(FieldType::parse("DECIMAL(38)")->name() == "DECIMAL(38,0)");
}

TEST_CASE("other types are refused with the list of those there are") {
  for (const char* name : {"", "TEXT", "DECIMAL", "DECIMAL()", "DECIMAL(0,0)", "DECIMAL(39,1)", "DECIMAL(4,5)",
                           "DECIMAL(4,x)", "DECIMAL(4,1,1)", "VARCHAR(10)"}) {
    CAPTURE(name);
    const auto type = FieldType::parse(name);
    REQUIRE_FALSE(type.ok());
    CHECK(type.error().reason == "InvalidType");
  }
  CHECK(FieldType::parse("TEXT").error().message.find("VARCHAR") != std::string::npos);
}

TEST_CASE("a schema reads the settings and gives them back") {
  const Json json = *Json::parse(R"([{"name":"card","required":true,"type":"VARCHAR"},{"name":"n","type":"BIGINT"}])");
  const auto schema = Schema::from_json(json);
  REQUIRE(schema.ok());
  CHECK((*schema)[0].required);
  CHECK(schema->find("n") == 1);
  CHECK(schema->find("N") == std::nullopt);
  CHECK(schema->to_json() == json);
}

TEST_CASE("repeated and empty names and bad types are refused by name") {
  CHECK(Schema::of({{"a", {}, false}, {"A", {}, false}}).error().message.find("\"A\"") != std::string::npos);
  CHECK_FALSE(Schema::of({{"", {}, false}}).ok());
  CHECK(Schema::from_json(*Json::parse(R"([{"name":"x","type":"BLOB"}])")).error().message.find("field \"x\"") == 0);
}
