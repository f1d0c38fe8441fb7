#include "controllers/scaling/look.h"

#include <algorithm>
#include <set>

#include "controllers/shared/rollout.h"

namespace tidegate::controllers {
namespace {

using autoscaler::StageKind;

// Who holds the partitions, as far as every one of them has said so.
struct Holders {
  bool known = false;
  std::set<int> replicas;
};

Holders holders(const StageReading& reading) {
  Holders out;
  for (const auto& partition : reading.partitions) {
    if (partition.replica < 0) return {};
    out.replicas.insert(partition.replica);
  }
  out.known = !out.replicas.empty();
  return out;
}

bool pods_move(const StageSight& sight) {
  if (!sight.workload || sight.workload->at("spec/replicas").as_int(1) != sight.replicas) return true;
  if (rollout_pending(*sight.workload, "")) return true;
  // What no node takes may never come: it is told apart from what is on its way.
  return sight.pods.terminating > 0 || sight.pods.ready < sight.replicas - sight.pods.unschedulable;
}

// Partitions are with replicas that are gone, or not yet with those that came.
bool partitions_move(const Holders& holders, const StageSight& sight) {
  if (!holders.known || sight.replicas == 0) return false;
  const int can_hold = std::min({sight.replicas, sight.pods.ready, static_cast<int>(sight.reading.partitions.size())});
  return *holders.replicas.rbegin() >= sight.replicas || static_cast<int>(holders.replicas.size()) < can_hold;
}

}  // namespace

autoscaler::StageLook look_at(const ScalingStage& stage, const StageSight& sight) {
  autoscaler::StageLook out;
  out.name = stage.name;
  out.kind = stage.kind;
  out.upstream = stage.upstream;
  out.limits = stage.limits;
  out.replicas = sight.replicas;
  out.ready = sight.pods.ready;
  out.unschedulable = sight.pods.unschedulable;
  out.unschedulable_why = sight.pods.unschedulable_why;
  out.moving = pods_move(sight);
  if (stage.kind == StageKind::source) {
    out.bytes_in_flight = sight.bytes_in_flight;
    out.bytes_per_replica = kIntakeBytesPerReplica;
    return out;
  }
  for (const auto& partition : sight.reading.partitions)
    out.partitions.push_back({.end = partition.end,
                              .readable = partition.readable,
                              .position = partition.position,
                              .replica = partition.replica});
  out.held_up = sight.reading.waiting;
  out.busy_seconds = sight.reading.busy_seconds;
  out.records_out = sight.reading.records_out;
  if (stage.kind == StageKind::sink) out.target_wait_seconds = sight.reading.wait_seconds;
  out.age_seconds = sight.reading.age_seconds;
  const Holders who = holders(sight.reading);
  if (who.known) {
    const auto working =
        std::count_if(who.replicas.begin(), who.replicas.end(), [&](int r) { return r < sight.replicas; });
    out.ready = std::min(out.ready, static_cast<int>(working));
  }
  out.moving |= partitions_move(who, sight);
  return out;
}

}  // namespace tidegate::controllers
