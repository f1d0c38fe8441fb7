#include "cli/watch.h"

#include "common/base/text.h"

namespace tidegate::cli {
namespace {

// ECMA-48 and xterm's alternate screen, known to every terminal of today.
constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";  // alternate screen, no cursor
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";
constexpr const char* kHome = "\x1b[H";
constexpr const char* kClearLine = "\x1b[K";
constexpr const char* kClearBelow = "\x1b[J";

}  // namespace

std::string redrawn(const std::string& text) {
  std::string out = kHome;
  for (const char c : text) {
    if (c == '\n') out += kClearLine;
    out += c;
  }
  return out + kClearBelow;
}

std::string Screen::show(const std::string& frame, const std::string& content) {
  if (terminal_) {
    const std::string out = cat(begun_ ? "" : kEnter, redrawn(frame));
    begun_ = true;
    frame_ = frame;
    return out;
  }
  if (begun_ && content == content_) return "";
  begun_ = true;
  content_ = content;
  return frame;
}

std::string Screen::end() {
  return terminal_ && begun_ ? cat(kLeave, frame_) : "";
}

}  // namespace tidegate::cli
