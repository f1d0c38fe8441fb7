#include "worker/files/file_reader.h"

#include <doctest/doctest.h>

#include "common/base/text.h"
#include "common/json/json.h"
#include "tests/unit/files/temporary_folder.h"
#include "worker/engine/parquet.h"

using namespace tidegate;
using namespace tidegate::files;

namespace {

codec::Schema schema(const std::string& fields, const std::string& format = "{}") {
  return codec::Schema::from_json(Json::parse(fields).value(), Json::parse(format).value()).value();
}

const codec::Schema kFields = schema(R"json([{"name": "id", "type": "BIGINT", "required": true},
  {"name": "amount", "type": "DECIMAL(12,2)"}, {"name": "at", "type": "TIMESTAMP"}, {"name": "who", "type": "VARCHAR"}])json");

std::unique_ptr<FileReader> open(const std::string& path, const std::string& format, const Place& place = {},
                                 const codec::Schema& fields = kFields) {
  auto reader = FileReader::open({path, "in/f", format}, fields, place);
  REQUIRE_MESSAGE(reader.ok(), (reader.ok() ? "" : reader.error().message));
  return *std::move(reader);
}

// Reads by so many: "number record" or "number reason", each.
std::vector<std::string> all(FileReader& reader, std::size_t most = 100) {
  std::vector<std::string> found;
  for (;;) {
    const auto rows = reader.read(most, 1 << 20);
    REQUIRE_MESSAGE(rows.ok(), (rows.ok() ? "" : rows.error().message));
    for (const Row& row : rows->rows) {
      found.push_back(cat(std::to_string(row.number), " ", row.refused ? row.refused->reason : row.record()));
    }
    if (rows->end) return found;
  }
}

using Texts = std::vector<std::string>;

// Writes a Parquet file of these JSON records.
std::string parquet(const TemporaryFolder& folder, const codec::Schema& fields, const Texts& records) {
  const std::string path = (folder.path() / "p.parquet").string();
  auto writer = engine::ParquetWriter::open(fields, "64MB");
  REQUIRE(writer.ok());
  const std::vector<std::string_view> views(records.begin(), records.end());
  REQUIRE(writer->write(views, {}, path).ok());
  return path;
}

}  // namespace

TEST_CASE("a record of a text file is a line as it stands") {
  const TemporaryFolder folder;
  const std::string path = folder.put("a", "{\"id\": 1}\r\n\nno JSON\n");
  for (const std::size_t most : {1, 2, 100}) {
    CHECK(all(*open(path, "ndjson"), most) == Texts{"1 {\"id\": 1}", "3 no JSON"});
  }
  const codec::Schema csv = schema(R"([{"name": "id", "type": "BIGINT"}])", R"({"format": "csv"})");
  CHECK(all(*open(folder.put("b", "id\n1\n"), "csv", {}, csv)) == Texts{"1 id", "2 1"});
  CHECK(all(*open(folder.put("c", std::string((1 << 20) + 1, 'x')), "")) == Texts{"1 Oversized"});
}

TEST_CASE("the end comes with the last rows") {
  const TemporaryFolder folder;
  const auto reader = open(folder.put("a", "1\n2\n3\n"), "");
  CHECK_FALSE(reader->read(2, 1 << 20)->end);
  const auto last = reader->read(1, 1 << 20);
  CHECK(last->end);
  CHECK(last->behind == Place{3, 6});
  CHECK(open(folder.put("b", ""), "csv")->read(1, 1)->end);
}

TEST_CASE("rows of csv become records of the fields by their names") {
  const TemporaryFolder folder;
  const std::string path = folder.put("a.csv",
                                      "who,id,other,amount\r\n\"a \"\"b\"\"\",1,x,2.50\r\n,2,\"y\nz\",\n"
                                      "c,three,,1\nc,,,1\nc,4,,1.005\nc,5\n");
  const Texts expected{R"(2 {"id":1,"amount":2.50,"at":null,"who":"a \"b\""})",
                       R"(3 {"id":2,"amount":null,"at":null,"who":null})",
                       "5 WrongType",
                       "6 MissingField",
                       "7 WrongType",
                       "8 Malformed"};
  CHECK(all(*open(path, "csv")) == expected);
  const auto rows = open(path, "csv")->read(2, 1 << 20);
  CHECK(all(*open(path, "csv", rows->behind)) == Texts(expected.begin() + 2, expected.end()));
}

