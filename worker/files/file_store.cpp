#include "worker/files/file_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "common/base/text.h"
#include "worker/files/descriptor.h"
#include "worker/files/volume_error.h"

namespace tidegate::files {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".unfinished";
constexpr mode_t kFolderMode = 0777;  // less what the umask takes
constexpr mode_t kFileMode = 0666;

class FileStore final : public objects::Store {
 public:
  FileStore(const std::string& directory, const std::string& writer)
      : root_(directory + "/"), unfinished_(cat(".", writer, kUnfinished)) {}

  Result<void> open() override {
    struct stat found {};
    if (::stat(root_.c_str(), &found) != 0) return volume_error(root_, errno);
    return {};
  }

  // All at once: a page would have to read the folder to its end as well.
  Result<std::vector<std::string>> list(const std::string& folder, const std::string& after, Duration) override {
    std::vector<std::string> names;
    std::error_code failed;
    fs::directory_iterator entry(root_ + folder, failed);
    if (failed.value() == ENOENT) {
      if (auto there = open(); !there) return std::move(there).error();
      return names;
    }
    for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
      const std::string name = entry->path().filename().string();
      if (name.starts_with('.')) {
        if (name.ends_with(kUnfinished)) ::unlink(entry->path().c_str());  // else it stays, and is in nobody's way
      } else if (name > after) {
        names.push_back(name);
      }
    }
    if (failed) return volume_error(folder, failed.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> put(const std::string& path, std::string_view bytes, Duration) override {
    const std::size_t name_at = path.rfind('/') + 1;
    const std::string folder = path.substr(0, name_at);
    const std::string hidden = cat(folder, ".", path.substr(name_at), unfinished_);
    if (auto made = make_folders(folder); !made) return made;
    auto written = write(hidden, bytes);
    if (written && std::rename((root_ + hidden).c_str(), (root_ + path).c_str()) != 0) {
      written = volume_error(path, errno);
    }
    if (written) return flush_folder(folder);
    ::unlink((root_ + hidden).c_str());  // a volume that is full must not be fuller for it
    return written;
  }

 private:
  Result<void> make_folders(const std::string& folder) {
    for (std::size_t end = folder.find('/'); end != std::string::npos; end = folder.find('/', end + 1)) {
      const std::string part = folder.substr(0, end);
      if (::mkdir((root_ + part).c_str(), kFolderMode) != 0) {
        if (errno == EEXIST) continue;
        return volume_error(part, errno);
      }
      if (auto flushed = flush_folder(part.substr(0, part.rfind('/') + 1)); !flushed) return flushed;
    }
    return {};
  }

  Result<void> write(const std::string& path, std::string_view bytes) {
    Descriptor file(::open((root_ + path).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
    if (!file.open()) return volume_error(path, errno);
    while (!bytes.empty()) {
      const ssize_t count = ::write(file.number(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return volume_error(path, errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(file.number()) != 0 || !file.close()) return volume_error(path, errno);
    return {};
  }

  // The names in it.
  Result<void> flush_folder(const std::string& folder) {
    const Descriptor opened(::open((root_ + folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.open()) return volume_error(folder, errno);
    // Some file systems keep names without being asked, and know no other way.
    if (::fsync(opened.number()) != 0 && errno != EINVAL) return volume_error(folder, errno);
    return {};
  }

  const std::string root_;
  const std::string unfinished_;
};

}  // namespace

std::unique_ptr<objects::Store> make_file_store(const std::string& directory, const std::string& writer) {
  return std::make_unique<FileStore>(directory, writer);
}

}  // namespace tidegate::files
