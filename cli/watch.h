// `--watch`: shows a text again and again, redrawn in place on a terminal, one after the other anywhere else.
#pragma once

#include <string>

namespace tidegate::cli {

// What to write so that a terminal shows `text` instead of what it showed: every line is overwritten, the rest cleared,
// which does not flicker as clearing first would.
std::string redrawn(const std::string& text);

// Bytes to show each frame with. Not thread-safe.
class Screen {
 public:
  explicit Screen(bool terminal) : terminal_(terminal) {}

  // On a terminal every frame. Elsewhere only those that differ from the one before in `content`, which is the frame
  // without what changes all the time, such as ages; "" when there is nothing to write.
  std::string show(const std::string& frame, const std::string& content);
  // Gives the terminal back, with the last frame left on it.
  std::string end();

 private:
  const bool terminal_;
  bool begun_ = false;
  std::string frame_, content_;
};

}  // namespace tidegate::cli
