#include "tests/unit/health/patient.h"

#include "common/base/text.h"

namespace tidegate::health {

Patient::Patient() {
  StageEvidence stage;
  stage.name = "score";
  stage.kind = "processor";
  stage.version = "1";
  stage.input = "payments";
  stage.output = "alerts";
  stage.fields = {"card", "amount"};
  stage.plain_input = true;
  stage.state = StageState::flowing;
  stage.age_seconds = 0.5;
  PartitionEvidence partition;
  partition.committed = true;
  partition.log_start = partition.readable = partition.position = 0;
  partition.in = partition.out = partition.dead_letters = 0;
  partition.from = partition.seen = partition.took = partition.gave = 0;
  partition.nulls = {0, 0};
  partition.why.emplace();
  stage.partitions = {partition, partition};
  evidence.stages = {stage};
  TopicEvidence topic;
  topic.name = "payments";
  topic.reader = "score";
  topic.reader_kind = "processor";
  topic.described = true;
  topic.id = "id-1";
  topic.appended = 0;
  evidence.topics = {topic};
  evidence.cluster.name = "kafka";
  evidence.cluster.reachable = true;
  evidence.cluster.brokers = 1;
  evidence.cluster_is_ours = true;
}

Instant Patient::now() const {
  return {SteadyTime(time), WallTime(std::chrono::seconds(1'767'225'600) + time)};
}

void Patient::take(const Flow& passed) {
  PartitionEvidence& partition = stage().partitions[0];
  const auto add = [](Count& count, std::int64_t more) {
    if (count) *count += more;
  };
  std::int64_t dead = 0;
  for (const auto& [reason, count] : passed.dead_letters) {
    dead += count;
    if (partition.why) (*partition.why)[reason] += count;
  }
  add(partition.readable, passed.in);
  add(partition.position, passed.in);
  add(partition.in, passed.in);
  add(partition.seen, passed.in);
  add(partition.took, passed.in - dead);
  add(partition.dead_letters, dead);
  add(partition.gave, passed.out);
  add(partition.out, passed.out);
  for (std::size_t i = 0; partition.nulls && i < passed.nulls.size(); ++i) (*partition.nulls)[i] += passed.nulls[i];
  add(topic().appended, passed.in);
}

void Patient::look() {
  take(flow);
  time += Duration(2'000);
  const auto changes = health.diagnose(now(), evidence);
  for (const Problem& problem : changes.begun) history.push_back(cat("+", info(problem.finding.kind).reason));
  for (const Problem& problem : changes.ended) history.push_back(cat("-", info(problem.finding.kind).reason));
}

void Patient::run(int seconds) {
  for (int i = 0; i < seconds; i += 2) look();
}

void Patient::restart() {
  PipelineHealth fresh;
  fresh.keep(*Json::parse(health.kept().dump()));
  fresh.resume(now(), health.problems());
  health = std::move(fresh);
}

bool Patient::has(const std::string& reason) const {
  return !text(reason).empty();
}

std::string Patient::text(const std::string& reason) const {
  for (const Problem& problem : health.problems()) {
    if (info(problem.finding.kind).reason == reason) return message(problem, 1000);
  }
  return "";
}

std::string Patient::subject(const std::string& reason) const {
  for (const Problem& problem : health.problems()) {
    if (info(problem.finding.kind).reason == reason) return problem.finding.subject;
  }
  return "";
}

std::string Patient::all() const {
  std::vector<std::string> out;
  for (const Problem& problem : health.problems()) out.emplace_back(info(problem.finding.kind).reason);
  return join(out, " ");
}

}  // namespace tidegate::health
