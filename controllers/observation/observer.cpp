#include "controllers/observation/observer.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

constexpr Duration describe_every{10'000};
constexpr Duration brokers_every{5'000};
constexpr Duration idle_poll{4'000};         // of a group that has nothing to do: its sign of life comes every 10 s
constexpr Duration unread_patience{15'000};  // a coordinator or leader that moves is no outage
constexpr Duration figures_every{30'000};

std::string show(double value) {
  return std::to_string(static_cast<long long>(value));
}

}  // namespace

bool Observer::Unread::fail(const Error& error, SteadyTime now) {
  const bool over = !lasting(now).empty();
  if (!since) since = now;
  if (problem.empty()) problem = error.message;
  return !over && !lasting(now).empty();
}

std::string Observer::Unread::lasting(SteadyTime now) const {
  return since && now - *since >= unread_patience ? problem : "";
}

Observer::Observer(Connector connect, Callbacks callbacks, Clock clock)
    : connect_(std::move(connect)), callbacks_(std::move(callbacks)), clock_(std::move(clock)) {}

void Observer::watch(const kube::Key& pipeline, const PipelineWatch& watch) {
  const std::lock_guard lock(mutex_);
  auto [found, fresh] = pipelines_.try_emplace(pipeline);
  PipelineRecord& record = found->second;
  if (!fresh && record.watch == watch) return;
  if (fresh || record.watch.topics != watch.topics) {
    record.described = false;
    refresh_ = true;
    wake_.notify_all();
  }
  record.watch = watch;
  std::map<std::string, StageRecord> stages;
  for (const StageWatch& stage : watch.stages) {
    const auto old = record.stages.find(stage.stage);
    if (old != record.stages.end() && old->second.watch.group == stage.group &&
        old->second.watch.topic == stage.topic) {
      old->second.watch = stage;
      stages.insert({stage.stage, std::move(old->second)});
    } else {
      stages.insert({stage.stage, StageRecord{stage, StageProgress(stage.start, stage.fills), {}, -1, false, {}}});
    }
  }
  record.stages = std::move(stages);
}

void Observer::forget(const kube::Key& pipeline) {
  const std::lock_guard lock(mutex_);
  pipelines_.erase(pipeline);
}

bool Observer::idle() const {
  const std::lock_guard lock(mutex_);
  return pipelines_.empty();
}

std::shared_ptr<KafkaLink> Observer::link() const {
  const std::lock_guard lock(mutex_);
  return cluster_.reachable ? link_ : nullptr;
}

void Observer::refresh() {
  const std::lock_guard lock(mutex_);
  refresh_ = true;
  for (auto& [key, record] : pipelines_) record.described = false;
  wake_.notify_all();
}

void Observer::look_soon() {
  const std::lock_guard lock(mutex_);
  soon_ = true;
}

Duration Observer::rest() {
  const std::lock_guard lock(mutex_);
  was_soon_ = std::exchange(soon_, false) && !was_soon_;
  return was_soon_ ? kSoon : kRound;
}

void Observer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    tick();
    const Duration time = rest();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, time, [this] { return refresh_ && cluster_.reachable; });
  }
}

void Observer::tick() {
  if (reach()) {
    describe();
    read_logs();
    read_commits();
  }
  notify();
  callbacks_.looked(*this);
}

void Observer::unreachable(const Error& error) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = cluster_.reachable || !cluster_.known;
    cluster_.reachable = false;
    cluster_.known = true;
    cluster_.problem = error.message;
    cluster_.brokers = 0;
    refresh_ = true;
    link_ = nullptr;  // made anew, perhaps with other credentials
    // Nobody can move while Kafka is away.
    for (auto& [key, record] : pipelines_) {
      for (auto& [name, stage] : record.stages) {
        stage.polled_once = false;
        stage.progress.pause(clock_.steady());
      }
    }
  }
  if (changed) {
    log::warn("Kafka cannot be reached", {{"error", error.message}});
    callbacks_.cluster();
  }
}

void Observer::failed(const Error& error) {
  if (error.reason == "KafkaUnavailable") return unreachable(error);
  log::warn("Kafka refused a question", {{"error", error.message}});
  const std::lock_guard lock(mutex_);
  brokers_at_ = {};
}

