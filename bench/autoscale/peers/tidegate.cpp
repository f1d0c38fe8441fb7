#include "bench/autoscale/peers/tidegate.h"

#include "bench/autoscale/model/run.h"

namespace tidegate::bench {

autoscaler::StageLook look_at(const DataPlane& plane, bool metrics) {
  autoscaler::StageLook look;
  look.name = "stage";
  look.limits.max = plane.setting().max;
  look.partitions.resize(plane.end().size());
  for (std::size_t p = 0; p < look.partitions.size() && metrics; ++p) {
    look.partitions[p].end = plane.end()[p];
    look.partitions[p].position = plane.position()[p];
    look.partitions[p].replica = plane.owner()[p];
  }
  if (metrics) {
    look.busy_seconds = plane.busy_seconds();
    look.records_out = plane.processed();
    look.age_seconds = plane.age();
  }
  look.replicas = plane.asked();
  look.ready = plane.ready();
  look.moving = plane.moving();
  return look;
}

Contender tidegate_law(const std::string& name) {
  class Law : public Controller {
   public:
    int decide(const DataPlane& plane, bool metrics) override {
      return law_.evaluate(plane.now(), {.latency_seconds = kObjective, .throughput = {}}, {look_at(plane, metrics)})
          .front()
          .to;
    }

   private:
    autoscaler::Autoscaler law_;
  };
  return {name, [](const Scenario&) { return std::make_unique<Law>(); }, Rebalance::cooperative};
}

}  // namespace tidegate::bench
