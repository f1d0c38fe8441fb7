// The log sink as a stage: what is printed, and what a sink commits.
#include <doctest/doctest.h>

#include <sstream>

#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

TEST_CASE("the log sink prints every record as a line of JSON") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(2);  // its input and group, with another worker
  Json settings = stage.settings();
  settings["kind"] = "sink";
  settings["stage"] = "print";
  settings["sink"] = Json::object({{"log", Json(Json::Object{})}});
  kafka.produce(stage.input, {{"a", R"({"n":1})", 0, {}}, {std::nullopt, "no json", 1, {}}});
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 2; }));
  CHECK(worker.terminate() == 0);
  std::map<std::int64_t, Json> lines;
  std::istringstream output(worker.output());
  for (std::string line; std::getline(output, line);) {
    const Json json = Json::parse(line).value();
    lines[json.get("partition").as_int()] = json;
  }
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].get("topic").as_string() == stage.input);
  CHECK(lines[0].get("offset").as_int(-1) == 0);
  CHECK(lines[0].get("key").as_string() == "a");
  CHECK(lines[0].at("value/n").as_int() == 1);
  CHECK(lines[1].get("key").is_null());
  CHECK(lines[1].get("value").as_string() == "no json");
  CHECK(stage.totals().in == 2);
  CHECK(stage.totals().out == 2);
}
