#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/text.h"
#include "controllers/monitoring/metrics.h"
#include "controllers/monitoring/report.h"
#include "controllers/monitoring/volume_figures.h"
#include "crds/names.h"
#include "tests/unit/controllers/world.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

// The worker of `score`, which a test makes do wrong.
struct Worker {
  World& world;
  kafka::CommitMetadata metadata;

  explicit Worker(World& made) : world(made) {
    metadata.seen_from = metadata.seen = metadata.took = metadata.gave = 0;
    metadata.nulls = {0, 0};
    metadata.dead_letters_by_reason.emplace();
    metadata.topic_id = world.kafka->topics.at("payments").state.id;
  }
  // Takes in so many records more, gives so many out.
  void take(std::int64_t in, std::int64_t out, std::int64_t nulls = 0) {
    world.kafka->append("payments", 0, in);
    world.kafka->append("alerts", 0, out);
    metadata.position += in;
    metadata.records_in += in;
    metadata.records_out += out;
    *metadata.seen += in;
    *metadata.took += in;
    *metadata.gave += out;
    (*metadata.nulls)[1] += nulls;
    commit();
  }
  void commit() {
    metadata.at_ms = world.now.count();
    kafka::CommitMetadata nothing;
    nothing.at_ms = metadata.at_ms;
    nothing.seen_from = nothing.seen = nothing.took = nothing.gave = 0;
    nothing.nulls.emplace(metadata.nulls->size());
    for (int partition = 1; partition < 4; ++partition) world.kafka->commit(kGroup, partition, nothing);
    world.kafka->commit(kGroup, 0, metadata);
  }
};

void start(World& world, const Json& spec = crds::fraud_spec()) {
  world.apply(spec);
  world.settle();
  world.work();
  world.settle();
}

