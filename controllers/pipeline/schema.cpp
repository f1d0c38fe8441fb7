#include "controllers/pipeline/schema.h"

#include <algorithm>

#include "common/base/text.h"
#include "crds/fields.h"
#include "crds/graph.h"
#include "crds/tables.h"
#include "crds/windows.h"

namespace tidegate::controllers {
namespace {

const crds::Field* find_field(const std::vector<crds::Field>& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const crds::Field& f) { return f.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string list(const std::vector<crds::Field>& fields) {
  std::vector<std::string> names;
  for (const crds::Field& field : fields) names.push_back(field.name);
  return join(names, ", ");
}

std::string place(const char* stages, const std::string& name) {
  return cat("spec.", stages, "[", name, "]");
}

Result<void> check_key(const std::vector<std::string>& key, const std::vector<crds::Field>& fields,
                       const std::string& where) {
  for (const std::string& name : key) {
    if (!find_field(fields, name)) {
      return Error{"InvalidSpec", cat(where, ".key: no field '", name, "'; there are ", list(fields))};
    }
  }
  return {};
}

// What was declared, or came from another processor, must agree with what this query gives.
Result<void> check_agreement(const std::vector<crds::Field>& expected, const std::vector<crds::Field>& columns,
                             const crds::Processor& processor) {
  for (const crds::Field& field : expected) {
    if (!crds::is_of_value(field)) continue;  // comes with Kafka
    const crds::Field* column = find_field(columns, field.name);
    const std::string where = cat(place("processors", processor.name), ".sql.query: topic '", processor.to,
                                  "' has a field '", field.name, "' of type ", field.type);
    if (!column) return Error{"InvalidSpec", cat(where, ", but the query gives no such column")};
    if (column->type != field.type) return Error{"InvalidSpec", cat(where, ", but the query gives ", column->type)};
  }
  return {};
}

}  // namespace

Result<TopicFields> resolve_fields(const crds::PipelineSpec& spec, SqlCheck& check) {
  TopicFields fields;
  for (const crds::Topic& topic : spec.topics) {
    if (!topic.fields.empty()) fields[topic.name] = topic.fields;
  }
  for (const crds::Processor* processor : crds::in_flow_order(spec)) {
    Json more = crds::window_request(spec, *processor);
    crds::add_format(spec, processor->from, more);
    if (!processor->tables.empty()) more["tables"] = crds::tables_request(spec, *processor);
    const auto columns =
        check.columns({crds::table_of(*processor), fields[processor->from], processor->query, std::move(more)});
    if (!columns) return columns.error().context(cat(place("processors", processor->name), ".sql.query"));
    if (const auto key = check_key(crds::output_key(spec, *processor), *columns, place("processors", processor->name));
        !key) {
      return key.error();
    }
    const auto [known, fresh] = fields.try_emplace(processor->to, *columns);
    if (fresh) continue;
    if (const auto agreed = check_agreement(known->second, *columns, *processor); !agreed) return agreed.error();
  }
  for (const crds::Sink& sink : spec.sinks) {
    if (const auto key = check_key(sink.key, fields[sink.from], place("sinks", sink.name)); !key) return key.error();
  }
  return fields;
}

}  // namespace tidegate::controllers
