#include "common/base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "common/base/clock.h"

namespace tidegate::log {
namespace {

std::atomic<Level> minimum{Level::info};

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string_view name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "info";
}

}  // namespace

void set_level(Level level) {
  minimum = level;
}

Level parse_level(std::string_view text) {
  for (const Level level : {Level::debug, Level::warn, Level::error}) {
    if (text == name(level)) return level;
  }
  return Level::info;
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < minimum.load(std::memory_order_relaxed)) return;
  std::string line = "{\"time\":\"" + to_rfc3339_micro(Clock::real().wall()) + "\",\"level\":\"";
  line.append(name(level)).append("\",\"msg\":");
  append_quoted(line, message);
  for (const auto& [key, value] : fields) {
    line += ',';
    append_quoted(line, key);
    line += ':';
    append_quoted(line, value);
  }
  line += "}\n";
  // One write call, so that lines of several threads never mix. A failed write has nowhere to be reported.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tidegate::log
