// One pipeline's autoscaling: the law, what it decided, and what people are told of it. Pure: time is given.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controllers/scaling/history.h"
#include "controllers/scaling/law.h"
#include "controllers/scaling/look.h"

namespace tidegate::controllers {

// For status. Texts that carry figures are renewed at most once a minute, so that they do not make it be written.
struct ScalingReport {
  struct Stage {
    int recommended = 0;
    std::string reason;
    std::string sentence;
  };
  bool evaluated = false;
  std::map<std::string, Stage> stages;  // those with scale
  std::string unknown;                  // which stages' figures are unknown for too long; "" when all is well
  std::string limited;                  // what to change for the objectives to hold; "" when nothing
  std::string problem;                  // of the annotations
};

// Not thread-safe.
class PipelineScaling {
 public:
  PipelineScaling(std::unique_ptr<ScalingLaw> law, SteadyTime now, const Json& learned);

  // What is to be scaled; `replicas` is what stages run with that were not known before.
  void plan(ScalingPlan plan, const std::map<std::string, int>& replicas);
  const ScalingPlan& plan() const { return plan_; }

  // What a stage is to have; nullopt when it has no scale.
  std::optional<int> replicas(const std::string& stage) const;

  struct Change {
    std::string stage;
    bool out = false;
    std::string sentence;
  };
  struct Outcome {
    std::vector<Change> changes;  // to be carried out
    bool tell = false;            // the report says something new
    bool surprised = false;       // another look should come soon
  };
  // One evaluation; `sights` by stage. Nothing while the pipeline is paused.
  Outcome evaluate(SteadyTime now, WallTime wall, std::map<std::string, StageSight> sights);

  const ScalingReport& report() const { return report_; }
  const std::map<std::string, DecisionHistory>& history() const { return history_; }
  const std::map<std::string, autoscaler::Decision>& last() const { return last_; }
  // Evaluations by stage and reason, since this object began.
  const std::map<std::pair<std::string, std::string>, std::int64_t>& counts() const { return counts_; }

  // What is worth writing down now: changed, and not written for ten minutes. The caller writes it.
  std::optional<Json> learned_to_write(SteadyTime now);

 private:
  autoscaler::StageLook look(SteadyTime now, const ScalingStage& stage, const StageSight& sight);
  bool tell(SteadyTime now);

  std::unique_ptr<ScalingLaw> law_;
  ScalingPlan plan_;
  std::map<std::string, int> replicas_;
  std::map<std::string, SteadyTime> moving_since_;
  std::map<std::string, DecisionHistory> history_;
  std::map<std::string, autoscaler::Decision> last_;
  std::map<std::pair<std::string, std::string>, std::int64_t> counts_;
  ScalingReport report_;
  SteadyTime told_{}, limited_told_{};
  Json written_;
  std::optional<SteadyTime> written_at_;
};

}  // namespace tidegate::controllers
