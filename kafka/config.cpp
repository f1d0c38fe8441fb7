#include "kafka/config.h"

#include <fstream>
#include <iterator>

#include "common/base/text.h"

namespace tidegate::kafka {

Result<ClientConfig> with_files(ClientConfig config) {
  constexpr std::string_view prefix = "file:";
  for (auto& [name, value] : config.properties) {
    if (!value.starts_with(prefix)) continue;
    const std::string path = value.substr(prefix.size());
    std::ifstream file(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    if (!file.is_open() || file.bad()) return Error{"InvalidSettings", cat(name, ": cannot read ", path)};
    value = std::string(trim(text));  // secrets are often stored with a line end
  }
  return config;
}

}  // namespace tidegate::kafka
