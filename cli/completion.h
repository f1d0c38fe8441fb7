// What the shells are told. Pure functions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace tidegate::cli {

// Looks names up in the cluster, of the kind "pipelines" or "namespaces", with the options on the command line so far.
using Names = std::function<std::vector<std::string>(const std::string& kind, const std::vector<std::string>& words)>;

// What can stand in place of the last of `words`, the words behind `kubectl tidegate`; not sorted. File names are left
// to the shell: `files` says so.
struct Completion {
  std::vector<std::string> candidates;
  bool files = false;
};
Completion complete(const std::vector<std::string>& words, const Names& names);

// As Cobra's programs write it (one candidate a line, then ":" and a sum of directives), which kubectl expects of
// kubectl_complete-tidegate: https://github.com/spf13/cobra/blob/v1.8.0/completions.go
std::string to_cobra(const Completion& completion);

// Fails with InvalidArguments for any shell but bash, zsh and fish.
Result<std::string> completion_script(const std::string& shell);

}  // namespace tidegate::cli
