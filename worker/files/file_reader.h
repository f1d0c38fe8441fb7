// What a file holds, whatever its format: rows that are to become records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/schema.h"
#include "worker/files/file_lines.h"

namespace tidegate::files {

struct Row {
  std::int64_t number = 0;          // line of a text, row of a table; from 1
  std::string text;                 // as it stands in the file; of Parquet as CSV
  std::optional<std::string> made;  // the record made of it; nothing: it is one itself
  std::optional<Error> refused;     // or why it cannot be one
  std::string summary;              // the same in a few words, without values

  std::string_view record() const { return made ? *made : text; }
};

struct Rows {
  std::vector<Row> rows;
  Place behind;
  bool end = false;  // nothing is left
};

// One thread uses it.
class FileReader {
 public:
  struct File {
    std::string path;
    std::string shown;   // its name for people
    std::string format;  // ndjson, csv (with a header) or parquet; empty: a record a line
  };
  // `fields`: of the records' values. Fails with Waiting when the volume fails, Malformed when it is no such file.
  static Result<std::unique_ptr<FileReader>> open(const File& file, const codec::Schema& fields, const Place& place);
  virtual ~FileReader() = default;

  // The next rows, of about `bytes` at most; the last ones tell the end. Fails as open(), and is of no use any more
  // then.
  virtual Result<Rows> read(std::size_t most, std::size_t bytes) = 0;
};

}  // namespace tidegate::files
