#include "crds/repartition.h"

#include <algorithm>

#include "common/base/text.h"
#include "crds/names.h"
#include "crds/windows.h"

namespace tidegate::crds {
namespace {

// A query's name of a topic.
std::string quoted(const std::string& name) {
  return cat("\"", name, "\"");  // topic names hold no quotation marks
}

// With another key it is another stage, with another group and topic: records in a topic must be keyed alike.
std::string rekey_stage(const Processor& processor, const std::vector<std::string>& key) {
  constexpr std::size_t kKept = 7;  // of a stage name's 18 characters
  const std::string hash = sha256_hex(cat(processor.name, "/", processor.from, "/", join(key, ","))).substr(0, 4);
  return cat(processor.name.substr(0, kKept), "-rekey-", hash);
}

bool taken(const PipelineSpec& spec, const std::string& name) {
  const auto is = [&](const Stage& stage) { return stage.name == name; };
  return std::any_of(spec.sources.begin(), spec.sources.end(), is) ||
         std::any_of(spec.processors.begin(), spec.processors.end(), is) ||
         std::any_of(spec.sinks.begin(), spec.sinks.end(), is);
}

Topic rekeyed(const Topic& topic, const std::string& name, const std::vector<std::string>& key) {
  Topic out;
  out.name = name;
  out.partitions = key.empty() ? 1 : topic.partitions;
  out.retention = topic.retention;
  out.key = key;
  // The stage that writes it allows for what comes out of order.
  out.event_time = EventTime{topic.event_time->field, Duration{0}, topic.event_time->max_ahead, std::nullopt, false};
  out.deletion_policy = topic.deletion_policy;
  // A processor writes flat JSON, and JSON values as the texts that queries see.
  for (const Field& field : topic.fields) {
    out.fields.push_back({field.name, field.type == "JSON" ? "VARCHAR" : field.type, field.required});
  }
  return out;
}

}  // namespace

Result<PipelineSpec> expand(const PipelineSpec& spec, const std::string& ns, const std::string& pipeline) {
  PipelineSpec out = spec;
  for (std::size_t i = 0; i < spec.processors.size(); ++i) {
    const auto key = rekeyed_by(spec, spec.processors[i]);
    if (!key) continue;
    Processor& windowed = out.processors[i];
    Processor stage;
    stage.name = rekey_stage(windowed, *key);
    if (taken(out, stage.name)) {
      return Error{"InvalidSpec", cat("spec.processors[", windowed.name, "]: an internal stage of it is to be called '",
                                      stage.name, "', and there is a stage of that name; rename that")};
    }
    stage.replicas = windowed.replicas;
    stage.scale = windowed.scale;
    stage.purpose = key->empty()
                        ? cat("puts ", windowed.from, " into one partition for the global window of ", windowed.name)
                        : cat("keys ", windowed.from, " by ", join(*key, ", "), " for ", windowed.name);
    stage.from = windowed.from;
    stage.query = cat("SELECT * FROM ", quoted(windowed.from));
    stage.key = *key;
    stage.to = internal_topic(ns, pipeline, stage.name, "repartition");
    stage.exactly_once = true;  // a copy that comes twice would count twice
    stage.start = windowed.start;
    out.topics.push_back(rekeyed(*spec.topic(windowed.from), stage.to, *key));
    windowed.table = windowed.from;
    windowed.from = stage.to;
    windowed.start = Start::earliest;
    out.processors.push_back(std::move(stage));
  }
  return out;
}

}  // namespace tidegate::crds
