// Specs for tests, as JSON text that is easy to change.
#pragma once

#include <stdexcept>
#include <string>

#include "common/json/json.h"
#include "crds/pipeline.h"

namespace tidegate::crds {

inline Json json(const std::string& text) {
  auto parsed = Json::parse(text);
  if (!parsed) throw std::invalid_argument(parsed.error().message);
  return *parsed;
}

// Of a spec that must be sound by itself.
inline PipelineSpec read(const Json& spec) {
  auto parsed = pipeline_from_json(spec);
  if (!parsed) throw std::invalid_argument(parsed.error().message);
  return *parsed;
}

// payments → score → alerts → {show, warehouse}, filled by intake.
inline Json fraud_spec() {
  return json(R"({
    "kafka": {"managed": {"storage": {"size": "1Gi"}}},
    "topics": [
      {"name": "payments", "partitions": 4, "retention": "168h", "key": ["card"],
       "value": {"fields": [{"name": "card", "type": "VARCHAR", "required": true}, {"name": "amount", "type": "DOUBLE"}]}}
    ],
    "sources": [{"name": "intake", "to": "payments", "http": {"tokenSecretRef": {"name": "intake", "key": "token"}}}],
    "processors": [{"name": "score", "from": ["payments"], "to": "alerts", "key": ["card"],
                    "sql": {"query": "SELECT card, amount FROM payments WHERE amount > 10"}}],
    "sinks": [
      {"name": "show", "from": "alerts", "log": {}},
      {"name": "warehouse", "from": "alerts", "key": ["card"],
       "postgres": {"table": "alerts", "createTable": true, "dsnSecretRef": {"name": "pg", "key": "dsn"}}}
    ]})");
}

}  // namespace tidegate::crds
