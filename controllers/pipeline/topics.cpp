#include "controllers/pipeline/topics.h"

#include <algorithm>

#include "common/base/text.h"
#include "crds/graph.h"
#include "crds/names.h"
#include "crds/windows.h"

namespace tidegate::controllers {
namespace {

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

WantedTopic declared(const crds::Topic& topic) {
  WantedTopic out;
  out.name = topic.name;
  out.partitions = topic.partitions;
  out.existing = topic.existing;
  out.remove_with_pipeline = topic.deletion_policy == crds::DeletionPolicy::remove;
  if (topic.retention) out.config["retention.ms"] = std::to_string(topic.retention->count());
  if (topic.compacted) out.config["cleanup.policy"] = "compact";
  return out;
}

WantedTopic dead_letters(const PipelineContext& context, const crds::Stage& stage) {
  WantedTopic out;
  out.name = crds::dead_letter_topic(context.ns, context.name, stage.name);
  out.partitions = 1;
  // A dead letter is the record and what is wrong with it: larger than the record.
  out.config = {{"max.message.bytes", std::to_string(2 << 20)}, {"retention.ms", std::to_string(7 * day_ms)}};
  return out;
}

}  // namespace

std::vector<WantedTopic> wanted_topics(const PipelineContext& context, const Accepted& accepted) {
  std::vector<WantedTopic> out;
  const auto known = [&](const std::string& name) {
    return std::any_of(out.begin(), out.end(), [&](const WantedTopic& topic) { return topic.name == name; });
  };
  for (const crds::Topic& topic : accepted.spec.topics) {
    out.push_back(declared(topic));
    const auto writers = crds::writers(accepted.spec, topic.name);
    if (!topic.existing && topic.partitions == 0 && !writers.empty()) out.back().like = writers.front()->from;
  }
  for (const crds::Processor* processor : crds::in_flow_order(accepted.spec)) {
    if (known(processor->to)) continue;
    WantedTopic topic;
    topic.name = processor->to;
    topic.like = processor->from;
    out.push_back(std::move(topic));
  }
  for (const auto& source : accepted.spec.sources) {
    if (!source.takes_requests()) out.push_back(dead_letters(context, source));
  }
  for (const auto& processor : accepted.spec.processors) out.push_back(dead_letters(context, processor));
  for (const auto& sink : accepted.spec.sinks) out.push_back(dead_letters(context, sink));
  return out;
}

TopicRecords read_topic_records(const Json& status) {
  TopicRecords out;
  for (const Json& topic : status.at("topics").items()) {
    out[topic.at("name").as_string()] = {topic.at("id").as_string(), static_cast<int>(topic.at("partitions").as_int()),
                                         topic.at("created").as_bool()};
  }
  return out;
}

Json to_json(const TopicRecords& records) {
  Json out = Json::Array{};
  for (const auto& [name, record] : records) {
    Json item = Json::object({{"name", name}});
    if (!record.id.empty()) item["id"] = record.id;
    if (record.partitions > 0) item["partitions"] = record.partitions;
    if (record.created) item["created"] = true;
    out.push_back(std::move(item));
  }
  return out;
}

TopicPlan plan_topics(const std::vector<WantedTopic>& wanted, const TopicRecords& records,
                      const std::map<std::string, kafka::TopicState>& seen, int brokers) {
  TopicPlan plan;
  plan.complete = true;
  // Created topics that are no longer wanted stay on record: they may have to be deleted with the pipeline.
  for (const auto& [name, record] : records) {
    if (record.created) plan.records[name] = record;
  }
  std::map<std::string, int> partitions;
  for (const WantedTopic& topic : wanted) {
    const auto old = records.find(topic.name);
    const auto found = seen.find(topic.name);
    const int count = topic.partitions > 0 ? topic.partitions : topic.like.empty() ? 0 : partitions[topic.like];
    if (found != seen.end()) {
      TopicRecord& record = plan.records[topic.name];
      record.created = old != records.end() && old->second.created;
      record.id = found->second.id;
      record.partitions = partitions[topic.name] = found->second.partitions;
      // A topic that takes after another follows it only when it is made: its readers' keys may depend on it.
      if (!topic.existing && topic.partitions > found->second.partitions) {
        plan.raise.emplace_back(topic.name, topic.partitions);
        plan.complete = false;
      }
      continue;
    }
    plan.complete = false;
    if (topic.existing) {
      plan.missing.push_back(topic.name);
      continue;
    }
    if (count == 0) continue;  // takes after a topic that is not there yet
    partitions[topic.name] = count;
    TopicRecord& record = plan.records[topic.name];
    const bool recorded = old != records.end() && old->second.created;
    if (recorded && !old->second.id.empty()) plan.recreated.push_back(topic.name);
    record = {"", count, true};
    plan.record_first |= topic.remove_with_pipeline && (!recorded || !old->second.id.empty());
    plan.create.push_back({topic.name, count, std::min(3, std::max(1, brokers)), topic.config});
  }
  return plan;
}

}  // namespace tidegate::controllers