bool Observer::reach() {
  std::shared_ptr<KafkaLink> link;
  bool ask = false;
  {
    const std::lock_guard lock(mutex_);
    link = link_;
    ask = !cluster_.reachable || clock_.steady() - brokers_at_ >= brokers_every;
  }
  if (!link) {
    auto made = connect_();
    if (!made) {
      unreachable(made.error());
      return false;
    }
    link = std::move(*made);
    const std::lock_guard lock(mutex_);
    link_ = link;
  }
  if (!ask) return true;
  const auto brokers = link->brokers();
  if (!brokers) {
    unreachable(brokers.error());
    return false;
  }
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = !cluster_.reachable || cluster_.brokers != *brokers;
    cluster_.reachable = cluster_.known = true;
    cluster_.problem.clear();
    cluster_.brokers = *brokers;
    brokers_at_ = clock_.steady();
  }
  if (changed) callbacks_.cluster();
  return true;
}

void Observer::describe() {
  std::set<std::string> names;
  std::shared_ptr<KafkaLink> link;
  std::vector<kube::Key> covered;
  {
    const std::lock_guard lock(mutex_);
    if (!refresh_ && clock_.steady() - described_at_ < describe_every) return;
    refresh_ = false;
    link = link_;
    for (const auto& [key, record] : pipelines_) {
      names.insert(record.watch.topics.begin(), record.watch.topics.end());
      covered.push_back(key);
    }
  }
  if (names.empty()) return;
  auto topics = link->describe_topics({names.begin(), names.end()});
  if (!topics) return failed(topics.error());
  const std::lock_guard lock(mutex_);
  described_at_ = clock_.steady();
  cluster_.topics = std::move(*topics);
  cluster_.topics_known = true;
  cluster_.partitions = cluster_.under_replicated = cluster_.offline = 0;
  for (const auto& [name, state] : cluster_.topics) {
    cluster_.partitions += state.partitions;
    cluster_.under_replicated += state.under_replicated;
    cluster_.offline += state.offline;
  }
  for (const kube::Key& key : covered) {
    const auto record = pipelines_.find(key);
    if (record == pipelines_.end()) continue;
    record->second.described = std::includes(names.begin(), names.end(), record->second.watch.topics.begin(),
                                             record->second.watch.topics.end());
  }
}

void Observer::read_logs() {
  std::map<std::string, int> partitions;
  std::shared_ptr<KafkaLink> link;
  {
    const std::lock_guard lock(mutex_);
    if (!cluster_.reachable) return;
    link = link_;
    for (const auto& [name, state] : cluster_.topics) partitions[name] = state.partitions;
  }
  if (partitions.empty()) return;
  const SteadyTime began = clock_.steady();
  auto logs = link->log_offsets(partitions);
  const SteadyTime now = clock_.steady();
  if (!logs) {
    failed(logs.error());
    const std::lock_guard lock(mutex_);
    if (logs_unread_.fail(logs.error(), now)) link_ = nullptr;
    return;
  }
  const std::lock_guard lock(mutex_);
  logs_unread_ = {};
  logs_read_ = began;
  logs_ = std::move(*logs);
  for (auto rate = appended_.begin(); rate != appended_.end();)
    rate = logs_.count(rate->first) ? std::next(rate) : appended_.erase(rate);
  for (const auto& [topic, offsets] : logs_) {
    std::int64_t end = 0;
    for (const auto& partition : offsets) end += partition.end;
    appended_[topic].add(now, end);
  }
  for (auto& [key, record] : pipelines_) {
    for (auto& [name, stage] : record.stages) {
      const auto log = logs_.find(stage.watch.topic);
      if (log != logs_.end()) stage.progress.observe_log(now, log->second);
    }
  }
}

bool Observer::due(const StageRecord& stage, std::int64_t end, SteadyTime now) const {
  if (!stage.polled_once || end != stage.seen_end || now - stage.polled >= idle_poll) return true;
  const StageFigures figures = stage.progress.figures(now);
  return figures.waiting || figures.lag_records.value_or(1) > 0;
}

