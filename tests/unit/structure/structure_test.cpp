// The shape of the repository that docs/architecture.md promises, checked on the sources themselves.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/paths.h"

namespace fs = std::filesystem;

namespace {

const fs::path root = tidegate::source_path("");
const std::vector<std::string> code_folders = {"common", "kafka", "crds", "controllers", "operator", "worker", "cli"};

struct Include {
  std::string file;    // the includer, relative to the root
  std::string target;  // between the quotes or angle brackets
};

std::vector<Include> includes() {
  std::vector<Include> found;
  for (const std::string& folder : code_folders) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        if (line.rfind("#include ", 0) != 0) continue;
        const auto from = line.find_first_of("<\"") + 1;
        found.push_back({fs::relative(entry.path(), root), line.substr(from, line.find_first_of(">\"", from) - from)});
      }
    }
  }
  return found;
}

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.rfind(prefix, 0) == 0;
}

bool in_any(const std::string& file, const std::vector<std::string>& folders) {
  return std::any_of(folders.begin(), folders.end(), [&](const auto& f) { return starts_with(file, f); });
}

}  // namespace

TEST_CASE("each third-party header has one home") {
  const std::map<std::string, std::vector<std::string>> homes = {
      {"nlohmann/", {"common/json/"}},  {"boost/", {"common/http/"}},       {"prometheus/", {"common/metrics/"}},
      {"cpprest/", {"operator/kube/"}}, {"pplx/", {"operator/kube/"}},      {"librdkafka/", {"kafka/"}},
      {"duckdb.h", {"worker/engine/"}}, {"simdjson", {"worker/codec/"}},    {"libpq-fe.h", {"worker/sinks/"}},
      {"curl/", {"worker/sinks/"}},     {"postgresql/", {"worker/sinks/"}}, {"yaml-cpp/", {"cli/", "operator/kube/"}},
  };
  std::set<std::string> seen;
  for (const Include& include : includes()) {
    for (const auto& [header, folders] : homes) {
      if (!starts_with(include.target, header)) continue;
      seen.insert(header);
      CAPTURE(include.file);
      CAPTURE(include.target);
      CHECK(in_any(include.file, folders));
    }
  }
  CHECK(seen.count("nlohmann/") == 1);  // the check sees includes at all
}

TEST_CASE("dependencies point one way") {
  // What the sources of a folder may include of ours; longest matching folder counts.
  const std::map<std::string, std::vector<std::string>> allowed = {
      {"common/", {"common/"}},
      {"kafka/", {"common/", "kafka/"}},
      {"crds/", {"common/", "crds/"}},
      {"operator/kube/", {"common/", "operator/kube/"}},
      {"controllers/", {"common/", "kafka/", "crds/", "operator/kube/", "controllers/"}},
      {"operator/", {"common/", "kafka/", "crds/", "operator/", "controllers/"}},
      {"worker/", {"common/", "kafka/", "worker/"}},
      {"cli/", {"common/", "crds/", "operator/kube/", "cli/"}},
  };
  for (const Include& include : includes()) {
    if (!in_any(include.target, {"common/", "kafka/", "crds/", "operator/", "controllers/", "worker/", "cli/"}))
      continue;
    const auto* rule = &*std::max_element(allowed.begin(), allowed.end(), [&](const auto& a, const auto& b) {
      const auto matched = [&](const auto& r) { return starts_with(include.file, r.first) ? r.first.size() : 0; };
      return matched(a) < matched(b);
    });
    CAPTURE(include.file);
    CAPTURE(include.target);
    CHECK(in_any(include.target, rule->second));
  }
}

TEST_CASE("files stay small enough to read in one go") {
  for (const std::string& folder : code_folders) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream in(entry.path());
      const auto lines = std::count(std::istreambuf_iterator<char>(in), {}, '\n');
      CAPTURE(fs::relative(entry.path(), root).string());
      CHECK(lines <= 600);
    }
  }
}

TEST_CASE("test names keep to characters that the runner passes through") {
  for (const auto& entry : fs::recursive_directory_iterator(root / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      const std::string opening = "TEST_CASE(\"";
      if (!starts_with(line, opening)) continue;
      const std::string name = line.substr(opening.size(), line.find('"', opening.size()) - opening.size());
      CAPTURE(entry.path().filename().string());
      CAPTURE(name);
      CHECK(name.find_first_of(";\\,") == std::string::npos);
    }
  }
}
