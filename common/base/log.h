// Structured log: one JSON object per line on standard error. Thread-safe; a line is written by one call.
// The message is constant text, what varies goes into fields. Never pass a secret.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tidegate::log {

enum class Level { debug, info, warn, error };

using Field = std::pair<std::string_view, std::string>;

// Lines below this level are dropped. Default: info.
void set_level(Level level);

// Reads debug, info, warn or error; anything else is info.
Level parse_level(std::string_view name);

void write(Level level, std::string_view message, std::initializer_list<Field> fields);

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::info, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::warn, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::error, message, fields);
}

}  // namespace tidegate::log
