#include "worker/files/folder.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "common/base/log.h"
#include "worker/files/volume_error.h"

namespace tidegate::files {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLookInterval{1'000};

}  // namespace

Folder::Folder(const std::string& directory, const std::string& path, Clock clock)
    : root_(directory + "/"), clock_(std::move(clock)) {
  const std::size_t name_at = path.rfind('/') + 1;
  folder_ = path.substr(0, name_at);
  pattern_ = path.substr(name_at);
}

Result<std::optional<std::string>> Folder::after(const std::string& name) {
  if (auto looked = look(name); !looked) return std::move(looked).error();
  const auto next = std::upper_bound(names_.begin(), names_.end(), name);
  return next == names_.end() ? std::nullopt : std::optional(*next);
}

Result<bool> Folder::has(const std::string& name) {
  if (auto looked = look(name); !looked) return std::move(looked).error();
  return std::binary_search(names_.begin(), names_.end(), name);
}

std::size_t Folder::waiting(const std::string& name) const {
  return static_cast<std::size_t>(names_.end() - std::upper_bound(names_.begin(), names_.end(), name));
}

Result<void> Folder::look(const std::string& behind) {
  const SteadyTime now = clock_.steady();
  if (looked_ && now - *looked_ < kLookInterval) return {};
  std::vector<std::string> names;
  std::error_code failed;
  fs::directory_iterator entry(root_ + folder_, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    std::error_code unknown;
    if (::fnmatch(pattern_.c_str(), name.c_str(), FNM_PERIOD) == 0 && entry->is_regular_file(unknown)) {
      names.push_back(name);
    }
  }
  if (failed) return volume_error(folder_.empty() ? root_ : folder_, failed.value());
  std::sort(names.begin(), names.end());
  if (looked_) {
    std::vector<std::string> fresh;
    std::set_difference(names.begin(), names.end(), names_.begin(), names_.end(), std::back_inserter(fresh));
    for (auto name = fresh.begin(); name != fresh.end() && *name <= behind; ++name) {
      ++late_;
      log::warn("a file is never read: its name sorts before the last one that was taken",
                {{"file", shown(*name)}, {"last", behind}});
    }
  }
  looked_ = now;
  names_ = std::move(names);
  return {};
}

}  // namespace tidegate::files
