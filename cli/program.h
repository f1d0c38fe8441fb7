// Runs another program with files as its standard input and output.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"

namespace tidegate::cli {

// `words[0]` is the program's path. Waits for its end. Fails with ProgramFailed, and what it said on standard error,
// when it cannot be started or ends with another code than 0. One at a time.
Result<void> run_program(const std::vector<std::string>& words, const std::string& input_file,
                         const std::string& output_file);

}  // namespace tidegate::cli
