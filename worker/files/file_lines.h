// The lines of a file, from any place on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "worker/files/descriptor.h"

namespace tidegate::files {

// Where reading goes on in a file.
struct Place {
  std::int64_t row = 0;   // lines, or rows of a table, that lie behind it
  std::int64_t byte = 0;  // of a file of lines

  friend bool operator==(const Place&, const Place&) = default;
};

struct FileLine {
  std::int64_t number = 0;  // from 1
  std::string text;         // without its end (\n or \r\n); at most kMostKept bytes
  std::size_t bytes = 0;    // that it has
};

// One thread uses it. Lines with nothing but blanks are skipped, as is a byte order mark. Fails with Waiting.
class FileLines {
 public:
  static constexpr std::size_t kMostKept = 1 << 20;

  // `shown`: the file's name for people. `quoted`: line ends in quotes belong to the record, which has the number of
  // its first line; where a quote is never closed, a line is a record all the same.
  static Result<FileLines> open(const std::string& path, const std::string& shown, const Place& place, bool quoted);

  // Nothing: the end.
  Result<std::optional<FileLine>> next();
  // Behind the last one.
  const Place& place() const { return place_; }
  // Whether nothing is left; true may come late, when blank lines are.
  Result<bool> at_end();

 private:
  FileLines(Descriptor file, std::string shown, const Place& place, bool quoted)
      : file_(std::move(file)), shown_(std::move(shown)), place_(place), quoted_(quoted) {}

  Result<bool> fill();
  Result<std::size_t> line_end(std::size_t from);
  Result<std::size_t> record_end(std::size_t first_end, std::int64_t& lines);
  void pass(std::size_t bytes);

  Descriptor file_;
  std::string shown_;
  Place place_;
  bool quoted_;
  std::string buffer_;  // from at_ on not taken yet
  std::size_t at_ = 0;
  bool ended_ = false;  // nothing is behind the buffer
};

}  // namespace tidegate::files
