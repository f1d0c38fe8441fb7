#include "worker/sinks/postgres_sink.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

using namespace tidegate;
using namespace tidegate::sinks;

namespace {

codec::Schema two_fields() {
  return codec::Schema::of({{"k", codec::FieldType::parse("VARCHAR").value(), false},
                            {"v", codec::FieldType::parse("BIGINT").value(), false}})
      .value();
}

// The message of a failed open() with this connection string.
std::string problem_with(const std::string& dsn) {
  const std::string path = "/tmp/tidegate-dsn-" + std::to_string(::getpid());
  std::ofstream(path) << dsn;
  auto sink = make_postgres_sink({"t", {}, false, path}, two_fields(), "test");
  const auto opened = sink.value()->open();
  std::remove(path.c_str());
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().reason == "Waiting");
  return opened.error().message;
}

}  // namespace

TEST_CASE("postgres_sink: settings that cannot work are refused by name") {
  const auto message = [](const stage::PostgresSinkSettings& settings, const codec::Schema& schema) {
    const auto made = make_postgres_sink(settings, schema, "test");
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().reason == "InvalidSettings");
    return made.error().message;
  };
  CHECK(message({"a.b.c", {}, false, ""}, two_fields()).find("postgres.table") != std::string::npos);
  CHECK(message({"t", {"nope"}, false, ""}, two_fields()).find("nope") != std::string::npos);
  CHECK(message({"t", {"k", "k"}, false, ""}, two_fields()).find("twice") != std::string::npos);
  CHECK(message({"t", {}, false, ""}, codec::Schema()).find("field") != std::string::npos);
}

TEST_CASE("postgres_sink: a missing connection string waits and names the file") {
  auto sink = make_postgres_sink({"t", {}, false, "/nonexistent/dsn"}, two_fields(), "test");
  const auto opened = sink.value()->open();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().reason == "Waiting");
  CHECK(opened.error().message == "PostgreSQL: no connection string in /nonexistent/dsn");
}

TEST_CASE("postgres_sink: connection problems are told without the connection string") {
  CHECK(problem_with("postgresql://u:hunter2@127.0.0.1:1/db") == "PostgreSQL: connection refused");
  for (const std::string dsn : {
           "hunter2 is not a dsn",
           "postgresql://u:hunter2@127.0.0.1:1/db?sslmode=hunter2",
           "postgresql://u:pa@hunter2@127.0.0.1:1/db",
           "postgresql://u:pa/hunter2@127.0.0.1:1/db",
           "postgresql://u:hunter2/x@127.0.0.1:1/db",
           "host=127.0.0.1 port=hunter2",
           "host=127.0.0.1 port=1 sslrootcert=/hunter2 sslmode=verify-full",
           "postgresql://u:hunter2@",
       }) {
    CAPTURE(dsn);
    const std::string problem = problem_with(dsn);
    CAPTURE(problem);
    CHECK(problem.find("hunter2") == std::string::npos);
    CHECK(problem.size() > std::string("PostgreSQL: ").size());
  }
}

TEST_CASE("postgres_sink: a write before a connection waits") {
  auto sink = make_postgres_sink({"t", {}, false, "/nonexistent"}, two_fields(), "test");
  const auto written = sink.value()->write({});
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().reason == "Waiting");
}
