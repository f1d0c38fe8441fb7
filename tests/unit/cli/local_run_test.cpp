#include "cli/local_run.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace tidegate;
using namespace tidegate::cli;

namespace {

// Two processors, one after the other: in -> middle -> out.
crds::PipelineSpec chain() {
  crds::PipelineSpec spec;
  crds::Topic in;
  in.name = "in";
  in.fields = {{"a", "BIGINT", true}};
  spec.topics = {in};
  crds::Processor second;
  second.name = "second";
  second.from = "middle";
  second.query = "second query";
  second.to = "out";
  crds::Processor first;
  first.name = "first";
  first.from = "in";
  first.query = "first query";
  first.to = "middle";
  spec.processors = {second, first};
  return spec;
}

// Stands in for the worker: a row is its record with the query in front; a record "bad" is rejected.
Result<void> apply(const Json& request, const Files& files) {
  std::ofstream rows(files.rows);
  std::ofstream rejected(files.rejected);
  int number = 0;
  for (const std::string& line : lines_of(files.records)) {
    ++number;
    if (line == "bad")
      rejected << R"({"line":)" << number << R"(,"reason":"Malformed","message":"no JSON"})" << '\n';
    else
      rows << request.get("query").as_string() << '/' << line << '\n';
  }
  return {};
}

Result<std::vector<crds::Field>> check(const Json& request) {
  std::vector<crds::Field> fields;
  for (const Json& field : request.get("fields").items()) {
    fields.push_back({field.get("name").as_string(), field.get("type").as_string(), field.get("required").as_bool()});
  }
  return fields;
}

struct Folder {
  std::string path = std::filesystem::temp_directory_path() / ("local_run_test." + std::to_string(getpid()));
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name) << text;
    return path + "/" + name;
  }
};

}  // namespace

TEST_CASE("local run: processors run in flow order and pass their rows on") {
  const Folder folder;
  const auto run = run_locally(chain(), {{"in", folder.file("in", "one\nbad\ntwo\n")}}, check, apply, folder.path);
  REQUIRE(run.ok());
  CHECK(run->written == std::vector<std::string>{"middle", "out"});
  CHECK(lines_of(run->files.at("out")) ==
        std::vector<std::string>{"second query/first query/one", "second query/first query/two"});
  REQUIRE(run->rejected.size() == 1);
  CHECK(run->rejected.at("first").at(0).line == 2);
  CHECK(run->rejected.at("first").at(0).reason == "Malformed");
}

TEST_CASE("local run: a processor gets the files of its tables - written ones too - and none for one that is empty") {
  const Folder folder;
  crds::PipelineSpec spec = chain();
  for (const char* name : {"airports", "never"}) {
    crds::Topic table;
    table.name = name;
    table.key = {"code"};
    table.fields = {{"code", "VARCHAR", true}};
    spec.topics.push_back(table);
  }
  spec.processors[0].tables = {"airports", "never"};
  Json asked;
  const auto note = [&](const Json& request, const Files& files) {
    if (request.get("query").as_string() == "second query") asked = request;
    return apply(request, files);
  };
  const std::string airports = folder.file("airports", "x\n");
  REQUIRE(
      run_locally(spec, {{"in", folder.file("in", "one\n")}, {"airports", airports}}, check, note, folder.path).ok());
  REQUIRE(asked.get("tables").items().size() == 2);
  CHECK(asked.at("tables/0/topic").as_string() == "airports");
  CHECK(asked.at("tables/0/file").as_string() == airports);
  CHECK(asked.at("tables/0/key") == Json::array({"code"}));
  CHECK_FALSE(asked.at("tables/1").has("file"));
}

TEST_CASE("local run: a file given for an inner topic stands in for its writers") {
  const Folder folder;
  const auto run = run_locally(chain(), {{"middle", folder.file("middle", "mine\n")}}, check, apply, folder.path);
  REQUIRE(run.ok());
  CHECK(run->skipped == std::vector<std::string>{"first"});
  CHECK(lines_of(run->files.at("out")) == std::vector<std::string>{"second query/mine"});
}

TEST_CASE("local run: unknown topics and missing files are named") {
  const Folder folder;
  CHECK(run_locally(chain(), {{"other", folder.file("x", "")}}, check, apply, folder.path)
            .error()
            .message.find("no topic other") != std::string::npos);
  CHECK(run_locally(chain(), {{"in", folder.path + "/absent"}}, check, apply, folder.path)
            .error()
            .message.find("absent") != std::string::npos);
}

TEST_CASE("local run: an expectation that is no record of its topic is named by its line") {
  const Folder folder;
  const auto rows =
      canonical_rows("in", {{"a", "BIGINT", true}}, folder.file("expected", "one\nbad\n"), apply, folder.path);
  CHECK(rows.error().message.find("expected:2: no JSON") != std::string::npos);
}

TEST_CASE("local run: what Kafka adds to a topic must be given") {
  const Folder folder;
  crds::PipelineSpec spec = chain();
  crds::Topic middle;
  middle.name = "middle";
  middle.fields = {{"a", "BIGINT", true}, {"at", "TIMESTAMP", false, "", "", "timestamp"}};
  spec.topics.push_back(middle);
  const std::string in = folder.file("in", "one\n");
  CHECK(
      run_locally(spec, {{"in", in}}, check, apply, folder.path).error().message ==
      "processor second reads fields of topic middle that only Kafka gives its records; give that topic an --input of "
      "its own");
  CHECK(run_locally(spec, {{"in", in}, {"middle", folder.file("middle", "two\n")}}, check, apply, folder.path).ok());
  const auto rows = canonical_rows(
      "middle", middle.fields, folder.file("expected", "one\n"),
      [](const Json& request, const Files& files) {
        CHECK(request.get("fields").items().size() == 1);
        std::ofstream(files.rows) << "";
        return Result<void>();
      },
      folder.path);
  CHECK(rows.ok());
}
