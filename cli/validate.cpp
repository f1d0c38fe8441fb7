#include "cli/validate.h"

#include <algorithm>
#include <map>

#include "cli/schema.h"
#include "common/base/text.h"
#include "crds/graph.h"
#include "crds/kafka_cluster.h"
#include "crds/pipeline.h"
#include "crds/repartition.h"

namespace tidegate::cli {
namespace {

using Problems = std::vector<std::string>;
using FieldsByTopic = std::map<std::string, std::vector<crds::Field>>;

template <typename T>
std::string element(const std::string& list, const std::vector<T>& all, const T& one) {
  return cat("spec.", list, "[", std::to_string(&one - all.data()), "]");
}

void check_key(const std::vector<std::string>& key, const std::vector<crds::Field>& columns, const std::string& path,
               Problems& problems) {
  for (const std::string& name : key) {
    const bool found =
        std::any_of(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; });
    if (!found) problems.push_back(cat(path, ": no column ", name, " in what is written or read here"));
  }
}

// A topic that only a query writes has the query's columns; what follows a bad query is not judged.
void check_sql(const crds::PipelineSpec& spec, const CheckQuery& check, Problems& problems) {
  FieldsByTopic fields;
  for (const crds::Topic& topic : spec.topics) {
    if (!topic.fields.empty()) fields[topic.name] = topic.fields;
  }
  for (const crds::Processor* processor : crds::in_flow_order(spec)) {
    const std::string path = element("processors", spec.processors, *processor);
    if (fields.count(processor->from) == 0) continue;
    Json request = query_request(spec, *processor, fields[processor->from]);
    request.erase("key");  // judged below, with the field's path
    const auto columns = check(request);
    if (!columns) {
      problems.push_back(cat(path, ".sql.query: ", columns.error().message, " (", columns.error().reason, ")"));
      continue;
    }
    check_key(crds::output_key(spec, *processor), *columns, path + ".key", problems);
    fields.emplace(processor->to, *columns);
  }
  for (const crds::Sink& sink : spec.sinks) {
    const auto read = fields.find(sink.from);
    if (read != fields.end()) check_key(sink.key, read->second, element("sinks", spec.sinks, sink) + ".key", problems);
  }
}

Problems validate_pipeline(const Json& object, const CheckQuery& check) {
  const auto spec = spec_to_run(object);
  if (!spec) return {spec.error().message};
  Problems problems;
  if (check) check_sql(*spec, check, problems);
  return problems;
}

}  // namespace

Result<crds::PipelineSpec> spec_to_run(const Json& pipeline) {
  const auto spec = crds::pipeline_from_json(pipeline.get("spec"));
  if (!spec) return spec.error();
  if (const auto graph = crds::check_graph(*spec); !graph) return graph.error();
  return crds::expand(*spec, pipeline.at("metadata/namespace").as_string("default"),
                      pipeline.at("metadata/name").as_string());
}

std::vector<std::string> remarks(const Json& object) {
  std::vector<std::string> out;
  if (object.get("kind").as_string() != "Pipeline") return out;
  const auto spec = spec_to_run(object);
  if (!spec) return out;
  for (const crds::Processor& processor : spec->processors) {
    if (!processor.purpose.empty()) out.push_back(cat("an internal stage ", processor.name, " ", processor.purpose));
  }
  return out;
}

std::vector<std::string> validate(const Json& object, const CheckQuery& check) {
  const std::string kind = object.get("kind").as_string();
  const std::string api_version = object.get("apiVersion").as_string();
  const Json& schema = schema_of(api_version, kind);
  if (schema.is_null()) {
    if (api_version.rfind("tidegate.io/", 0) == 0) return {cat("kind: ", api_version, " has no kind ", kind)};
    return {};
  }
  Problems problems = check_schema(schema, object, "");
  if (object.at("metadata/name").as_string().empty()) problems.push_back("metadata.name: is missing");
  if (!problems.empty()) return problems;
  if (kind == "Pipeline") return validate_pipeline(object, check);
  const auto cluster = crds::kafka_cluster_from_json(object.get("spec"));
  return cluster ? Problems{} : Problems{cluster.error().message};
}

}  // namespace tidegate::cli
