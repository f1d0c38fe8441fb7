// What `kubectl tidegate status` shows, drawn from the objects the API server returned. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/problems.h"
#include "common/base/clock.h"
#include "common/json/json.h"

namespace tidegate::cli {

// Absent means unknown, which is not zero.
struct StageView {
  std::string name;
  std::string kind;  // "source", "processor" or "sink"
  std::string from;  // topic read; "" for a source
  std::string to;    // topic written; "" for a sink
  std::string state;
  std::string message;  // what is wrong; "" when nothing is
  std::optional<std::int64_t> replicas;
  std::optional<std::int64_t> ready_replicas;
  std::optional<double> rate_in;   // records per second
  std::optional<double> rate_out;  // records per second
  std::optional<std::int64_t> lag_records;
  std::optional<double> lag_seconds;
  std::optional<std::int64_t> dead_letters;
};

struct Condition {
  std::string status = "Unknown";  // "True", "False" or "Unknown"
  std::string reason = "NotYetObserved";
  std::string message = "the operator has not written a status yet";
};

struct PipelineView {
  std::string ns;
  std::string name;
  Condition ready;
  std::optional<Condition> stalled;      // only when True
  std::optional<Condition> reconciling;  // only when True
  bool outdated = false;                 // the status is about an older spec
  std::optional<std::int64_t> age_ms;    // since the operator last wrote this status
  std::string bootstrap_servers;
  std::vector<Problem> problems;  // as the operator lists them
  std::vector<StageView> stages;  // sources, then processors as records travel, then sinks
};

// The operator's Lease as a sign of life; `problem` is "" when it is alive.
struct OperatorView {
  std::string name;     // "tidegate-system/tidegate-operator"
  std::string problem;  // why the status below may be old news
};

PipelineView view_pipeline(const Json& pipeline, WallTime now);

// `lease` null: it could not be read, for the reason `error`. Stale is a Lease not renewed for twice its duration.
OperatorView view_operator(const std::string& name, const Json& lease, const std::string& error, WallTime now);

// For people: one screen, lines end in '\n'.
std::string render_text(const PipelineView& pipeline, const OperatorView& op);

// For programs: the same content; unknown figures are left out.
Json render_json(const PipelineView& pipeline, const OperatorView& op);

}  // namespace tidegate::cli
