// What a Pipeline's status says. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/health/problem.h"
#include "controllers/pipeline/judge.h"
#include "controllers/pipeline/topics.h"
#include "controllers/scaling/pipeline_scaling.h"
#include "controllers/shared/conditions.h"

namespace tidegate::controllers {

struct StageReport {
  std::string name;
  std::string kind;
  StageVerdict verdict;
  int replicas = 0;
  int ready = 0;
  StageFigures figures;
  std::optional<double> append_rate;  // of a source's topic
  std::string url;                    // of a source
};

struct StatusReport {
  std::int64_t generation = 0;
  std::string bootstrap_servers;
  std::string cluster;  // KafkaCluster; "" when external
  std::vector<StageReport> stages;
  TopicRecords topics;
  std::optional<double> events_per_second;
  std::optional<Error> stalled;      // what needs a human
  std::optional<Error> rolling_out;  // what is still to be done for this generation
  bool accepted = true;              // some version of the spec runs
  bool scaled = false;               // some stage has scale
  ScalingReport scaling;
  std::optional<std::vector<health::Problem>> problems;  // worst first; nullopt: not known
};

std::vector<Condition> conditions(const StatusReport& report);
Json status_json(const StatusReport& report, const Json& before, WallTime now);

// The same status without what changes all the time: it is written at once when this changes.
Json without_figures(Json status);

// To two significant digits; whole from 10 on.
Json rounded(double value);

}  // namespace tidegate::controllers
