// The commands of kubectl-tidegate. Each writes to standard output, problems to standard error, and returns the
// process's exit code.
#pragma once

#include "cli/arguments.h"

namespace tidegate::cli {

// The pipeline on one screen. 1 when it cannot be read.
int status_command(const Arguments& arguments);

// Why each stage has the replicas it has: the operator's decisions, read from the process that leads. 1 when it cannot
// be asked.
int explain_command(const Arguments& arguments);

// Checks the Pipelines of a file without a cluster. 1 when one is not valid.
int validate_command(const Arguments& arguments);

}  // namespace tidegate::cli
