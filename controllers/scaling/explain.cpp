#include "controllers/scaling/explain.h"

#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

constexpr std::string_view kPath = "/explain?";

using Samples = std::vector<metrics::Registry::Sample>;

}  // namespace

std::optional<kube::Key> explain_request(const std::string& target) {
  if (target.rfind(kPath, 0) != 0) return std::nullopt;
  kube::Key key;
  for (const std::string& part : split(target.substr(kPath.size()), '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) continue;
    const std::string name = part.substr(0, equals);  // names of Kubernetes objects need no decoding
    if (name == "namespace") key.ns = part.substr(equals + 1);
    if (name == "pipeline") key.name = part.substr(equals + 1);
  }
  if (key.ns.empty() || key.name.empty()) return std::nullopt;
  return key;
}

std::optional<Json> explain(const Scaler& scaler, const kube::Key& pipeline) {
  std::optional<Json> out;
  scaler.look_into(pipeline, [&](const kube::Key&, const PipelineScaling& scaling) {
    Json stages = Json::Object{};
    for (const auto& [stage, history] : scaling.history()) {
      Json entries = Json::Array{};
      for (const auto& entry : history.entries()) entries.push_back(to_json(entry));
      stages[stage] = std::move(entries);
    }
    out = Json::object({{"stages", std::move(stages)}});
  });
  return out;
}

std::pair<int, Json> explain_answer(const Scaler* scaler, const kube::Key& pipeline) {
  if (scaler == nullptr) {
    return {503, Json::object({{"kind", "Status"},
                               {"apiVersion", "v1"},
                               {"status", "Failure"},
                               {"reason", "ServiceUnavailable"},
                               {"code", 503},
                               {"message",
                                "this operator pod stands by and decides nothing; ask the one that holds the Lease"}})};
  }
  const auto answer = explain(*scaler, pipeline);
  return {answer ? 200 : 404, answer.value_or(Json::object({}))};
}

void publish_scaling(metrics::Registry& registry, const Scaler& scaler) {
  const auto labels = [](const kube::Key& key, const std::string& stage) {
    return std::map<std::string, std::string>{{"namespace", key.ns}, {"pipeline", key.name}, {"stage", stage}};
  };
  // One figure of every stage's last decision; absent where it is unknown.
  const auto figure = [&](metrics::Metric metric, auto read) {
    registry.collect(metric, [&scaler, labels, read] {
      Samples out;
      scaler.each([&](const kube::Key& key, const PipelineScaling& scaling) {
        for (const auto& [stage, decision] : scaling.last()) {
          if (const autoscaler::Figure value = read(decision)) out.push_back({labels(key, stage), *value});
        }
      });
      return out;
    });
  };
  const auto term = [](const char* name) {
    return [name](const autoscaler::Decision& decision) -> autoscaler::Figure {
      for (const auto& [key, value] : decision.terms) {
        if (key == name) return value;
      }
      return std::nullopt;
    };
  };
  figure("tidegate_autoscaler_replicas",
         [](const autoscaler::Decision& decision) { return autoscaler::Figure(decision.to); });
  figure("tidegate_autoscaler_recommended_replicas",
         [](const autoscaler::Decision& decision) { return autoscaler::Figure(decision.recommended); });
  figure("tidegate_autoscaler_unknown_seconds",
         [](const autoscaler::Decision& decision) { return autoscaler::Figure(decision.unknown_seconds.value_or(0)); });
  figure("tidegate_autoscaler_need_records_per_second", term("need"));
  figure("tidegate_autoscaler_arrival_records_per_second", term("arrival"));
  figure("tidegate_autoscaler_forecast_records_per_second", term("forecast"));
  figure("tidegate_autoscaler_capacity_records_per_second", term("capacity"));
  registry.collect("tidegate_autoscaler_decisions_total", [&scaler, labels] {
    Samples out;
    scaler.each([&](const kube::Key& key, const PipelineScaling& scaling) {
      for (const auto& [which, count] : scaling.counts()) {
        auto with = labels(key, which.first);
        with["reason"] = which.second;
        out.push_back({std::move(with), static_cast<double>(count)});
      }
    });
    return out;
  });
}

}  // namespace tidegate::controllers
