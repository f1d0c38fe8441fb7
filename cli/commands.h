// The commands of kubectl-tidegate. Each writes to standard output, problems to standard error, and returns the
// process's exit code.
#pragma once

#include "cli/arguments.h"

namespace tidegate::cli {

// The pipeline on one screen. 1 when it cannot be read. With --watch again and again until SIGINT, then 0.
int status_command(const Arguments& arguments);

// All problems of a namespace or of the cluster, worst first. 0 when there is none and the operator watches,
// kHasProblems when not, 1 when they cannot be read.
constexpr int kHasProblems = 3;
int problems_command(const Arguments& arguments);

// The script that teaches a shell to complete kubectl-tidegate.
int completion_command(const Arguments& arguments);

// What may follow `words`, of which the last one is not complete; in the form that kubectl and our own scripts read.
int complete_command(const std::vector<std::string>& words);

// Why each stage has the replicas it has: the operator's decisions, read from the process that leads. 1 when it cannot
// be asked.
int explain_command(const Arguments& arguments);

// Checks the Pipelines of a file without a cluster. 1 when one is not valid.
int validate_command(const Arguments& arguments);

// Runs a Pipeline's processors over files without a cluster. 1 when the outcome is not the expected one, or cannot be
// had.
int test_command(const Arguments& arguments);

// Prints a topic's fields as a file of records suggests them. 1 when it holds none.
int infer_command(const Arguments& arguments);

// Counts, shows or replays the dead letters of a stage, in a Job beside it. 1 when that cannot be done.
int dead_letters_command(const Arguments& arguments);

// The last records that a stage wrote (a sink: reads), in a Job beside it. 1 when they cannot be read.
int tail_command(const Arguments& arguments);

}  // namespace tidegate::cli
