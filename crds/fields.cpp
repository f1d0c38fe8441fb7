#include "crds/fields.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::crds {
namespace {

constexpr std::size_t kMaxPath = 8;

Error refused(const Topic& topic, const std::string& rest) {
  return {"InvalidSpec", cat("spec.topics[", topic.name, "].value", rest)};
}

Error refused(const Topic& topic, const Field& field, const std::string& problem) {
  return refused(topic, cat(".fields[", field.name, "]: ", problem));
}

// The type that what lies beside a value has; "" for a source that there is none.
std::string type_beside(const Field& field) {
  if (!field.header.empty() || field.from == "key") return "VARCHAR";
  if (field.from == "timestamp") return "TIMESTAMP";
  if (field.from == "partition") return "INTEGER";
  return field.from == "offset" ? "BIGINT" : "";
}

Result<void> check_path(const Topic& topic, const Field& field) {
  if (field.path.empty()) return {};
  const auto names = split(field.path, '.');
  if (names.size() > kMaxPath) return refused(topic, field, "path has more than 8 names");
  for (const std::string& name : names) {
    if (name.empty()) return refused(topic, field, "path must be names with a dot between them, such as address.city");
    if (name.find_first_of("[]") != std::string::npos) {
      return refused(topic, field,
                     "path cannot name an element of an array; declare the array as JSON and use json_extract");
    }
  }
  return {};
}

Result<void> check_field(const Topic& topic, const Field& field) {
  const int sources = !field.path.empty() + !field.from.empty() + !field.header.empty();
  if (sources > 1) return refused(topic, field, "give one of path, from and header");
  if (!field.unit.empty() && (field.type != "TIMESTAMP" || !is_of_value(field))) {
    return refused(topic, field, "unit is for a TIMESTAMP of the record's value");
  }
  if (!is_of_value(field)) {
    const std::string type = type_beside(field);
    if (field.type == type) return {};
    return refused(topic, field, cat("must be of type ", type, ", as what it comes from"));
  }
  if (auto path = check_path(topic, field); !path) return path;
  if (topic.format == "json") return {};
  if (!field.path.empty()) return refused(topic, field, "path is for format json");
  if (field.type == "JSON") return refused(topic, field, "type JSON is for format json; use VARCHAR");
  if (topic.format == "text" && field.type != "VARCHAR") {
    return refused(topic, field, "format text gives the whole value as VARCHAR");
  }
  return {};
}

// No field may lie in another one: what is read as a whole is not taken apart.
Result<void> check_paths(const Topic& topic) {
  std::vector<std::pair<std::vector<std::string>, const Field*>> paths;
  for (const Field& field : topic.fields) {
    if (is_of_value(field)) paths.emplace_back(split(field.path.empty() ? field.name : field.path, '.'), &field);
  }
  std::sort(paths.begin(), paths.end());  // what lies in a value follows it
  for (std::size_t i = 1; i < paths.size(); ++i) {
    const auto& [outer, field] = paths[i - 1];
    const auto& [inner, other] = paths[i];
    if (outer.size() > inner.size() || !std::equal(outer.begin(), outer.end(), inner.begin())) continue;
    return refused(topic, *other,
                   cat("its value is part of that of field '", field->name,
                       "'; declare that one alone, as JSON, and use json_extract_string"));
  }
  return {};
}

Result<void> check_topic(const PipelineSpec& spec, const Topic& topic) {
  for (const Field& field : topic.fields) {
    if (auto fits = check_field(topic, field); !fits) return fits;
  }
  if (auto apart = check_paths(topic); !apart) return apart;
  const auto values = std::count_if(topic.fields.begin(), topic.fields.end(), is_of_value);
  if (topic.format == "text" && values != 1) {
    return refused(topic, ".fields: format text has one field for the whole value, a VARCHAR");
  }
  if (topic.format == "csv" && values == 0) return refused(topic, ".fields: format csv needs the record's columns");
  const auto writes = [&](const Processor& processor) { return processor.to == topic.name; };
  if (std::none_of(spec.processors.begin(), spec.processors.end(), writes)) return {};
  const auto as_written = [](const Field& field) { return field.path.empty() && field.unit.empty(); };
  if (topic.format == "json" && std::all_of(topic.fields.begin(), topic.fields.end(), as_written)) return {};
  return refused(topic,
                 ": processors write flat JSON; format, path and unit are for topics that are filled from outside");
}

// The key of what a source writes comes from the value: there is nothing beside it yet.
Result<void> check_source(const Topic& topic) {
  for (const Field& field : topic.fields) {
    if (is_of_value(field) || std::find(topic.key.begin(), topic.key.end(), field.name) == topic.key.end()) continue;
    return Error{"InvalidSpec", cat("spec.topics[", topic.name, "].key: '", field.name,
                                    "' is no part of the record's value, of which a source makes the key")};
  }
  return {};
}

// Whether the rows of its files can be records of the topic.
Result<void> check_file_source(const Source& source, const Topic& topic) {
  const std::string& format = source.file->format;
  const auto refuse = [&](const std::string& why) {
    return Error{"InvalidSpec", cat("spec.sources[", source.name, "].file.format: is ", format, ", and topic '",
                                    topic.name, "'", why)};
  };
  if (format.empty() || format == topic.format) return {};
  if (topic.format != "json") return refuse(cat(" is ", topic.format, "; leave it out: a record is a line"));
  if (format == "ndjson") return {};
  for (const Field& field : topic.fields) {
    if (field.path.empty() && field.unit.empty() && field.type != "JSON") continue;
    return refuse(cat(" has a field '", field.name, "' with a path, a unit or the type JSON: rows become flat JSON"));
  }
  return {};
}

// A sink that writes JSON, and keeps objects for a while before it stores them.
Result<void> check_sink(const Sink& sink, const Topic& topic) {
  const char* const kind = sink.s3 ? "s3" : sink.file ? "file" : sink.container ? "container" : "http";
  const ObjectOptions* objects = sink.objects();
  if (objects != nullptr && topic.retention && objects->max_age >= *topic.retention) {
    return Error{"InvalidSpec",
                 cat("spec.sinks[", sink.name, "].", kind, ".maxAge: must be shorter than the retention of topic '",
                     topic.name, "', which else deletes records before they are stored")};
  }
  if ((!sink.http && objects == nullptr) || topic.format == "json") return {};
  return Error{"InvalidSpec", cat("spec.sinks[", sink.name, "].", kind, ": takes records of format json, and topic '",
                                  topic.name, "' is ", topic.format, "; put a processor in between")};
}

}  // namespace

