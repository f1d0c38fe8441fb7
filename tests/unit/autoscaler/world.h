// A stage in virtual time that obeys the autoscaler: records arrive, replicas start after a while and take them in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "controllers/autoscaler/autoscaler.h"

namespace world {

using tidegate::autoscaler::Autoscaler;
using tidegate::autoscaler::Decision;
using tidegate::autoscaler::Objectives;
using tidegate::autoscaler::StageKind;
using tidegate::autoscaler::StageLook;

struct Stage {
  StageLook look;
  double capacity = 1000;      // records per second of one replica
  double shared_limit = 1e9;   // records per second of all replicas together, e.g. of a database
  int start_up = 10;           // seconds
  int stragglers = 0;          // of the replicas last asked for: they never start
  std::vector<double> shares;  // of the arrivals, by partition
  bool reachable = true;       // metrics can be read

  explicit Stage(int partitions = 24, int replicas = 1, int max = 24) {
    look.name = "pick";
    look.limits = {.min = 1, .max = max};
    look.replicas = look.ready = replicas;
    look.busy_seconds = look.records_out = look.target_wait_seconds = 0;
    shares.assign(static_cast<std::size_t>(partitions), 1.0 / partitions);
    end.assign(shares.size(), 0);
    position.assign(shares.size(), 0);
    started_.assign(static_cast<std::size_t>(replicas), -1000);
  }

  // One second in which `arriving` records come; what the stage takes in is returned.
  double second(double now, double arriving) {
    started_.resize(static_cast<std::size_t>(look.replicas), now + start_up);
    look.ready =
        static_cast<int>(std::count_if(started_.begin(), started_.end(), [&](double at) { return at <= now; }));
    look.ready = std::min(look.ready, std::max(1, look.replicas - stragglers));
    look.moving = look.ready != look.replicas;
    double waiting = 0;
    for (std::size_t p = 0; p < end.size(); ++p) {
      end[p] += arriving * shares[p];
      waiting += end[p] - position[p];
    }
    const double able = std::min(look.ready * capacity, shared_limit);
    const double taken = std::min(waiting, able);
    for (std::size_t p = 0; p < end.size() && waiting > 0; ++p) position[p] += (end[p] - position[p]) * taken / waiting;
    const double busy = able > 0 ? look.ready * taken / able : 0;
    *look.busy_seconds += busy;
    // Beyond what replicas can do by themselves they wait for what limits them all.
    *look.target_wait_seconds += std::max(0.0, busy - taken / capacity);
    *look.records_out += taken;
    look.partitions.assign(end.size(), {});
    if (reachable) {
      for (std::size_t p = 0; p < end.size(); ++p) look.partitions[p] = {end[p], end[p], position[p], -1};
    }
    return taken;
  }
  double backlog() const {
    double sum = 0;
    for (std::size_t p = 0; p < end.size(); ++p) sum += end[p] - position[p];
    return sum;
  }

  std::vector<double> end, position;

 private:
  std::vector<double> started_;
};

// One stage under the autoscaler.
struct World {
  Stage stage;
  Autoscaler autoscaler;
  Objectives objectives{.latency_seconds = 5.0, .throughput = {}};
  double now = 0;
  Decision last;
  std::vector<Decision> changes;

  explicit World(Stage made = Stage()) : stage(std::move(made)) {}

  void run(int seconds, double rate) {
    for (int i = 0; i < seconds; ++i) {
      stage.second(now, rate);
      decide();
      now += 1;
    }
  }
  void decide() {
    last = autoscaler.evaluate(now, objectives, {stage.look}).front();
    if (last.to != last.from) changes.push_back(last);
    stage.look.replicas = last.to;
  }
  int replicas() const { return stage.look.replicas; }
};

}  // namespace world
