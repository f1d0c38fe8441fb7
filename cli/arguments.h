// The command line: one command, positional arguments and options.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace tidegate::cli {

struct Arguments {
  std::string command;  // "" when none was given
  std::vector<std::string> positional;
  std::map<std::string, std::vector<std::string>> options;  // by long name; flags hold "true"

  bool has(const std::string& option) const { return options.count(option) > 0; }
  // The last one given.
  std::string get(const std::string& option, const std::string& fallback = "") const;
  // All that were given, in that order.
  std::vector<std::string> all(const std::string& option) const;
};

// Accepts --name VALUE, --name=VALUE and the short forms of kubectl (-n, -o, -f, -h), anywhere.
// Fails with InvalidArguments, naming what is wrong.
Result<Arguments> parse_arguments(const std::vector<std::string>& words);

}  // namespace tidegate::cli
