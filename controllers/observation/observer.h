// Looks at one Kafka cluster every second, or sooner where asked to, for all pipelines on it.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "controllers/observation/kafka_link.h"
#include "controllers/observation/progress.h"
#include "controllers/observation/views.h"
#include "operator/kube/controller.h"

namespace tidegate::controllers {

// What to look at for a pipeline.
struct StageWatch {
  std::string stage;
  std::string group;
  std::string topic;
  crds::Start start = crds::Start::earliest;
  bool active = false;  // a pod of it runs
  bool fills = false;   // it writes `topic`: its offsets there are places in its files, only what stands beside counts

  friend bool operator==(const StageWatch&, const StageWatch&) = default;
};

struct PipelineWatch {
  std::set<std::string> topics;  // all it uses
  std::vector<StageWatch> stages;

  friend bool operator==(const PipelineWatch&, const PipelineWatch&) = default;
};

// Thread-safe. tick() makes one round and may block for seconds while Kafka is away; run() makes one after each rest().
class Observer {
 public:
  static constexpr Duration kRound{1'000};
  static constexpr Duration kSoon{400};

  struct Callbacks {
    std::function<void(const kube::Key&)>
        pipeline;                   // a pipeline's state changed, or its figures did 30 s after the last call
    std::function<void()> cluster;  // reachable or brokers changed
    std::function<void(Observer&)> looked = [](Observer&) {};  // at the end of each round
  };

  Observer(Connector connect, Callbacks callbacks, Clock clock);

  // Sets or changes what to look at. Takes effect with the next round.
  void watch(const kube::Key& pipeline, const PipelineWatch& watch);
  void forget(const kube::Key& pipeline);
  bool idle() const;  // nobody watches

  ClusterView cluster() const;
  // Without the topics, of which a shared cluster has many.
  ClusterView overview() const;
  PipelineView pipeline(const kube::Key& key) const;
  // By stage; a stage that is not watched is absent.
  std::map<std::string, StageReading> readings(const kube::Key& key) const;
  HealthView health(const kube::Key& key) const;

  // The connection, for requests that change something; null while there is none.
  std::shared_ptr<KafkaLink> link() const;
  // Topics are looked at again in the next round: we changed some.
  void refresh();
  // The next look is to come sooner. Every other one may, so that what never settles costs no more than that.
  void look_soon();

  void tick();
  // How long to wait for the next look; to be asked once after each.
  Duration rest();
  void run(const std::stop_token& stop);

 private:
  // Since when something cannot be read from a cluster that answers, and why.
  struct Unread {
    std::optional<SteadyTime> since;
    std::string problem;

    // Takes note; true when patience is over just now.
    bool fail(const Error& error, SteadyTime now);
    // Why, once patience is over; until then "".
    std::string lasting(SteadyTime now) const;
  };
  struct StageRecord {
    StageWatch watch;
    StageProgress progress;
    SteadyTime polled{};
    std::int64_t seen_end = -1;
    bool polled_once = false;
    Unread unread;  // its committed offsets
  };
  struct PipelineRecord {
    PipelineWatch watch;
    std::map<std::string, StageRecord> stages;
    bool described = false;
    std::string told;  // digest of what the last callback was about
    SteadyTime told_at{};
    std::string told_figures;
  };

  bool reach();
  void describe();
  void read_logs();
  void read_commits();
  void commits_failed(const kube::Key& pipeline, const std::string& stage, const Error& error);
  bool due(const StageRecord& stage, std::int64_t end, SteadyTime now) const;
  StageFigures figures(const StageRecord& stage, SteadyTime now) const;
  void unreachable(const Error& error);
  void failed(const Error& error);
  void notify();

  const Connector connect_;
  const Callbacks callbacks_;
  const Clock clock_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  bool refresh_ = true;
  bool soon_ = false, was_soon_ = false;
  SteadyTime described_at_{};
  SteadyTime brokers_at_{};
  Unread logs_unread_;
  SteadyTime logs_read_{};
  std::shared_ptr<KafkaLink> link_;
  ClusterView cluster_;
  std::map<kube::Key, PipelineRecord> pipelines_;
  std::map<std::string, std::vector<kafka::LogOffsets>> logs_;
  std::map<std::string, Rate> appended_;
};

}  // namespace tidegate::controllers