bool is_of_value(const Field& field) {
  return field.from.empty() && field.header.empty();
}

Result<void> check_fields(const PipelineSpec& spec) {
  for (const Topic& topic : spec.topics) {
    if (auto fits = check_topic(spec, topic); !fits) return fits;
  }
  for (const Source& source : spec.sources) {
    const Topic* topic = spec.topic(source.to);
    if (topic == nullptr || source.kafka) continue;  // a record of another Kafka keeps its key
    if (auto fits = check_source(*topic); !fits) return fits;
    if (!source.file) continue;
    if (auto fits = check_file_source(source, *topic); !fits) return fits;
  }
  for (const Sink& sink : spec.sinks) {
    const Topic* topic = spec.topic(sink.from);
    if (topic == nullptr) continue;
    if (auto fits = check_sink(sink, *topic); !fits) return fits;
  }
  return {};
}

Json to_json(const std::vector<Field>& fields) {
  Json out = Json::Array{};
  for (const Field& field : fields) {
    Json item = Json::object({{"name", field.name}, {"type", field.type}});
    if (field.required) item["required"] = true;
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) item[name] = value;
    };
    add("path", field.path);
    add("unit", field.unit);
    add("from", field.from);
    add("header", field.header);
    out.push_back(std::move(item));
  }
  return out;
}

std::vector<Field> fields_from_json(const Json& fields) {
  std::vector<Field> out;
  for (const Json& item : fields.items()) {
    const auto text = [&](const char* name) { return item.get(name).as_string(); };
    out.push_back({text("name"), text("type"), item.get("required").as_bool(), text("path"), text("unit"), text("from"),
                   text("header")});
  }
  return out;
}

void add_format(const PipelineSpec& spec, const std::string& name, Json& to) {
  const Topic* topic = spec.topic(name);
  if (topic == nullptr || topic->format == "json") return;
  to["format"] = topic->format;
  if (topic->format == "csv") to["delimiter"] = topic->delimiter;
}

}  // namespace tidegate::crds
