#include "controllers/pipeline/sql_check.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

// A stand-in for the worker: a shell script.
class Script {
 public:
  explicit Script(const std::string& body) {
    char folder[] = "/tmp/tidegate-check-XXXXXX";
    folder_ = mkdtemp(folder);
    std::ofstream(path()) << "#!/bin/sh\n" << body << "\n";
    chmod(path().c_str(), 0755);
  }
  ~Script() { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/worker"; }
  void vanish() const { std::filesystem::remove(path()); }

 private:
  std::string folder_;
};

const Query kQuery{"t", {{"a", "VARCHAR", true}}, "SELECT a FROM t"};

}  // namespace

TEST_CASE("columns come from the child process asked once per question") {
  const Script worker(R"(cat > /dev/null; echo '{"ok": true, "columns": [{"name": "a", "type": "VARCHAR"}]}')");
  WorkerSqlCheck check(worker.path());
  for (int i = 0; i < 2; ++i) {
    const auto columns = check.columns(kQuery);
    REQUIRE(columns.ok());
    CHECK(columns->at(0).name == "a");
    worker.vanish();
  }
  CHECK(check.columns({"t", {}, "SELECT 2"}).error().reason == "CheckFailed");  // another question needs the child
}

TEST_CASE("the child may not write files") {
  const Script writer(
      R"(cat > /dev/null; echo x > "$(dirname "$0")/file" && echo '{"ok": true, "columns": [{"name": "a", "type": "DATE"}]}')");
  CHECK(WorkerSqlCheck(writer.path()).columns(kQuery).error().reason == "CheckFailed");
}

TEST_CASE("the users mistake is told from our own failure") {
  const Script wrong(
      R"(cat > /dev/null; echo '{"ok": false, "reason": "NotRowWise", "message": "count", "position": 8}')");
  const auto refused = WorkerSqlCheck(wrong.path()).columns(kQuery);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().reason == "NotRowWise");
  CHECK(refused.error().message == "count");
  for (const char* body : {"exit 3", "echo nonsense", "kill -9 $$", "echo '{\"ok\": true, \"columns\": []}'"}) {
    CAPTURE(body);
    const Script broken(body);
    CHECK(WorkerSqlCheck(broken.path()).columns(kQuery).error().reason == "CheckFailed");
  }
  CHECK(WorkerSqlCheck("/no/such/worker").columns(kQuery).error().reason == "CheckFailed");
}

TEST_CASE("a check that hangs is ended") {
  const Script slow("exec sleep 60");
  const auto late = WorkerSqlCheck(slow.path(), Duration(200)).columns(kQuery);
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().message.find("took too long") != std::string::npos);
}

TEST_CASE("a large question reaches a child that reads late") {
  const Script late(
      R"(sleep 0.1; n=$(wc -c); echo "{\"ok\": true, \"columns\": [{\"name\": \"c$n\", \"type\": \"VARCHAR\"}]}")");
  Query query = kQuery;
  query.sql = std::string(300'000, 'x');
  const auto columns = WorkerSqlCheck(late.path()).columns(query);
  REQUIRE(columns.ok());
  CHECK(std::stol(columns->at(0).name.substr(1)) > 300'000);
}
