// What encoders write, read back with other code than they are made of.
#include "worker/objects/encoder.h"

#include <doctest/doctest.h>
#include <duckdb.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <fstream>

#include "common/base/text.h"
#include "common/json/json.h"

using namespace tidegate;
using namespace tidegate::objects;

namespace {

Object object_of(const std::vector<std::string>& values, const std::vector<codec::Metadata>& metadata = {}) {
  Object object;
  for (const std::string& value : values) object.lines += value + "\n";
  object.records = std::ssize(values);
  object.metadata = metadata;
  return object;
}

std::string inflated(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string out(1 << 20, '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

codec::Schema schema(const std::string& fields) {
  return codec::Schema::from_json(Json::parse(fields).value()).value();
}

// Every value of a query's result over the file `$file`, as text.
std::vector<std::string> ask(const std::string& parquet, std::string query) {
  const std::string path = cat("/tmp/tidegate-encoder-test-", std::to_string(::getpid()), ".parquet");
  std::ofstream(path, std::ios::binary) << parquet;
  query.replace(query.find("$file"), 5, cat("'", path, "'"));
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  REQUIRE(duckdb_open(nullptr, &database) == DuckDBSuccess);
  REQUIRE(duckdb_connect(database, &connection) == DuckDBSuccess);
  duckdb_result result;
  const auto state = duckdb_query(connection, query.c_str(), &result);
  CAPTURE(duckdb_result_error(&result));
  CHECK(state == DuckDBSuccess);
  std::vector<std::string> values;
  for (idx_t row = 0; row < duckdb_row_count(&result); ++row) {
    for (idx_t column = 0; column < duckdb_column_count(&result); ++column) {
      char* text = duckdb_value_varchar(&result, column, row);
      values.emplace_back(text == nullptr ? "NULL" : text);
      duckdb_free(text);
    }
  }
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  std::remove(path.c_str());
  return values;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("ndjson holds the records as they are") {
  const auto encoder = ndjson_encoder(false);
  const auto encoded = encoder->encode(object_of({R"({"n":1})", R"({ "n": 2 })"}));
  if (!encoded) FAIL(encoded.error().message);
  CHECK(encoded->bytes == "{\"n\":1}\n{ \"n\": 2 }\n");
  CHECK(encoded->records == 2);
  CHECK(encoder->extension() == "ndjson");
}

TEST_CASE("gzip gives the same lines back and the same bytes again") {
  const auto encoder = ndjson_encoder(true);
  std::vector<std::string> values;
  for (int n = 0; n < 5000; ++n) values.push_back(cat(R"({"n":)", std::to_string(n), "}"));
  const Object object = object_of(values);
  const auto encoded = encoder->encode(object);
  if (!encoded) FAIL(encoded.error().message);
  CHECK(encoded->bytes.size() < object.lines.size() / 2);
  CHECK(inflated(encoded->bytes) == object.lines);
  CHECK(encoded->records == 5000);
  CHECK(encoder->encode(object)->bytes == encoded->bytes);
  CHECK(encoder->extension() == "ndjson.gz");
}

TEST_CASE("parquet has a column of its type for each field") {
  const auto encoder = parquet_encoder(schema(R"JSON([
    {"name": "n", "type": "BIGINT"}, {"name": "amount", "type": "DECIMAL(9,2)"},
    {"name": "city", "type": "VARCHAR", "path": "to.city"}, {"name": "day", "type": "DATE"},
    {"name": "at", "type": "TIMESTAMP"}, {"name": "odd \"name\"", "type": "BOOLEAN"}])JSON"),
                                       "/tmp");
  const auto encoded = encoder->encode(object_of({R"({"n":1,"amount":0.10,"to":{"city":"Zürich"},"day":"2013-01-31",)"
                                                  R"("at":"2013-01-31T05:00:00.5Z","odd \"name\"":true})",
                                                  R"({"n":9007199254740993})"}));
  if (!encoded) FAIL(encoded.error().message);
  CHECK(encoded->records == 2);
  CHECK(encoder->extension() == "parquet");
  CHECK(ask(encoded->bytes, "SELECT n, amount, city, day, \"odd \"\"name\"\"\" FROM $file ORDER BY n") ==
        Texts{"1", "0.10", "Zürich", "2013-01-31", "true", "9007199254740993", "NULL", "NULL", "NULL", "NULL"});
  CHECK(ask(encoded->bytes, "SELECT epoch_us(\"at\") FROM $file WHERE n = 1") == Texts{"1359608400500000"});
  CHECK(ask(encoded->bytes, "SELECT column_type FROM (DESCRIBE SELECT * FROM $file)") ==
        Texts{"BIGINT", "DECIMAL(9,2)", "VARCHAR", "DATE", "TIMESTAMP WITH TIME ZONE", "BOOLEAN"});
  CHECK(ask(encoded->bytes, "SELECT DISTINCT compression FROM parquet_metadata($file)") == Texts{"ZSTD"});
}

TEST_CASE("parquet has what stands beside the value") {
  const auto encoder = parquet_encoder(schema(R"([{"name": "n", "type": "BIGINT"},
    {"name": "card", "type": "VARCHAR", "from": "key"}, {"name": "trace", "type": "VARCHAR", "header": "trace"}])"),
                                       "/tmp");
  REQUIRE(encoder->needs_metadata());
  codec::Metadata metadata;
  metadata.key = "c-7";
  metadata.headers = {"t-1"};
  const auto encoded = encoder->encode(object_of({R"({"n":1})"}, {metadata}));
  if (!encoded) FAIL(encoded.error().message);
  CHECK(ask(encoded->bytes, "SELECT n, card, trace FROM $file") == Texts{"1", "c-7", "t-1"});
}

TEST_CASE("parquet that cannot be written is an error and the next one is tried anew") {
  const auto encoder = parquet_encoder(schema(R"([{"name": "n", "type": "BIGINT"}])"), "/nowhere");
  const Object object = object_of({R"({"n":1})"});
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto encoded = encoder->encode(object);
    REQUIRE_FALSE(encoded.ok());
    CHECK(encoded.error().reason == "EncodingFailed");
  }
}
