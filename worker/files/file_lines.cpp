#include "worker/files/file_lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "worker/files/volume_error.h"

namespace tidegate::files {
namespace {

constexpr std::size_t kBlock = 256 << 10;
constexpr std::string_view kMark = "\xEF\xBB\xBF";  // of UTF-8

std::size_t quotes_in(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '"'));
}

}  // namespace

Result<FileLines> FileLines::open(const std::string& path, const std::string& shown, const Place& place, bool quoted) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return volume_error(shown, errno);
  if (::lseek(file.number(), place.byte, SEEK_SET) < 0) return volume_error(shown, errno);
  return FileLines(std::move(file), shown, place, quoted);
}

// More of the file behind what is in the buffer; false at its end.
Result<bool> FileLines::fill() {
  if (ended_) return false;
  buffer_.erase(0, std::exchange(at_, 0));
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kBlock);
  ssize_t count = 0;
  do {
    count = ::read(file_.number(), buffer_.data() + before, kBlock);
  } while (count < 0 && errno == EINTR);
  const int code = errno;
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (count < 0) return volume_error(shown_, code);
  ended_ = count == 0;
  return !ended_;
}

Result<bool> FileLines::at_end() {
  if (at_ < buffer_.size()) return false;
  const auto more = fill();
  if (!more) return more.error();
  return !*more;
}

// Of the line that holds byte `from` of what is not taken yet: where its \n is, or where the file ends; npos: not
// within the bytes that are kept.
Result<std::size_t> FileLines::line_end(std::size_t from) {
  for (;;) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    const std::size_t end = rest.find('\n', from);
    if (end != std::string_view::npos) return end;
    if (rest.size() > kMostKept) return std::string_view::npos;
    from = rest.size();
    const auto more = fill();
    if (!more) return more.error();
    if (!*more) return from;
  }
}

// Of a record whose first line ends at `first_end`; `lines` counts those behind it.
Result<std::size_t> FileLines::record_end(std::size_t first_end, std::int64_t& lines) {
  std::size_t end = first_end;
  std::size_t quotes = quotes_in(std::string_view(buffer_).substr(at_, end));
  std::int64_t more = 0;
  while (quotes % 2 == 1) {
    if (at_ + end >= buffer_.size()) return first_end;  // it is never closed
    const auto next = line_end(end + 1);
    if (!next) return next.error();
    if (*next == std::string::npos) return first_end;
    quotes += quotes_in(std::string_view(buffer_).substr(at_ + end, *next - end));
    end = *next;
    ++more;
  }
  lines += more;
  return end;
}

void FileLines::pass(std::size_t bytes) {
  at_ += bytes;
  place_.byte += static_cast<std::int64_t>(bytes);
}

Result<std::optional<FileLine>> FileLines::next() {
  for (;;) {
    auto end = line_end(0);
    if (!end) return std::move(end).error();
    std::int64_t lines = 1;
    if (quoted_ && *end != std::string::npos) end = record_end(*end, lines);
    if (!end) return std::move(end).error();
    FileLine line;
    line.number = place_.row + 1;
    line.text = buffer_.substr(at_, std::min(*end, kMostKept));
    while (*end == std::string::npos) {  // the rest of a line that is too long is passed
      const std::size_t passed = std::min(buffer_.size() - at_, kMostKept);
      line.bytes += passed;
      pass(passed);
      end = line_end(0);
      if (!end) return std::move(end).error();
    }
    line.bytes += *end;
    const bool cut = at_ + *end == buffer_.size();  // no line end: the file ends here
    if (cut && line.bytes == 0) return std::optional<FileLine>();
    pass(*end + (cut ? 0 : 1));
    place_.row += lines;
    if (line.number == 1 && line.text.starts_with(kMark)) {
      line.text.erase(0, kMark.size());
      line.bytes -= kMark.size();
    }
    if (line.text.ends_with('\r')) {
      line.text.pop_back();
      --line.bytes;
    }
    if (line.text.find_first_not_of(" \t\r\n") != std::string::npos) return std::optional(std::move(line));
  }
}

}  // namespace tidegate::files
