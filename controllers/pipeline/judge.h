// Whether records flow. Pure.
#pragma once

#include <string>
#include <vector>

#include "controllers/health/evidence.h"
#include "controllers/observation/progress.h"
#include "controllers/shared/pods.h"

namespace tidegate::controllers {

using health::StageState;  // in the order of how bad it is

// As status shows it: "Idle", …
const char* to_string(StageState state);

struct StageEvidence {
  std::string kind;     // source, processor, sink
  int replicas = 0;     // asked for
  bool scaled = false;  // the operator chose that number; 0 is then no pause
  PodSummary pods;
  bool kafka_reachable = false;
  std::string kafka_problem;
  StageFigures figures;               // of a processor, a sink, or a source of files
  std::optional<double> append_rate;  // of a source's topic
};

struct StageVerdict {
  StageState state = StageState::starting;
  std::string message;  // "" when all is well
};

StageVerdict judge(const StageEvidence& evidence);

struct NamedVerdict {
  std::string name;
  std::string kind;
  StageVerdict verdict;
};

// Ready, for the whole pipeline: the worst stage decides.
struct PipelineVerdict {
  bool ready = false;
  std::string reason;
  std::string message;
};

PipelineVerdict judge_all(const std::vector<NamedVerdict>& stages);

}  // namespace tidegate::controllers
