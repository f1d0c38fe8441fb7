#include "worker/files/volume_error.h"

#include <cerrno>
#include <system_error>

#include "common/base/text.h"

namespace tidegate::files {
namespace {

constexpr std::size_t kLongestProblem = 300;

const char* remedy_of(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "; make the volume larger, or remove files";
    case EROFS:
      return "; a sink needs a volume that may be written";
    case EACCES:
    case EPERM:
      return "; let user or group 65532 in, as a volume that follows fsGroup does";
    case ENOENT:
    case ENOTDIR:
      return "; make the folder, or correct file.path";
    case EISDIR:
      return "; a folder has the name of a file";
    case ESTALE:
    case EIO:
      return "; the volume itself fails";
    default:
      return "";
  }
}

}  // namespace

Error volume_error(const std::string& path, int code) {
  const std::string text = cat("Volume: ", path, ": ", std::generic_category().message(code), remedy_of(code));
  return {"Waiting", std::string(truncate_utf8(text, kLongestProblem))};
}

}  // namespace tidegate::files
