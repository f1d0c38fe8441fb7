#include <cstdio>

#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/completion.h"

namespace tidegate::cli {
namespace {

constexpr Duration kPatience{2'000};  // somebody has just pressed Tab

const kube::Resource kNamespaces{"", "v1", "namespaces", "Namespace"};

// Nothing when the cluster cannot be asked: a shell has no place for errors.
std::vector<std::string> names_in_cluster(const std::string& kind, std::vector<std::string> words) {
  words.pop_back();
  // An option that still waits for its value is left out.
  auto arguments = parse_arguments(words);
  if (!arguments && !words.empty()) {
    words.pop_back();
    arguments = parse_arguments(words);
  }
  if (!arguments) return {};
  auto cluster = Cluster::connect(*arguments, kPatience);
  if (!cluster) return {};
  const auto objects = kind == "namespaces" ? cluster->api().list_all(kNamespaces, {})
                                            : cluster->api().list_all(kPipelines, {cluster->ns(), ""});
  std::vector<std::string> out;
  if (!objects) return out;
  for (const Json& object : *objects) out.push_back(object.at("metadata/name").as_string());
  return out;
}

}  // namespace

int completion_command(const Arguments& arguments) {
  const auto script = completion_script(arguments.positional.size() == 1 ? arguments.positional[0] : std::string());
  if (!script) return fail(script.error().message);
  std::fputs(script->c_str(), stdout);
  return 0;
}

int complete_command(const std::vector<std::string>& words) {
  std::fputs(to_cobra(complete(words, names_in_cluster)).c_str(), stdout);
  return 0;
}

}  // namespace tidegate::cli
