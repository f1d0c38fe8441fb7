// Small things that several files of this folder write.
#pragma once

#include <string>

#include "common/json/json.h"
#include "crds/names.h"

namespace tidegate::controllers {

// Of every object that belongs to a pipeline.
inline Json pipeline_labels(const std::string& pipeline) {
  return Json::object({{crds::labels::pipeline, pipeline}, {crds::labels::managed_by, "tidegate"}});
}

}  // namespace tidegate::controllers
