// Topics that processors keep as lookup tables (docs/tables.md).
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/json/json.h"
#include "crds/pipeline.h"

namespace tidegate::crds {

bool reads_table(const Processor& processor, const std::string& topic);

// Checks the tables of each processor, and compacted topics: there must be a last record of each key, and the processor
// must be able to find it. Fails with reason InvalidSpec. Pure.
Result<void> check_tables(const PipelineSpec& spec);

// As workers read them, in the settings and in a question about the query: `[{"topic", "key": […], "fields": […]}]`.
// Precondition: check_tables(spec) succeeded.
Json tables_request(const PipelineSpec& spec, const Processor& processor);

}  // namespace tidegate::crds
