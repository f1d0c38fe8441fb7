#include "controllers/monitoring/plan.h"

#include <algorithm>

#include "common/base/text.h"
#include "controllers/scaling/plan.h"

namespace tidegate::controllers {
namespace {

std::string version_of(const std::string& query, const std::vector<crds::Field>& fields) {
  std::string text = query;
  for (const crds::Field& field : fields) text += cat("\n", field.name, " ", field.type, field.required ? "!" : "");
  return sha256_hex(text).substr(0, 12);
}

MonitoredTopic topic_of(const crds::PipelineSpec& spec, const std::string& name) {
  MonitoredTopic out;
  out.name = name;
  const auto filled = [&](const crds::Stage& stage, const char* kind, const std::string& to) {
    if (to == name && out.filler.empty()) out.filler = stage.name, out.filler_kind = kind;
  };
  const auto read = [&](const crds::Stage& stage, const char* kind, const std::string& from) {
    if (from == name && out.reader.empty()) out.reader = stage.name, out.reader_kind = kind;
  };
  for (const auto& source : spec.sources) filled(source, "source", source.to);
  for (const auto& processor : spec.processors) filled(processor, "processor", processor.to);
  for (const auto& processor : spec.processors) read(processor, "processor", processor.from);
  for (const auto& sink : spec.sinks) read(sink, "sink", sink.from);
  if (const crds::Topic* declared = spec.topic(name)) out.expect_every = declared->expect_every;
  return out;
}

// Whether markers of transactions take offsets of the topic.
bool in_transactions(const crds::PipelineSpec& spec, const std::string& topic) {
  const auto exactly_once = [&](const crds::Processor& p) { return p.to == topic && p.exactly_once; };
  const auto of_files = [&](const crds::Source& source) { return source.to == topic && source.file; };
  return std::any_of(spec.processors.begin(), spec.processors.end(), exactly_once) ||
         std::any_of(spec.sources.begin(), spec.sources.end(), of_files);
}

}  // namespace

const MonitoredStage* MonitoringPlan::stage(const std::string& name) const {
  for (const MonitoredStage& stage : stages) {
    if (stage.name == name) return &stage;
  }
  return nullptr;
}

MonitoringPlan plan_monitoring(const std::string& pipeline, const Accepted& accepted) {
  const crds::PipelineSpec& spec = accepted.spec;
  MonitoringPlan out;
  out.paused = spec.paused;
  out.cluster_is_ours = !spec.kafka.external.has_value();
  out.cluster = spec.kafka.external  ? spec.kafka.external->bootstrap_servers
                : spec.kafka.managed ? pipeline
                                     : spec.kafka.cluster_ref;
  for (const crds::Topic& topic : spec.topics) out.topics.push_back(topic_of(spec, topic.name));
  for (const crds::Processor& processor : spec.processors) {
    const bool listed = std::any_of(out.topics.begin(), out.topics.end(),
                                    [&](const MonitoredTopic& topic) { return topic.name == processor.to; });
    if (!listed) out.topics.push_back(topic_of(spec, processor.to));
  }
  const auto add = [&](const crds::Stage& stage, const char* kind, const std::string& from, const std::string& to,
                       const std::string& query) {
    MonitoredStage one{.name = stage.name,
                       .kind = kind,
                       .version = "",
                       .input = from,
                       .output = to,
                       .fields = {},
                       .scaled = stage.scale.has_value(),
                       .objective_seconds = {}};
    std::vector<crds::Field> fields;
    if (const auto found = accepted.fields.find(from); found != accepted.fields.end()) fields = found->second;
    for (const crds::Field& field : fields) one.fields.push_back(field.name);
    one.version = version_of(query, fields);
    const crds::Topic* topic = spec.topic(from);
    const MonitoredTopic source = topic_of(spec, from);
    one.inner = source.filler_kind == "processor";
    one.plain_input =
        !source.filler.empty() && !(topic && (topic->existing || topic->compacted)) && !in_transactions(spec, from);
    out.stages.push_back(std::move(one));
  };
  for (const auto& source : spec.sources) add(source, "source", "", source.to, "");
  for (const auto& processor : spec.processors)
    add(processor, "processor", processor.from, processor.to, processor.query);
  for (const auto& sink : spec.sinks) add(sink, "sink", sink.from, "", "");
  // As the autoscaler splits it.
  const ScalingPlan scaling = plan_scaling(spec, {});
  std::vector<autoscaler::StageLook> looks(scaling.stages.size());
  for (std::size_t i = 0; i < looks.size(); ++i) {
    looks[i].kind = scaling.stages[i].kind;
    looks[i].upstream = scaling.stages[i].upstream;
  }
  const auto budgets = autoscaler::latency_budgets(scaling.objectives, looks);
  for (std::size_t i = 0; i < out.stages.size(); ++i) out.stages[i].objective_seconds = budgets[i];
  return out;
}

}  // namespace tidegate::controllers
