#include "cli/local_run.h"

#include <algorithm>
#include <fstream>

#include "common/base/text.h"
#include "crds/fields.h"
#include "crds/graph.h"

namespace tidegate::cli {
namespace {

std::vector<Rejected> read_rejected(const std::string& topic, const std::string& file) {
  std::vector<Rejected> out;
  for (const std::string& line : lines_of(file)) {
    const auto one = Json::parse(line);
    if (one)
      out.push_back(
          {topic, one->get("line").as_int(), one->get("reason").as_string(), one->get("message").as_string()});
  }
  return out;
}

void append(const std::string& file, const std::string& to) {
  std::ifstream in(file, std::ios::binary);
  std::ofstream out(to, std::ios::binary | std::ios::app);
  if (in.peek() != std::ifstream::traits_type::eof()) out << in.rdbuf();
}

Result<void> known(const crds::PipelineSpec& spec, const std::string& topic) {
  const bool written =
      std::any_of(spec.processors.begin(), spec.processors.end(), [&](const auto& p) { return p.to == topic; });
  if (spec.topic(topic) != nullptr || written) return {};
  return Error{"InvalidInput", cat("the pipeline has no topic ", topic)};
}

// Tables with the files that hold their rows; one that nobody filled is empty.
Json with_files(const Json& tables, const std::map<std::string, std::string>& files) {
  Json out = Json::Array{};
  for (Json table : tables.items()) {
    if (const auto file = files.find(table.get("topic").as_string()); file != files.end()) table["file"] = file->second;
    out.push_back(std::move(table));
  }
  return out;
}

}  // namespace

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) out.push_back(std::move(line));
  return out;
}

Result<LocalRun> run_locally(const crds::PipelineSpec& spec, const std::map<std::string, std::string>& inputs,
                             const CheckQuery& check, const ApplyQuery& apply, const std::string& directory) {
  LocalRun run;
  for (const auto& [topic, file] : inputs) {
    if (auto there = known(spec, topic); !there) return there.error();
    if (!std::ifstream(file)) return Error{"InvalidInput", cat("cannot read ", file)};
    run.files[topic] = file;
  }
  for (const crds::Topic& topic : spec.topics) {
    if (!topic.fields.empty()) run.fields[topic.name] = topic.fields;
  }
  for (const crds::Processor* processor : crds::in_flow_order(spec)) {
    const auto& fields = run.fields[processor->from];
    if (fields.empty()) return Error{"InvalidInput", cat("topic ", processor->from, " has no fields")};
    Json request = query_request(spec, *processor, fields);
    const bool whole = std::all_of(fields.begin(), fields.end(), crds::is_of_value);
    if (!whole && std::count(run.written.begin(), run.written.end(), processor->from) > 0) {
      return Error{"InvalidInput", cat("processor ", processor->name, " reads fields of topic ", processor->from,
                                       " that only Kafka gives its records; give that topic an --input of its own")};
    }
    const auto columns = check(request);
    if (!columns) return columns.error().context(cat("processor ", processor->name));
    run.fields.emplace(processor->to, *columns);
    const auto input = run.files.find(processor->from);
    if (input == run.files.end()) {
      run.skipped.push_back(processor->name);
      continue;
    }
    if (!processor->tables.empty()) request["tables"] = with_files(request.get("tables"), run.files);
    const std::string base = directory + "/" + processor->name;
    const Files files{input->second, base + ".rows", base + ".rejected"};
    if (auto applied = apply(request, files); !applied)
      return std::move(applied).error().context(cat("processor ", processor->name));
    if (auto rejected = read_rejected(processor->from, files.rejected); !rejected.empty())
      run.rejected[processor->name] = std::move(rejected);
    if (inputs.count(processor->to) > 0) continue;
    const std::string topic_file = directory + "/" + processor->to + ".topic";
    append(files.rows, topic_file);
    const bool fresh = run.files.emplace(processor->to, topic_file).second;
    if (fresh && !processor->to.starts_with("tidegate.")) run.written.push_back(processor->to);
  }
  return run;
}

Result<std::vector<std::string>> canonical_rows(const std::string& topic, const std::vector<crds::Field>& fields,
                                                const std::string& file, const ApplyQuery& apply,
                                                const std::string& directory) {
  if (!std::ifstream(file)) return Error{"InvalidInput", cat("cannot read ", file)};
  const std::string base = directory + "/canonical";
  const Files files{file, base + ".rows", base + ".rejected"};
  std::vector<crds::Field> written = fields;  // what lies beside values is no part of the file
  std::erase_if(written, [](const crds::Field& field) { return !crds::is_of_value(field); });
  if (auto applied = apply(query_request(topic, written, "SELECT * FROM \"" + topic + "\""), files); !applied)
    return std::move(applied).error().context(file);
  for (const Rejected& bad : read_rejected(topic, files.rejected)) {
    return Error{"InvalidInput", cat(file, ":", std::to_string(bad.line), ": ", bad.message, " (", bad.reason, ")")};
  }
  return lines_of(files.rows);
}

}  // namespace tidegate::cli
