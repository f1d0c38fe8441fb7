// The topics of a pipeline: which there should be, what is to be done about it. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controllers/pipeline/accept.h"
#include "controllers/pipeline/plan.h"
#include "kafka/admin.h"

namespace tidegate::controllers {

struct WantedTopic {
  std::string name;
  int partitions = 0;  // 0: as many as `like` has
  std::string like;
  bool existing = false;  // not to be made or altered
  bool remove_with_pipeline = false;
  std::map<std::string, std::string> config;  // settings that we set
};

// Declared ones, outputs that nobody declared, and dead letters; each after the one it is `like`.
std::vector<WantedTopic> wanted_topics(const PipelineContext& context, const Accepted& accepted);

// What status.topics remembers.
struct TopicRecord {
  std::string id;  // "" while it is about to be created
  int partitions = 0;
  bool created = false;  // by this pipeline
};
using TopicRecords = std::map<std::string, TopicRecord>;

TopicRecords read_topic_records(const Json& status);
Json to_json(const TopicRecords& records);

struct TopicPlan {
  TopicRecords records;  // what status.topics is to say now
  std::vector<kafka::TopicSpec> create;
  std::vector<std::pair<std::string, int>> raise;  // to that many partitions
  std::vector<std::string> missing;                // existing ones that do not exist
  std::vector<std::string> recreated;              // of `create`: ours that somebody deleted
  bool complete = false;                           // all are there as wanted
  // Records must be in status before `create` is acted on: a crash in between must not lose track of what may be
  // deleted.
  bool record_first = false;
};

TopicPlan plan_topics(const std::vector<WantedTopic>& wanted, const TopicRecords& records,
                      const std::map<std::string, kafka::TopicState>& seen, int brokers);

}  // namespace tidegate::controllers
