#include "worker/sinks/secret_file.h"

#include <fstream>
#include <iterator>

#include "common/base/text.h"

namespace tidegate::sinks {

Result<std::string> read_secret(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::string value(trim(text));
  if (value.empty()) return Error{"Waiting", cat("nothing in ", path)};
  if (value.find_first_of("\r\n") != std::string::npos) return Error{"Waiting", cat("more than one line in ", path)};
  return value;
}

}  // namespace tidegate::sinks
