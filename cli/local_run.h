// A pipeline's processors over files instead of topics.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/worker_check.h"
#include "common/base/result.h"
#include "common/json/json.h"
#include "crds/pipeline.h"

namespace tidegate::cli {

// A record that a processor would send to its dead letters.
struct Rejected {
  std::string topic;
  std::int64_t line = 0;  // in the topic's file
  std::string reason;
  std::string message;
};

// Files of one record a line.
struct Files {
  std::string records;
  std::string rows;
  std::string rejected;  // {"line", "reason", "message"} a line
};

// Runs a query, {"topic", "fields", "query", "key"}, over records, as `tidegate-worker apply` does.
using ApplyQuery = std::function<Result<void>(const Json& request, const Files& files)>;

struct LocalRun {
  std::map<std::string, std::string> files;                // of the topics that were read or written
  std::map<std::string, std::vector<crds::Field>> fields;  // of all topics
  std::vector<std::string> written;                        // topics that users name, in flow order
  std::map<std::string, std::vector<Rejected>> rejected;   // by processor; one without is absent
  std::vector<std::string> skipped;                        // processors whose topic nobody filled
};

// Runs the processors in the order in which records pass them. `inputs`: a file for each topic that is filled from
// outside; given for a topic that a processor writes, it replaces what that would write. New files go to `directory`,
// which must exist. Fails with InvalidInput for a topic that the pipeline lacks, or with what `check` or `apply` say.
// Precondition: crds::check_graph(spec) succeeded, and it is expanded (crds/repartition.h).
Result<LocalRun> run_locally(const crds::PipelineSpec& spec, const std::map<std::string, std::string>& inputs,
                             const CheckQuery& check, const ApplyQuery& apply, const std::string& directory);

// The file's records as a processor that selects everything would write them, so that they compare with its rows.
// Fails with InvalidInput, naming the first line that is no record of the topic.
Result<std::vector<std::string>> canonical_rows(const std::string& topic, const std::vector<crds::Field>& fields,
                                                const std::string& file, const ApplyQuery& apply,
                                                const std::string& directory);

std::vector<std::string> lines_of(const std::string& file);

}  // namespace tidegate::cli
