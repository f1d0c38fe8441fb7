#include "cli/completion.h"

#include <algorithm>
#include <map>

#include "common/base/text.h"

namespace tidegate::cli {
namespace {

using Words = std::vector<std::string>;

const Words kEverywhere = {"--namespace", "--kubeconfig", "--context", "--operator", "--help"};
const std::map<std::string, Words> kCommands = {
    {"status", {"--output", "--watch"}},
    {"problems", {"--output", "--all-namespaces"}},
    {"explain", {"--output", "--stage", "--since", "--operator-port"}},
    {"dead-letters",
     {"--output", "--reason", "--since", "--until", "--field", "--limit", "--from", "--rate", "--most-failures",
      "--dry-run"}},
    {"tail", {"--limit"}},
    {"validate", {"--filename"}},
    {"test", {"--filename", "--input", "--expect", "--topic"}},
    {"infer", {}},
    {"completion", {}},
    {"version", {}},
};
const std::map<std::string, std::string> kValueOf = {
    {"-n", "namespaces"},      {"--namespace", "namespaces"},
    {"-o", "outputs"},         {"--output", "outputs"},
    {"-f", "files"},           {"--filename", "files"},
    {"--kubeconfig", "files"}, {"--context", "nothing"},
    {"--operator", "nothing"}, {"--stage", "nothing"},
    {"--since", "nothing"},    {"--operator-port", "nothing"},
    {"--input", "nothing"},    {"--expect", "nothing"},
    {"--topic", "nothing"},    {"--reason", "nothing"},
    {"--until", "nothing"},    {"--field", "nothing"},
    {"--limit", "nothing"},    {"--from", "nothing"},
    {"--rate", "nothing"},     {"--most-failures", "nothing"},
};

// The words that are no options and no values of options, without the last one.
Words plain_words(const Words& words) {
  Words out;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (kValueOf.count(words[i]) > 0) {
      ++i;
    } else if (!words[i].starts_with('-')) {
      out.push_back(words[i]);
    }
  }
  return out;
}

Completion value(const std::string& kind, const Words& words, const Names& names) {
  if (kind == "files") return {{}, true};
  if (kind == "outputs") return {{"json"}, false};
  if (kind == "namespaces") return {names("namespaces", words), false};
  return {};
}

Words options(const std::string& command) {
  Words out = kEverywhere;
  const auto own = kCommands.find(command);
  if (own != kCommands.end()) out.insert(out.end(), own->second.begin(), own->second.end());
  return out;
}

Completion candidates(const Words& words, const Names& names) {
  if (words.size() > 1) {
    const auto option = kValueOf.find(words[words.size() - 2]);
    if (option != kValueOf.end()) return value(option->second, words, names);
  }
  const Words before = plain_words(words);
  if (words.back().starts_with('-')) return {options(before.empty() ? "" : before[0]), false};
  if (before.empty()) {
    Completion out;
    for (const auto& [command, own] : kCommands) out.candidates.push_back(command);
    return out;
  }
  if (before[0] == "dead-letters") {
    if (before.size() == 1) return {{"list", "show", "replay"}, false};
    return before.size() == 2 ? Completion{names("pipelines", words), false} : Completion{};
  }
  if (before.size() > 1) return {};
  if (before[0] == "status" || before[0] == "explain" || before[0] == "tail") return {names("pipelines", words), false};
  if (before[0] == "infer") return {{}, true};
  if (before[0] == "completion") return {{"bash", "zsh", "fish"}, false};
  return {};
}

constexpr const char* kBash =
    R"sh(# bash completion of kubectl-tidegate; for this shell: source <(kubectl tidegate completion bash)
# `kubectl tidegate` itself is completed by kubectl's own completion with kubectl_complete-tidegate on the PATH.
_kubectl_tidegate() {
  local word=${COMP_WORDS[COMP_CWORD]} line directive candidates=()
  while IFS= read -r line; do
    if [[ $line == :* ]]; then directive=${line#:}; else candidates+=("$line"); fi
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$word" 2>/dev/null)
  COMPREPLY=("${candidates[@]}")
  [[ $directive != 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -F _kubectl_tidegate kubectl-tidegate
)sh";

constexpr const char* kZsh = R"sh(#compdef kubectl-tidegate
# zsh completion of kubectl-tidegate; for this shell: source <(kubectl tidegate completion zsh)
# `kubectl tidegate` itself is completed by kubectl's own completion with kubectl_complete-tidegate on the PATH.
_kubectl_tidegate() {
  local -a lines
  lines=("${(@f)$(${words[1]} __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ ${lines[-1]} == :0 ]]; then _files; else compadd -a 'lines[1,-2]'; fi
}
compdef _kubectl_tidegate kubectl-tidegate
)sh";

constexpr const char* kFish =
    R"sh(# fish completion of kubectl-tidegate; for this shell: kubectl tidegate completion fish | source
# `kubectl tidegate` itself is completed by kubectl's own completion with kubectl_complete-tidegate on the PATH.
function __kubectl_tidegate
  set -l words (commandline -opc)
  set -l lines ($words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null)
  if test "$lines[-1]" = ":0"
    __fish_complete_path (commandline -ct)
  else
    string match -v ":*" -- $lines
  end
end
complete -c kubectl-tidegate -f -a "(__kubectl_tidegate)"
)sh";

}  // namespace

Completion complete(const Words& words, const Names& names) {
  if (words.empty()) return complete({""}, names);
  Completion out = candidates(words, names);
  const std::string& begun = words.back();
  std::erase_if(out.candidates, [&](const std::string& candidate) { return !candidate.starts_with(begun); });
  return out;
}

std::string to_cobra(const Completion& completion) {
  // 0: the shell's default, which is file names; 4: ShellCompDirectiveNoFileComp.
  return cat(join(completion.candidates, "\n"), completion.candidates.empty() ? "" : "\n",
             completion.files ? ":0\n" : ":4\n");
}

Result<std::string> completion_script(const std::string& shell) {
  if (shell == "bash") return std::string(kBash);
  if (shell == "zsh") return std::string(kZsh);
  if (shell == "fish") return std::string(kFish);
  return Error{"InvalidArguments", "completion needs a shell: bash, zsh or fish"};
}

}  // namespace tidegate::cli
