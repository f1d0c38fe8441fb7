#include "worker/sources/lines.h"

namespace tidegate::sources {

std::optional<Line> Lines::next() {
  while (!rest_.empty()) {
    const std::size_t end = single_object_ ? std::string_view::npos : rest_.find('\n');
    std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.find_first_not_of(" \t\r\n") != std::string_view::npos) return Line{number_, text};
  }
  return std::nullopt;
}

}  // namespace tidegate::sources
