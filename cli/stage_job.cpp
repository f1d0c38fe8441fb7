#include "cli/stage_job.h"

#include <sstream>

#include "common/base/text.h"

namespace tidegate::cli {

Json stage_job(const Json& workload, const std::string& name, const Json& request) {
  const Json labels = Json::object(
      {{"app.kubernetes.io/name", "tidegate-letters"}, {"app.kubernetes.io/managed-by", "kubectl-tidegate"}});
  Json spec = workload.at("spec/template/spec");
  Json container = spec.at("containers/0");
  for (const char* of_a_stage : {"ports", "startupProbe", "readinessProbe", "livenessProbe"})
    container.erase(of_a_stage);
  container["command"] = Json::array(
      {"tidegate-worker", "letters", "--config", "/etc/tidegate/stage/stage.json", "--request", request.dump()});
  container["env"].push_back(Json::object({{"name", "TIDEGATE_LOG_LEVEL"}, {"value", "error"}}));
  spec["containers"] = Json::array({std::move(container)});
  // A container of the user's takes what is replayed; to look at records it is not needed.
  if (request.get("action").as_string() != "replay") spec.erase("initContainers");
  spec["restartPolicy"] = "Never";
  return Json::object(
      {{"apiVersion", "batch/v1"},
       {"kind", "Job"},
       {"metadata",
        Json::object({{"name", name}, {"namespace", workload.at("metadata/namespace")}, {"labels", labels}})},
       {"spec", Json::object({{"backoffLimit", 0},
                              {"activeDeadlineSeconds", 3600},
                              {"ttlSecondsAfterFinished", 60},  // should nobody be left to remove it
                              {"template", Json::object({{"metadata", Json::object({{"labels", labels}})},
                                                         {"spec", std::move(spec)}})}})}});
}

Result<StageAnswer> read_answer(const std::string& log) {
  StageAnswer out;
  std::istringstream lines(log);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (!trim(line).empty()) last = line;
    auto parsed = Json::parse(line);
    if (!parsed || !parsed->is_object()) continue;
    if (!parsed->get("record").is_null()) out.records.push_back(parsed->get("record"));
    if (parsed->get("error").is_string() && parsed->get("level").is_null())
      return Error{"Failed", parsed->get("error").as_string()};
    if (!parsed->get("done").is_null()) out.done = parsed->get("done");
  }
  if (out.done.is_null()) return Error{"NoAnswer", cat("the worker gave no answer: ", last)};
  return out;
}

}  // namespace tidegate::cli
