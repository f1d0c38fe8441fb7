#include "scenarios.h"

#include "common/base/text.h"

namespace tidegate::faults {

using worker_test::Anomaly;

std::string Scenario::name() const {
  std::string text = exactly_once ? "exactly once" : "at least once";
  if (stage == Stage::windowed) text += ", windows";
  for (const Fault& fault : faults) text += cat(&fault == &faults.front() ? ": " : ", ", fault.name);
  return bug.empty() ? text : cat(text, ", by a worker with the bug ", bug);
}

std::vector<Scenario> scenarios() {
  constexpr Target kAll[] = {Target::output_leader, Target::group_coordinator};
  std::vector<Scenario> table;
  for (const bool exactly_once : {false, true}) {
    const auto add = [&](std::vector<Fault> faults) {
      table.push_back({exactly_once, Stage::row_wise, std::move(faults), {}, {}});
    };
    add({kill_worker()});
    add({lose_worker()});
    add({stop_worker()});
    add({pause_worker()});
    add({replace_worker()});
    add({add_worker()});
    add({remove_worker()});
    add({roll_workers()});
    add({kill_all_workers()});
    for (const Target target : kAll) {
      add({kill_broker(target)});
      add({pause_broker(target)});
      add({cut_worker(target)});
    }
    add({kill_broker(Target::input_leader)});
    add({kill_broker(Target::controller)});
    add({cut_broker(Target::output_leader)});
    add({fill_disk(Target::output_leader)});
    add({roll_brokers()});
    add({kill_two_brokers()});
    add({kill_all_brokers()});
    add({restart_everything()});
    add({kill_worker(), kill_broker(Target::output_leader)});
    add({add_worker(), kill_broker(Target::group_coordinator)});
    if (!exactly_once) continue;
    add({kill_broker(Target::transaction_coordinator)});
    add({pause_broker(Target::transaction_coordinator)});
    add({cut_worker(Target::transaction_coordinator)});
    add({cut_broker(Target::transaction_coordinator)});
    add({fill_disk(Target::transaction_coordinator)});
    add({pause_worker(), kill_broker(Target::transaction_coordinator)});
    add({pause_broker(Target::transaction_coordinator), kill_worker()});
    add({cut_broker(Target::controller), lose_worker()});
  }
  for (const Fault& fault : {kill_worker(), pause_worker(), add_worker(), kill_broker(Target::output_leader)}) {
    table.push_back({false, Stage::windowed, {fault}, {}, {}});
  }
  // That the others would see what they are there for.
  table.push_back({false, Stage::row_wise, {kill_worker()}, "commit-before-produce", Anomaly::lost});
  table.push_back({true, Stage::row_wise, {kill_worker()}, "commit-before-produce", Anomaly::lost});
  table.push_back({true, Stage::row_wise, {kill_all_workers()}, "offset-off-by-one", Anomaly::duplicated});
  table.push_back({true, Stage::row_wise, {kill_all_workers()}, "offsets-left-out", Anomaly::duplicated});
  table.push_back({true, Stage::row_wise, {pause_worker_in_transaction()}, "no-abort-on-revoke", Anomaly::duplicated});
  return table;
}

}  // namespace tidegate::faults
