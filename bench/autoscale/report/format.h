// printf into a string. Private to this folder.
#pragma once

#include <cstdio>
#include <string>

namespace tidegate::bench {

template <typename... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  char text[1024];
  std::snprintf(text, sizeof text, pattern, arguments...);
  return text;
}

}  // namespace tidegate::bench
