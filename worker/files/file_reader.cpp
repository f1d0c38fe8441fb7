#include "worker/files/file_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <utility>

#include "common/base/text.h"
#include "worker/codec/csv_table.h"
#include "worker/engine/parquet_reader.h"
#include "worker/files/volume_error.h"

namespace tidegate::files {
namespace {

constexpr const char* kMemoryLimit = "128MB";
constexpr std::string_view kMagic = "PAR1";  // at both ends of a Parquet file

void refuse(Row& row, Error error, std::string summary) {
  row.refused = std::move(error);
  row.summary = std::move(summary);
}

void convert(codec::CsvTable& table, Row& row) {
  if (auto made = table.read(row.text)) {
    row.made = std::string(*made);
  } else {
    refuse(row, made.error(), table.summary());
  }
}

class LineReader final : public FileReader {
 public:
  LineReader(FileLines lines, std::optional<codec::CsvTable> table)
      : lines_(std::move(lines)), table_(std::move(table)) {}

  Result<Rows> read(std::size_t most, std::size_t bytes) override {
    Rows out;
    for (std::size_t taken = 0; out.rows.size() < most && taken < bytes && !out.end;) {
      auto line = lines_.next();
      if (!line) return std::move(line).error();
      out.end = !line->has_value();
      if (out.end) break;
      taken += (*line)->text.size();
      out.rows.push_back(row_of(**std::move(line)));
    }
    if (!out.end) {
      const auto end = lines_.at_end();
      if (!end) return end.error();
      out.end = *end;
    }
    out.behind = lines_.place();
    return out;
  }

 private:
  Row row_of(FileLine line) {
    Row row;
    row.number = line.number;
    row.text = std::move(line.text);
    if (line.bytes > row.text.size()) {
      refuse(row,
             {"Oversized", cat("the line has ", std::to_string(line.bytes), " bytes; here are the first ",
                               std::to_string(row.text.size()))},
             "a line is too long");
    } else if (table_) {
      convert(*table_, row);
    }
    return row;
  }

  FileLines lines_;
  std::optional<codec::CsvTable> table_;
};

class ParquetRows final : public FileReader {
 public:
  ParquetRows(engine::ParquetReader reader, codec::CsvTable table, std::int64_t first)
      : reader_(std::move(reader)), table_(std::move(table)), row_(first) {}

  Result<Rows> read(std::size_t most, std::size_t bytes) override {
    if (failed_) return *failed_;
    Rows out;
    for (std::size_t taken = 0; out.rows.size() < most && taken < bytes && fill();) {
      Row& row = out.rows.emplace_back();
      row.number = ++row_;
      row.text = std::move(ahead_.front());
      ahead_.pop_front();
      taken += row.text.size();
      convert(table_, row);
    }
    if (failed_ && out.rows.empty()) return *failed_;
    out.end = !failed_ && !fill() && !failed_;
    out.behind.row = row_;
    return out;
  }

 private:
  // Whether there is a row ahead.
  bool fill() {
    if (!ahead_.empty() || failed_) return !ahead_.empty();
    auto rows = reader_.next();
    if (!rows) {
      failed_ = rows.error();
      if (failed_->reason != "Malformed") failed_->reason = "Waiting";
      return false;
    }
    ahead_.assign(std::make_move_iterator(rows->begin()), std::make_move_iterator(rows->end()));
    return !ahead_.empty();
  }

  engine::ParquetReader reader_;
  codec::CsvTable table_;
  std::int64_t row_;
  std::deque<std::string> ahead_;
  std::optional<Error> failed_;
};

// Told apart here, because the engine's words do not say whether a file or its volume is at fault.
Result<void> check_magic(const FileReader::File& file) {
  const Descriptor opened(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened.open()) return volume_error(file.shown, errno);
  const off_t size = ::lseek(opened.number(), 0, SEEK_END);
  char ends[2 * kMagic.size()];
  for (const off_t at : {off_t{0}, size - static_cast<off_t>(kMagic.size())}) {
    if (size < static_cast<off_t>(sizeof ends)) break;
    char* const to = at == 0 ? ends : ends + kMagic.size();
    const ssize_t count = ::pread(opened.number(), to, kMagic.size(), at);
    if (count < 0) return volume_error(file.shown, errno);
    if (std::string_view(to, kMagic.size()) != kMagic) return Error{"Malformed", "the file is no Parquet file"};
  }
  if (size < static_cast<off_t>(sizeof ends)) return Error{"Malformed", "the file is too short for a Parquet file"};
  return {};
}

Result<std::unique_ptr<FileReader>> open_parquet(const FileReader::File& file, const codec::Schema& fields,
                                                 std::int64_t first) {
  if (auto checked = check_magic(file); !checked) return std::move(checked).error();
  auto table = codec::CsvTable::of(fields, engine::ParquetReader::header(fields));
  if (!table) return std::move(table).error();
  auto reader = engine::ParquetReader::open(file.path, fields, first, kMemoryLimit);
  if (!reader) {
    Error error = reader.error();
    if (error.reason != "Malformed") error.reason = "Waiting";
    return error;
  }
  return std::unique_ptr<FileReader>(std::make_unique<ParquetRows>(*std::move(reader), *std::move(table), first));
}

}  // namespace

Result<std::unique_ptr<FileReader>> FileReader::open(const File& file, const codec::Schema& fields,
                                                     const Place& place) {
  if (file.format == "parquet") return open_parquet(file, fields, place.row);
  // Of a topic of csv a file has no header: as everywhere a record is a line.
  const bool table = file.format == "csv" && fields.format().kind == codec::Format::Kind::json;
  auto lines = FileLines::open(file.path, file.shown, table ? Place{} : place, table);
  if (!lines) return std::move(lines).error();
  std::optional<codec::CsvTable> columns;
  if (table) {
    auto header = lines->next();
    if (!header) return std::move(header).error();
    if (*header) {
      auto made = codec::CsvTable::of(fields, (*header)->text);
      if (!made) return std::move(made).error();
      columns = *std::move(made);
    }
    if (place.row > 0) lines = FileLines::open(file.path, file.shown, place, table);
    if (!lines) return std::move(lines).error();
  }
  return std::unique_ptr<FileReader>(std::make_unique<LineReader>(*std::move(lines), std::move(columns)));
}

}  // namespace tidegate::files
