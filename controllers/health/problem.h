// What can be wrong with a pipeline or a Kafka cluster, in words. docs/detection.md is the user's version of this
// table.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/base/clock.h"

namespace tidegate::health {

// Worst first: of two that last, the earlier one is told.
enum class Kind {
  failing,
  stalled,
  waiting,
  unbalanced,
  data_lost,
  topic_lost,
  hung_transaction,
  schema_drift,
  collapsed_output,
  sink_rejecting,
  silent_source,
  slow,
  disk_filling,
  kafka_degraded,
  dead_letter_surge,
  skewed_partition,
  refused,
  not_ready,
  scaling_limited
};

enum class Severity { critical, warning };

// One row of the catalogue. `reason` is the condition's reason, the Event's, the metric's label and the runbook's name.
struct KindInfo {
  Kind kind;
  const char* reason;
  Severity severity;
  const char* subject;  // what `Problem::subject` names; "" when there is none
  Duration begins;      // a finding must last that long before it is told, ...
  Duration ends;        // ... and be gone that long before it is taken back
  const char* remedy;   // what to do, one sentence without a full stop
};

std::span<const KindInfo> catalogue();
const KindInfo& info(Kind kind);
const char* to_string(Severity severity);

// What one look found; not yet a problem.
struct Finding {
  Kind kind;
  std::string stage;       // "" when it concerns no single stage
  std::string stage_kind;  // source, processor, sink
  std::string subject;     // pod, topic, field, ...
  std::string what;        // one clause, with the figures
  Severity severity = Severity::critical;
  bool patient = false;  // pods come and go just now: it must last longer
};

// With the severity of its kind.
Finding finding(Kind kind, std::string stage, std::string stage_kind, std::string subject, std::string what);

struct Problem {
  Finding finding;
  WallTime since;
};

// "processor score: no output came ...; what to do", at most `bytes` long; the remedy is never cut. With `since`: also
// since when.
std::string message(const Problem& problem, std::size_t bytes, bool since = false);

// By severity, then kind, then age.
bool worse(const Problem& a, const Problem& b);

}  // namespace tidegate::health
