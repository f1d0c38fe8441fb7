// What can be said about a manifest without a cluster.
#pragma once

#include <string>
#include <vector>

#include "cli/worker_check.h"
#include "common/json/json.h"

namespace tidegate::cli {

// One sentence for each mistake, beginning with the field's path; empty when there is none. Structure first; references
// and cycles once the structure holds; SQL, and the keys that depend on its columns, once those hold.
// `check` may be empty: SQL is not checked then. Objects of other kinds have no mistakes.
std::vector<std::string> validate(const Json& object, const CheckQuery& check);

}  // namespace tidegate::cli
