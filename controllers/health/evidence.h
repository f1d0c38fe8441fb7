// What is looked at to judge health. Absent = not known now: never zero, and never a problem by itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"

namespace tidegate::health {

using Count = std::optional<std::int64_t>;

// Both clocks at one moment: durations are measured with `steady`, people are told `wall`.
struct Instant {
  SteadyTime steady;
  WallTime wall;
};

// One partition of a stage's input: the log's offsets, and what the stage's last commit says. Counters run since the
// group's start (docs/architecture.md, "Commit metadata").
struct PartitionEvidence {
  Count log_start, readable, position;  // `readable`: last stable offset
  Count log_end;
  bool committed = false;
  Count in, out, dead_letters;
  Count from, seen, took, gave;                            // accounting; an older worker says none of them
  std::optional<std::vector<std::int64_t>> nulls;          // by field
  std::optional<std::map<std::string, std::int64_t>> why;  // dead letters by reason
};

// In the order of how bad it is.
enum class StageState { idle, flowing, paused, starting, waiting, stalled, failing };

struct StageEvidence {
  std::string name;
  std::string kind;     // source, processor, sink
  std::string version;  // of its settings: what was learned with another says nothing
  std::string input, output;
  std::vector<std::string> fields;  // of the input, in the order of `nulls`
  bool inner = false;               // a processor of this pipeline writes the input
  bool plain_input = false;         // offsets advance by one per record: no transactions, not compacted

  StageState state = StageState::starting;
  std::string message;          // what the state is about
  std::string pod;              // that fails
  int replicas = 0;             // asked for
  int ready = 0;                // pods
  bool moving = false;          // pods come or go: a roll-out, a rescale
  std::string dead_letter;      // text of a recent one
  bool input_replaced = false;  // its offsets belong to an earlier topic of that name

  std::optional<double> age_seconds;        // of the oldest record that waits
  std::optional<double> objective_seconds;  // its share of objectives.latency
  std::vector<PartitionEvidence> partitions;
};

struct TopicEvidence {
  std::string name;
  std::string filler, filler_kind;  // stage that writes it; "" when only others do
  std::string reader, reader_kind;  // a stage that reads it; "" when none does
  bool described = false;           // Kafka was asked about it
  std::string id;                   // "" when it does not exist
  bool taken_up = false;            // all stages that read it have offsets of exactly this topic
  Count appended;                   // records ever: sum of log ends
  SteadyTime read{};                // when `appended` was
  std::optional<Duration> expect_every;
};

struct VolumeEvidence {
  std::string pod;
  double bytes = 0, used = 0;
};

struct ClusterEvidence {
  std::string name;
  bool is_new = false;  // what asks for it was made a few minutes ago at most
  std::optional<bool> reachable;
  std::string problem;  // why it is not reachable
  std::optional<int> brokers, brokers_wanted;
  std::optional<int> under_replicated, offline;  // partitions
  std::vector<VolumeEvidence> volumes;
};

struct PipelineEvidence {
  ClusterEvidence cluster;
  bool cluster_is_ours = false;  // its brokers are judged where its KafkaCluster is
  std::vector<StageEvidence> stages;
  std::vector<TopicEvidence> topics;
  std::string refused;          // why the latest spec is not accepted; "" when it is
  std::string not_ready;        // what it is still busy with; "" when nothing
  std::string scaling_limited;  // what limits keep from the objectives
};

// Sums over partitions; absent as soon as one is not known.
Count total(const StageEvidence& stage, Count PartitionEvidence::*counter);

// By how much counters grew between looks at which all of them were known. Not thread-safe.
class Growth {
 public:
  // nullopt at the first look, and when one fell: counting began anew.
  std::optional<std::vector<std::int64_t>> since_last(std::vector<std::int64_t> counters);

 private:
  std::optional<std::vector<std::int64_t>> last_;
};

}  // namespace tidegate::health