void Observer::read_commits() {
  struct Task {
    kube::Key key;
    StageWatch watch;
    std::vector<kafka::LogOffsets> log;
    std::int64_t end;
    bool first;
  };
  std::vector<Task> tasks;
  std::shared_ptr<KafkaLink> link;
  const SteadyTime now = clock_.steady();
  {
    const std::lock_guard lock(mutex_);
    if (!cluster_.reachable) return;
    link = link_;
    for (const auto& [key, record] : pipelines_) {
      for (const auto& [name, stage] : record.stages) {
        const auto log = logs_.find(stage.watch.topic);
        if (log == logs_.end()) continue;
        std::int64_t end = 0;
        for (const auto& partition : log->second) end += partition.stable;
        if (due(stage, end, now)) tasks.push_back({key, stage.watch, log->second, end, !stage.polled_once});
      }
    }
  }
  for (const Task& task : tasks) {
    const auto committed = link->committed(task.watch.group, task.watch.topic, static_cast<int>(task.log.size()));
    if (!committed) {
      commits_failed(task.key, task.watch.stage, committed.error());
      if (!reach()) return;  // the others would wait in vain, and the outage be told late
      continue;
    }
    const std::lock_guard lock(mutex_);
    const auto record = pipelines_.find(task.key);
    if (record == pipelines_.end()) continue;
    const auto stage = record->second.stages.find(task.watch.stage);
    if (stage == record->second.stages.end()) continue;
    stage->second.unread = {};
    stage->second.progress.observe(clock_.steady(), task.watch.active && !task.first, task.log, *committed);
    stage->second.polled = now;
    stage->second.polled_once = true;
    stage->second.seen_end = task.end;
  }
}

void Observer::commits_failed(const kube::Key& pipeline, const std::string& name, const Error& error) {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  brokers_at_ = {};
  const auto record = pipelines_.find(pipeline);
  if (record == pipelines_.end()) return;
  const auto stage = record->second.stages.find(name);
  if (stage == record->second.stages.end()) return;
  stage->second.progress.pause(now);
  if (!stage->second.unread.fail(error, now)) return;
  log::warn("offsets of a stage cannot be read",
            {{"namespace", pipeline.ns}, {"pipeline", pipeline.name}, {"stage", name}, {"error", error.message}});
  link_ = nullptr;  // perhaps a new client finds its way
}

StageFigures Observer::figures(const StageRecord& stage, SteadyTime now) const {
  StageFigures out = stage.progress.figures(now);
  out.unread = stage.unread.lasting(now);
  if (out.unread.empty()) out.unread = logs_unread_.lasting(now);
  return out;
}

void Observer::notify() {
  const SteadyTime now = clock_.steady();
  std::vector<kube::Key> call;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [key, record] : pipelines_) {
      std::string state = cat(cluster_.reachable ? "up" : "down", record.described ? " described" : "");
      std::string figures;
      for (const std::string& topic : record.watch.topics) {
        const auto found = cluster_.topics.find(topic);
        if (found != cluster_.topics.end())
          state += cat(" ", found->second.id, std::to_string(found->second.partitions));
        const auto rate = appended_.find(topic);
        if (rate != appended_.end()) {
          state += rate->second.value().value_or(0) > 0 ? "+" : "";
          figures += show(rate->second.value().value_or(-1)) + " ";
        }
      }
      for (const auto& [name, stage] : record.stages) {
        const StageFigures seen = this->figures(stage, now);
        state += cat(" ", name, ":", outline(seen));
        figures += cat(name, show(seen.rate_in.value_or(-1)), "/", std::to_string(seen.lag_records.value_or(-1)), "/",
                       std::to_string(seen.dead_letters.value_or(-1)), " ");
      }
      if (state != record.told || (figures != record.told_figures && now - record.told_at >= figures_every)) {
        record.told = state;
        record.told_figures = figures;
        record.told_at = now;
        call.push_back(key);
      }
    }
  }
  for (const kube::Key& key : call) callbacks_.pipeline(key);
}

}  // namespace tidegate::controllers
