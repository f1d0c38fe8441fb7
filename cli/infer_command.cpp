#include <cstdio>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/infer.h"

namespace tidegate::cli {

int infer_command(const Arguments& arguments) {
  if (arguments.positional.size() != 1) {
    std::fputs("error: infer needs one FILE of records, a JSON object a line\n", stderr);
    return 2;
  }
  const std::string& path = arguments.positional.front();
  std::ifstream file;
  if (path != "-") file.open(path);
  if (!file) {
    std::fprintf(stderr, "error: cannot read %s\n", path.c_str());
    return 1;
  }
  const Inferred inferred = infer(path == "-" ? std::cin : file);
  if (inferred.unreadable > 0) {
    std::fprintf(stderr, "note: %lld lines are no JSON objects and were left out\n",
                 static_cast<long long>(inferred.unreadable));
  }
  if (inferred.records == 0) {
    std::fprintf(stderr, "error: %s holds no records\n", path.c_str());
    return 1;
  }
  std::fputs(to_yaml(inferred).c_str(), stdout);
  return 0;
}

}  // namespace tidegate::cli
