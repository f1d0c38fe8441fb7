// The files that a source reads: which there are, and which comes next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::files {

// One thread uses it. The folder is looked through at most once a second.
class Folder {
 public:
  // `path`: below the directory, a folder and a name with * and ? ("in/*.csv").
  Folder(const std::string& directory, const std::string& path, Clock clock = Clock::real());

  // The first file whose name sorts behind `name`; nothing: none yet. Hidden files and what is no regular file do not
  // count. Fails with Waiting when the folder cannot be read.
  Result<std::optional<std::string>> after(const std::string& name);
  Result<bool> has(const std::string& name);

  // As of the last look: those that sort behind `name`, and those that have come since the first look and do not.
  std::size_t waiting(const std::string& name) const;
  std::size_t late() const { return late_; }

  std::string path_of(const std::string& name) const { return root_ + shown(name); }
  // "in/a.csv", for people.
  std::string shown(const std::string& name) const { return folder_ + name; }
  // "in/"; "" for the volume's root.
  const std::string& folder() const { return folder_; }

 private:
  Result<void> look(const std::string& behind);

  const std::string root_;
  std::string folder_;
  std::string pattern_;
  const Clock clock_;
  std::optional<SteadyTime> looked_;
  std::vector<std::string> names_;  // ascending
  std::size_t late_ = 0;
};

}  // namespace tidegate::files
