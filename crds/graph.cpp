#include "crds/graph.h"

#include <algorithm>
#include <set>

#include "common/base/text.h"
#include "crds/fields.h"
#include "crds/tables.h"
#include "crds/windows.h"

namespace tidegate::crds {
namespace {

Error invalid(const std::string& list, std::size_t index, const std::string& rest) {
  return {"InvalidSpec", cat("spec.", list, "[", std::to_string(index), "]", rest)};
}

bool written(const PipelineSpec& spec, const std::string& topic) {
  return std::any_of(spec.processors.begin(), spec.processors.end(), [&](const Processor& p) { return p.to == topic; });
}

bool readable(const PipelineSpec& spec, const std::string& topic) {
  return spec.topic(topic) || written(spec, topic);
}

bool has_field(const Topic& topic, const std::string& name) {
  return std::any_of(topic.fields.begin(), topic.fields.end(), [&](const Field& f) { return f.name == name; });
}

// As far as addresses tell.
bool same_topic(const PipelineSpec& spec, const KafkaTopic& other, const std::string& topic) {
  return spec.kafka.external && spec.kafka.external->bootstrap_servers == other.cluster.bootstrap_servers &&
         other.topic == topic;
}

// Lists names of one kind; fails at the first that is there already.
template <typename Stages>
Result<void> collect_names(const Stages& stages, const char* list, std::set<std::string>& names) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (!names.insert(stages[i].name).second) {
      return invalid(
          list, i,
          cat(".name: '", stages[i].name, "' is used twice; names are unique over sources, processors and sinks"));
    }
  }
  return {};
}

Result<void> check_names(const PipelineSpec& spec) {
  std::set<std::string> names;
  if (auto done = collect_names(spec.sources, "sources", names); !done) return done;
  if (auto done = collect_names(spec.processors, "processors", names); !done) return done;
  if (auto done = collect_names(spec.sinks, "sinks", names); !done) return done;
  if (names.empty())
    return Error{"InvalidSpec", "spec: a pipeline needs at least one of sources, processors and sinks"};
  return {};
}

Result<void> check_topics(const PipelineSpec& spec) {
  for (std::size_t i = 0; i < spec.topics.size(); ++i) {
    const Topic& topic = spec.topics[i];
    if (topic.fields.empty() && !written(spec, topic.name)) {
      return invalid("topics", i, cat(".value.fields: is needed, because no processor writes to '", topic.name, "'"));
    }
    for (const std::string& key : topic.key) {
      if (!topic.fields.empty() && !has_field(topic, key))
        return invalid("topics", i, cat(".key: '", key, "' is not one of value.fields"));
    }
  }
  return {};
}

Result<void> check_references(const PipelineSpec& spec) {
  for (std::size_t i = 0; i < spec.sources.size(); ++i) {
    const Topic* topic = spec.topic(spec.sources[i].to);
    if (!topic || topic->fields.empty()) {
      return invalid("sources", i, cat(".to: '", spec.sources[i].to, "' is not one of spec.topics with value.fields"));
    }
    if (spec.sources[i].kafka && same_topic(spec, *spec.sources[i].kafka, spec.sources[i].to)) {
      return invalid("sources", i, ".kafka.topic: is the topic that it fills; records would go round for ever");
    }
  }
  for (std::size_t i = 0; i < spec.processors.size(); ++i) {
    const Processor& processor = spec.processors[i];
    if (processor.from == processor.to) return invalid("processors", i, ".to: must not be the topic that it reads");
    if (!readable(spec, processor.from)) {
      return invalid("processors", i,
                     cat(".from: no topic '", processor.from, "' in spec.topics and no processor writes it"));
    }
  }
  for (std::size_t i = 0; i < spec.sinks.size(); ++i) {
    if (!readable(spec, spec.sinks[i].from)) {
      return invalid("sinks", i,
                     cat(".from: no topic '", spec.sinks[i].from, "' in spec.topics and no processor writes it"));
    }
    if (spec.sinks[i].kafka && same_topic(spec, *spec.sinks[i].kafka, spec.sinks[i].from)) {
      return invalid("sinks", i, ".kafka.topic: is the topic that it reads; records would go round for ever");
    }
  }
  return {};
}

}  // namespace

std::vector<const Processor*> in_flow_order(const PipelineSpec& spec) {
  std::vector<const Processor*> order;
  std::set<const Processor*> placed;
  for (bool progress = true; progress;) {
    progress = false;
    for (const Processor& processor : spec.processors) {
      const bool ready = std::all_of(spec.processors.begin(), spec.processors.end(), [&](const Processor& other) {
        return (other.to != processor.from && !reads_table(processor, other.to)) || placed.count(&other);
      });
      if (ready && placed.insert(&processor).second) {
        order.push_back(&processor);
        progress = true;
      }
    }
  }
  return order;
}

Result<void> check_graph(const PipelineSpec& spec) {
  for (auto check : {check_names, check_references, check_topics, check_fields, check_windows, check_tables}) {
    if (auto done = check(spec); !done) return done;
  }
  const auto order = in_flow_order(spec);
  for (std::size_t i = 0; i < spec.processors.size(); ++i) {
    if (std::find(order.begin(), order.end(), &spec.processors[i]) == order.end()) {
      return invalid("processors", i,
                     cat(".to: '", spec.processors[i].name,
                         "' is part of, or behind, a cycle of processors; records would go round for ever"));
    }
  }
  return {};
}

const std::string& table_of(const Processor& processor) {
  return processor.table.empty() ? processor.from : processor.table;
}

std::vector<std::string> output_key(const PipelineSpec& spec, const Processor& processor) {
  if (!processor.key.empty()) return processor.key;
  const Topic* topic = spec.topic(processor.to);
  return topic ? topic->key : std::vector<std::string>{};
}

}  // namespace tidegate::crds
