#include <cstdio>

#include "cli/commands.h"
#include "cli/validate.h"
#include "cli/yaml.h"
#include "common/base/text.h"

namespace tidegate::cli {
int validate_command(const Arguments& arguments) {
  const std::string path = arguments.get("filename");
  if (path.empty() || !arguments.positional.empty()) {
    std::fputs("error: validate needs -f FILE and nothing else\n", stderr);
    return 2;
  }
  const auto documents = read_yaml(path);
  if (!documents) {
    std::fprintf(stderr, "error: %s: %s\n", path.c_str(), documents.error().message.c_str());
    return 1;
  }
  const std::string worker = find_worker();
  if (worker.empty())
    std::fputs("note: SQL is not checked, tidegate-worker is neither beside kubectl-tidegate nor on PATH\n", stderr);
  const CheckQuery check = worker.empty() ? CheckQuery() : worker_check(worker);

  int checked = 0;
  int wrong = 0;
  for (const Json& object : *documents) {
    const std::string name =
        cat(object.get("kind").as_string(), " ", object.at("metadata/name").as_string("(unnamed)"));
    const auto problems = validate(object, check);
    for (const std::string& problem : problems) std::printf("%s: %s\n", name.c_str(), problem.c_str());
    if (problems.empty() && object.get("apiVersion").as_string().rfind("tidegate.io/", 0) == 0) {
      std::printf("%s: valid\n", name.c_str());
      for (const std::string& remark : remarks(object)) std::printf("%s: note: %s\n", name.c_str(), remark.c_str());
    }
    ++checked;
    wrong += problems.empty() ? 0 : 1;
  }
  if (checked == 0) std::fprintf(stderr, "error: %s holds no objects\n", path.c_str());
  return wrong > 0 || checked == 0 ? 1 : 0;
}

}  // namespace tidegate::cli