TEST_CASE("a header without a required field makes no record") {
  const TemporaryFolder folder;
  const auto rows = open(folder.put("a.csv", "who\nme\n"), "csv")->read(10, 1 << 20);
  CHECK(rows->rows.at(0).refused->reason == "MissingField");
  CHECK(rows->rows.at(0).summary == "id: the header has no such column");
  const auto twice = FileReader::open({folder.put("b.csv", "id,ID\n1,2\n"), "in/b", "csv"}, kFields, {});
  REQUIRE_FALSE(twice.ok());
  CHECK(twice.error().reason == "Malformed");
  CHECK(twice.error().message.starts_with("the header: "));
}

TEST_CASE("rows of Parquet become records exactly") {
  const TemporaryFolder folder;
  const Texts records{R"({"id":9007199254740993,"amount":-0.05,"at":"2013-01-31T05:00:00.5Z","who":"a, \"b\"\nc"})",
                      R"({"id":-1,"amount":9999999999.99,"at":null,"who":null})",
                      R"({"id":0,"amount":null,"at":"0001-01-01T00:00:00Z","who":""})"};
  const std::string path = parquet(folder, kFields, records);
  const Texts expected{"1 " + records[0], "2 " + records[1], "3 " + records[2]};
  CHECK(all(*open(path, "parquet")) == expected);
  CHECK(all(*open(path, "parquet"), 1) == expected);
  CHECK(all(*open(path, "parquet", {2, 0})) == Texts{expected[2]});
  CHECK(open(path, "parquet", {3, 0})->read(1, 1)->end);
}

TEST_CASE("columns of other types are read by the rules of the fields") {
  const TemporaryFolder folder;
  const codec::Schema written = schema(R"([{"name": "id", "type": "DOUBLE"}, {"name": "amount", "type": "DOUBLE"},
    {"name": "at", "type": "VARCHAR"}, {"name": "who", "type": "BOOLEAN"}, {"name": "more", "type": "DATE"}])");
  const std::string path =
      parquet(folder, written,
              {R"({"id":7,"amount":0.1,"at":"2013-01-31 05:00+01","who":true,"more":"2013-01-31"})",
               R"({"id":7.5,"amount":1})", R"({"amount":1})", R"({"id":8,"amount":0.001})"});
  CHECK(all(*open(path, "parquet")) == Texts{R"(1 {"id":7,"amount":0.10,"at":"2013-01-31T04:00:00Z","who":"true"})",
                                             "2 WrongType", "3 MissingField", "4 WrongType"});
}

TEST_CASE("many rows of Parquet come in order from any place") {
  const TemporaryFolder folder;
  Texts records;
  for (int n = 0; n < 10'000; ++n) records.push_back(cat(R"({"id":)", std::to_string(n), "}"));
  const std::string path = parquet(folder, schema(R"([{"name": "id", "type": "BIGINT"}])"), records);
  for (const int from : {0, 1, 2'047, 2'048, 9'999}) {
    const auto found = all(*open(path, "parquet", {from, 0}), 999);
    REQUIRE(std::ssize(found) == 10'000 - from);
    for (int n = from; n < 10'000; n += 7) {
      REQUIRE(found[static_cast<std::size_t>(n - from)] ==
              cat(std::to_string(n + 1), R"( {"id":)", std::to_string(n), R"(,"amount":null,"at":null,"who":null})"));
    }
  }
}

TEST_CASE("what is no Parquet file is told apart from a volume that fails") {
  const TemporaryFolder folder;
  const auto reason = [&](const std::string& path) {
    const auto reader = FileReader::open({path, "in/f", "parquet"}, kFields, {});
    REQUIRE_FALSE(reader.ok());
    return reader.error().reason;
  };
  CHECK(reason(folder.put("a", "id,who\n1,2\n3,4\n")) == "Malformed");
  CHECK(reason(folder.put("b", "")) == "Malformed");
  CHECK(reason(folder.put("c", "PAR1 but not really PAR1")) == "Malformed");
  CHECK(reason("/nowhere/p.parquet") == "Waiting");
}
