#include "crds/tables.h"

#include <algorithm>

#include "common/base/text.h"
#include "crds/fields.h"
#include "crds/graph.h"

namespace tidegate::crds {
namespace {

constexpr std::size_t kMostTables = 8;

Error refused(const std::string& list, const std::string& name, const std::string& rest) {
  return {"InvalidSpec", cat("spec.", list, "[", name, "]", rest)};
}

Result<void> check_compacted(const PipelineSpec& spec, const Topic& topic) {
  if (topic.existing) {
    return refused("topics", topic.name, ".compacted: is not for a topic with existing: true, which is never altered");
  }
  if (topic.retention) {
    return refused("topics", topic.name, ".retention: a compacted topic keeps the last record of each key for ever");
  }
  if (topic.key.empty() || topic.fields.empty()) {
    return refused("topics", topic.name,
                   ".compacted: needs key and value.fields; it keeps the last record of each key");
  }
  for (const Field& field : topic.fields) {
    if (field.required || std::count(topic.key.begin(), topic.key.end(), field.name) == 0) continue;
    return refused("topics", topic.name,
                   cat(".key: '", field.name,
                       "' must be a field with required: true; Kafka takes no record without a "
                       "key into a compacted topic"));
  }
  for (const Processor& processor : spec.processors) {
    if (processor.to != topic.name || output_key(spec, processor) == topic.key) continue;
    return refused("processors", processor.name,
                   cat(".key: topic '", topic.name, "' is compacted by its own key: ", join(topic.key, ", ")));
  }
  return {};
}

Result<void> check_table(const PipelineSpec& spec, const Processor& processor, const std::string& name) {
  const auto complain = [&](const std::string& rest) {
    return refused("processors", processor.name, cat(".tables: '", name, "' ", rest));
  };
  if (name == processor.from) return complain("is the topic that it reads");
  if (name == processor.to) return complain("is the topic that it writes");
  if (std::count(processor.tables.begin(), processor.tables.end(), name) > 1) return complain("is named twice");
  const Topic* topic = spec.topic(name);
  if (topic == nullptr || topic->fields.empty()) return complain("is not one of spec.topics with value.fields");
  if (!std::all_of(topic->fields.begin(), topic->fields.end(), is_of_value)) {
    return complain("has fields that do not come from the record's value; a table has none of those");
  }
  if (topic->key.empty()) return complain("needs a key, the fields that its rows are found by");
  if (!topic->compacted && !topic->existing) {
    return complain("must have compacted: true, or its rows would go when its retention is over");
  }
  return {};
}

}  // namespace

bool reads_table(const Processor& processor, const std::string& topic) {
  return std::find(processor.tables.begin(), processor.tables.end(), topic) != processor.tables.end();
}

Result<void> check_tables(const PipelineSpec& spec) {
  for (const Topic& topic : spec.topics) {
    if (!topic.compacted) continue;
    if (auto done = check_compacted(spec, topic); !done) return done;
  }
  for (const Processor& processor : spec.processors) {
    if (processor.tables.size() > kMostTables) return refused("processors", processor.name, ".tables: at most 8");
    if (processor.window && !processor.tables.empty()) {
      return refused("processors", processor.name,
                     ".tables: not together with window; join in a processor before it or behind it");
    }
    for (const std::string& name : processor.tables) {
      if (auto done = check_table(spec, processor, name); !done) return done;
    }
  }
  return {};
}

Json tables_request(const PipelineSpec& spec, const Processor& processor) {
  Json tables = Json::Array{};
  for (const std::string& name : processor.tables) {
    const Topic& topic = *spec.topic(name);
    Json table = Json::object({{"topic", name}, {"key", Json::array(topic.key)}, {"fields", to_json(topic.fields)}});
    add_format(spec, name, table);
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace tidegate::crds
