#include "tests/paths.h"

namespace tidegate {

std::string source_path(const std::string& path) {
  return TIDEGATE_SOURCE_DIR "/" + path;
}

}  // namespace tidegate
