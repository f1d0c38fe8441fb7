// The records of a body.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tidegate::sources {

struct Line {
  std::size_t number = 0;  // from 1, blank lines counted
  std::string_view text;   // as sent, without the line end (\n or \r\n)
};

// Lines with nothing but blanks are skipped; the last line needs no line end. A body that is a single object is one
// line, wherever it breaks. Views into the body.
class Lines {
 public:
  explicit Lines(std::string_view body, bool single_object = false) : rest_(body), single_object_(single_object) {}
  std::optional<Line> next();

 private:
  std::string_view rest_;
  bool single_object_;
  std::size_t number_ = 0;
};

}  // namespace tidegate::sources
