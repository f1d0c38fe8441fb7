// Runs `tidegate-worker check`, which knows what SQL Tidegate accepts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"
#include "crds/pipeline.h"

namespace tidegate::cli {

// The columns that the query of a request gives. Fails with the worker's reason and message.
using CheckQuery = std::function<Result<std::vector<crds::Field>>(const Json& request)>;

// What `tidegate-worker check` and `apply` are asked.
Json query_request(const std::string& topic, const std::vector<crds::Field>& fields, const std::string& query,
                   const std::vector<std::string>& key = {});
// The same for a processor, its window and its key included. `fields`: of its topic.
Json query_request(const crds::PipelineSpec& spec, const crds::Processor& processor,
                   const std::vector<crds::Field>& fields);

// The program beside this one, else the one on PATH; "" when there is none.
std::string find_worker();

// Starts one process per call and waits for it (at most 30 s). Fails with CheckFailed when the program itself does.
CheckQuery worker_check(const std::string& program);

}  // namespace tidegate::cli
