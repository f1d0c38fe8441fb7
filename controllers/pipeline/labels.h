// Small things that several files of this folder write.
#pragma once

#include <string>
#include <vector>

#include "common/json/json.h"
#include "crds/names.h"
#include "crds/pipeline.h"

namespace tidegate::controllers {

// Of every object that belongs to a pipeline.
inline Json pipeline_labels(const std::string& pipeline) {
  return Json::object({{crds::labels::pipeline, pipeline}, {crds::labels::managed_by, "tidegate"}});
}

// As stage settings and the accepted spec hold them.
inline Json to_json(const std::vector<crds::Field>& fields) {
  Json out = Json::Array{};
  for (const crds::Field& field : fields) {
    Json item = Json::object({{"name", field.name}, {"type", field.type}});
    if (field.required) item["required"] = true;
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace tidegate::controllers
