#include "cli/arguments.h"

#include <set>

namespace tidegate::cli {
namespace {

const std::map<std::string, std::string> kShort = {{"-n", "namespace"}, {"-o", "output"},         {"-f", "filename"},
                                                   {"-h", "help"},      {"-A", "all-namespaces"}, {"-w", "watch"}};
const std::set<std::string> kTakesValue = {"namespace", "output",        "filename", "kubeconfig",   "context",
                                           "operator",  "operator-port", "stage",    "since",        "input",
                                           "expect",    "topic",         "reason",   "until",        "field",
                                           "limit",     "from",          "rate",     "most-failures"};
const std::set<std::string> kFlags = {"help", "all-namespaces", "watch", "dry-run"};

}  // namespace

std::string Arguments::get(const std::string& option, const std::string& fallback) const {
  const auto found = options.find(option);
  return found == options.end() ? fallback : found->second.back();
}

std::vector<std::string> Arguments::all(const std::string& option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::vector<std::string>() : found->second;
}

Result<Arguments> parse_arguments(const std::vector<std::string>& words) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word[0] != '-') {
      if (out.command.empty()) {
        out.command = word;
      } else {
        out.positional.push_back(word);
      }
      continue;
    }
    const std::size_t equals = word.find('=');
    const auto spelled = kShort.find(word);
    const std::string name = spelled != kShort.end() ? spelled->second
                             : word.rfind("--", 0) == 0
                                 ? word.substr(2, equals == std::string::npos ? equals : equals - 2)
                                 : "";
    if (kFlags.count(name) > 0) {
      out.options[name] = {"true"};
    } else if (kTakesValue.count(name) == 0) {
      return Error{"InvalidArguments", "unknown option " + word};
    } else if (equals != std::string::npos && spelled == kShort.end()) {
      out.options[name].push_back(word.substr(equals + 1));
    } else if (++i < words.size()) {
      out.options[name].push_back(words[i]);
    } else {
      return Error{"InvalidArguments", word + " needs a value"};
    }
  }
  return out;
}

}  // namespace tidegate::cli