void run(World& world, Worker& worker, int seconds, std::int64_t in, std::int64_t out, std::int64_t nulls = 0) {
  for (int i = 0; i < seconds; i += 2) {
    world.pass(Duration(2'000));
    world.work();  // the others
    worker.take(in, out, nulls);
    world.round();
    world.round();  // what the monitor found reaches status
  }
}

std::string problems(const World& world) {
  std::vector<std::string> out;
  const Json pipeline = world.pipeline();
  for (const Json& problem : pipeline.at("status/problems").items()) out.push_back(problem.at("reason").as_string());
  return join(out, " ");
}

}  // namespace

TEST_CASE("a pipeline without a problem says that it is healthy") {
  World world;
  start(world);
  CHECK(world.condition("Healthy").at("status").as_string() == "True");
  CHECK(world.condition("Healthy").at("reason").as_string() == "NoProblem");
  CHECK_FALSE(world.pipeline().has("status/problems"));
}

TEST_CASE("a field that is renamed is named within a minute in status and Events and is over after the repair") {
  World world;
  start(world);
  Worker worker(world);
  run(world, worker, 120, 100, 40);
  CHECK(problems(world).empty());
  run(world, worker, 20, 100, 0, 100);
  CHECK(problems(world) == "SchemaDrift CollapsedOutput");
  const Json problem = world.pipeline().at("status/problems/0");
  CHECK(problem.at("stage").as_string() == "score");
  CHECK(problem.at("subject").as_string() == "amount");
  CHECK(problem.at("severity").as_string() == "critical");
  CHECK(problem.at("message").as_string().size() <= 200);
  CHECK(parse_rfc3339(problem.at("since").as_string()).ok());
  CHECK(world.condition("Healthy").at("status").as_string() == "False");
  CHECK(world.condition("Healthy").at("reason").as_string() == "SchemaDrift");
  CHECK(world.condition("Healthy").at("message").as_string().find("processor score: field amount is null") == 0);
  CHECK(world.condition("Ready").at("status").as_string() == "True");  // records flow
  CHECK(world.events.has("Warning SchemaDrift: processor score: field amount is null or missing"));
  CHECK(world.events.has("Warning CollapsedOutput: processor score: "));
  const std::size_t events = world.events.all.size();
  run(world, worker, 60, 100, 0, 100);
  CHECK(world.events.all.size() == events);
  run(world, worker, 40, 100, 40);
  CHECK(problems(world).empty());
  CHECK(world.condition("Healthy").at("status").as_string() == "True");
  CHECK(world.events.has("Normal ProblemEnded: processor score: SchemaDrift is over"));
}

TEST_CASE("a worker that dropped one record is unbalanced") {
  World world;
  start(world);
  Worker worker(world);
  run(world, worker, 20, 10, 4);
  *worker.metadata.took -= 1;
  run(world, worker, 20, 10, 4);
  CHECK(problems(world) == "Unbalanced");
  CHECK(world.pipeline().at("status/problems/0/subject").as_string() == "rows");
}

TEST_CASE("gaps in a topic that others fill are no problem") {
  World world;
  Json spec = crds::fraud_spec();
  spec.erase("sources");
  start(world, spec);
  Worker worker(world);
  for (int i = 0; i < 20; ++i) {
    world.kafka->append("payments", 0, 3);  // markers of their transactions
    worker.metadata.position += 3;
    run(world, worker, 2, 10, 4);
  }
  CHECK(problems(world).empty());
}

TEST_CASE("a restarted operator keeps what was told and what was learned") {
  World world;
  start(world);
  Worker worker(world);
  run(world, worker, 700, 100, 40);  // longer than until what was learned is written
  CHECK_FALSE(world.api.find(kinds::config_maps, "shop", learned_name("fraud")).is_null());
  run(world, worker, 20, 100, 0);
  CHECK(problems(world) == "CollapsedOutput");
  const Json since = world.pipeline().at("status/problems/0/since");
  const std::size_t events = world.events.all.size();
  world.restart();
  run(world, worker, 20, 100, 0);
  CHECK(problems(world) == "CollapsedOutput");
  run(world, worker, 120, 100, 0);
  CHECK(problems(world) == "CollapsedOutput");
  CHECK(world.pipeline().at("status/problems/0/since") == since);
  for (std::size_t i = events; i < world.events.all.size(); ++i)
    CHECK(world.events.all[i].find("CollapsedOutput") == std::string::npos);
}

TEST_CASE("a topic that somebody deletes is a problem of the stage that reads it") {
  World world;
  start(world);
  Worker worker(world);
  run(world, worker, 30, 10, 4);
  world.kafka->topics.erase("payments");
  for (int i = 0; i < 20; ++i) {
    world.pass(Duration(1'000));
    world.round();
  }
  CHECK(problems(world).find("TopicLost") != std::string::npos);
  CHECK(world.events.has("Warning TopicLost: processor score: topic payments was deleted"));
}

TEST_CASE("a refused spec is told also where nothing was accepted before") {
  World world;
  Json spec = crds::fraud_spec();
  Json processor = spec.at("processors/0");
  processor["sql"]["query"] = "SELEC card FROM payments";
  spec["processors"] = Json::array({processor});
  world.apply(spec);
  for (int i = 0; i < 12; ++i) {
    world.pass(Duration(1'000));
    world.round();
  }
  CHECK(problems(world) == "Refused");
}

TEST_CASE("a Kafka that is away is one problem of the pipeline and one of the cluster") {
  World world;
  start(world);
  world.kafka->up = false;
  for (int i = 0; i < 30; ++i) {
    world.pass(Duration(1'000));
    world.round();
  }
  CHECK(problems(world) == "Waiting");
  CHECK_FALSE(world.pipeline().has("status/problems/0/stage"));
  const Json cluster = world.api.find(kinds::kafka_clusters, "shop", "fraud");
  CHECK(cluster.at("status/problems/0/reason").as_string() == "KafkaDegraded");
  CHECK(cluster.at("status/problems/0/subject").as_string() == "fraud");
  CHECK(cluster.at("status/conditions/3/type").as_string() == "Healthy");
  CHECK(cluster.at("status/conditions/3/status").as_string() == "False");
}

TEST_CASE("problems are read back as they were written") {
  const health::Problem told{health::finding(health::Kind::slow, "score", "processor", "", "it: waits"),
                             WallTime(std::chrono::seconds(1'767'225'600))};
  const Json status = Json::object({{"problems", problems_json({told})}});
  const auto back = read_problems(status);
  REQUIRE(back.size() == 1);
  CHECK(health::message(back[0], 200, true) == health::message(told, 200, true));
  CHECK(read_problems(*Json::parse(R"({"problems": [{"reason": "Unheard", "since": "2026-01-01T00:00:00Z"}, 3]})"))
            .empty());
  CHECK(problems_json(std::vector<health::Problem>(40, told)).items().size() == 16);
}

TEST_CASE("metrics say what is known and a problem's series ends with it") {
  World world;
  start(world);
  metrics::Registry registry;
  publish_health(registry, *world.monitor, world.caches());
  Worker worker(world);
  run(world, worker, 120, 100, 40);
  const std::string well = registry.render();
  const auto has = [](const std::string& text, const std::string& line) {
    return text.find(line) != std::string::npos;
  };
  CHECK(has(well, R"(tidegate_pipeline_healthy{namespace="shop",pipeline="fraud"} 1)"));
  CHECK(has(well,
            R"(tidegate_stage_committed_records_total{flow="in",namespace="shop",pipeline="fraud",stage="score"} )"));
  CHECK(has(well, R"(tidegate_stage_balance_records{check="rows",namespace="shop",pipeline="fraud",stage="score"} 0)"));
  CHECK(has(well, R"(tidegate_stage_selectivity{namespace="shop",pipeline="fraud",stage="score"} 0.4)"));
  CHECK(has(well, R"(tidegate_kafka_brokers_wanted{cluster="fraud",namespace="shop"} 1)"));
  CHECK_FALSE(has(well, "tidegate_problem{"));
  CHECK_FALSE(has(well, "tidegate_kafka_volume_bytes{"));  // nobody has said
  run(world, worker, 20, 100, 0);
  CHECK(has(registry.render(), R"(tidegate_problem{namespace="shop",pipeline="fraud",problem="CollapsedOutput",)"
                               R"(severity="critical",stage="score",subject=""} 1)"));
  run(world, worker, 40, 100, 40);
  CHECK_FALSE(has(registry.render(), "tidegate_problem{"));
}

TEST_CASE("volumes are known of pods that have said lately") {
  Duration now{1'000'000};
  std::map<std::string, std::string> answers{
      {"10.0.0.1", "tidegate_volume_bytes 1000\ntidegate_volume_used_bytes 400\n"}};
  VolumeFigures volumes(
      [&](const std::vector<std::string>& pods) {
        std::vector<Result<std::string>> out;
        for (const std::string& pod : pods)
          out.push_back(answers.count(pod) ? Result<std::string>(answers[pod]) : Error{"Unreachable", "gone"});
        return out;
      },
      {[] { return WallTime{}; }, [&] { return SteadyTime(now); }});
  const auto pod = [](const char* name, const char* address) {
    return std::make_shared<const Json>(
        Json::object({{"metadata", Json::object({{"name", name}, {"namespace", "shop"}})},
                      {"status", Json::object({{"podIP", address}})}}));
  };
  const std::vector<kube::ObjectPtr> pods{pod("k-0", "10.0.0.1"), pod("k-1", "10.0.0.2"), pod("k-2", "")};
  CHECK(volumes.of(pods).empty());
  volumes.tick();
  REQUIRE(volumes.of(pods).size() == 1);
  CHECK(volumes.of(pods)[0].pod == "k-0");
  CHECK(volumes.of(pods)[0].used == 400);
  answers.clear();
  now += Duration(40'000);
  volumes.tick();
  CHECK(volumes.of(pods).empty());
}

TEST_CASE("what is looked at follows from the spec") {
  Json spec = crds::fraud_spec();
  spec["objectives"] = Json::object({{"latency", "6s"}});
  Accepted accepted;
  accepted.spec = crds::pipeline_from_json(spec).value();
  accepted.fields["payments"] = {{"card", "VARCHAR", true}, {"amount", "DOUBLE", false}};
  const MonitoringPlan plan = plan_monitoring("fraud", accepted);
  const MonitoredStage& score = *plan.stage("score");
  CHECK(score.fields == std::vector<std::string>{"card", "amount"});
  CHECK(score.plain_input);  // only our intake writes it
  CHECK_FALSE(score.inner);
  CHECK(score.objective_seconds.value_or(0) == doctest::Approx(3));
  CHECK(plan.stage("show")->inner);
  CHECK(plan.stage("show")->plain_input);
  CHECK(plan.topics.at(0).filler == "intake");
  CHECK(plan.topics.at(0).reader == "score");
  CHECK(plan.topics.back().name == "alerts");
  CHECK(plan.cluster_is_ours);
  Json score_spec = spec.at("processors/0");
  score_spec["delivery"] = "exactly-once";
  Json markers = spec;
  markers["processors"] = Json::array({score_spec});
  accepted.spec = crds::pipeline_from_json(markers).value();
  CHECK_FALSE(plan_monitoring("fraud", accepted).stage("show")->plain_input);  // of transactions
  markers = spec;
  markers["sources"] = crds::json(R"([{"name": "in", "to": "payments", "file": {"volumeClaim": "c", "path": "*"}}])");
  accepted.spec = crds::pipeline_from_json(markers).value();
  CHECK_FALSE(plan_monitoring("fraud", accepted).stage("score")->plain_input);
  accepted.spec = crds::pipeline_from_json(spec).value();
  const std::string version = score.version;
  accepted.fields["payments"][1].type = "VARCHAR";
  CHECK(plan_monitoring("fraud", accepted).stage("score")->version != version);
  spec.erase("sources");
  accepted.spec = crds::pipeline_from_json(spec).value();
  CHECK_FALSE(plan_monitoring("fraud", accepted).stage("score")->plain_input);
}
