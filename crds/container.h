// The user's own container of a stage; mirrors `container` in pipelines.tidegate.io.yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crds/kafka_cluster.h"

namespace tidegate::crds {

// A text, or a key of a Secret.
struct EnvVariable {
  std::string name;
  std::string value;
  std::optional<SecretKeyRef> secret;
};

struct Container {
  std::string image;
  std::vector<std::string> command;  // empty: the image's own
  std::vector<std::string> args;
  std::vector<EnvVariable> env;
  Resources resources{"50m", "96Mi", "", "512Mi"};
};

}  // namespace tidegate::crds
