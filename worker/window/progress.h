// How far a windowed stage has come with a partition.
#pragma once

#include <cstdint>
#include <optional>

#include "worker/window/window.h"

namespace tidegate::window {

// For the text beside the committed offset. Reading must begin again at `rewind`, with `watermark_before`, to have the
// rows of open windows again. A stage without windows has only watermarks.
struct Progress {
  std::optional<std::int64_t> rewind;  // offset of the oldest record that an open window holds; nothing: no row is held
  Micros watermark = kNever;
  Micros watermark_before = kNever;  // before the record at `rewind`
  Micros output = kNever;            // no row that is still to come out is older: what stages behind this one build on

  friend bool operator==(const Progress&, const Progress&) = default;
};

// A partition as it was committed.
struct Resume {
  std::int64_t position = 0;  // records below it were accounted for: they only rebuild open windows
  Progress progress;
  bool changed = false;  // by another window, key or schema: only windows that begin after the watermark come out
};

// What the open windows of a stage come to.
struct Held {
  std::int64_t windows = 0;  // with rows
  std::int64_t rows = 0;
  Micros watermark = kNever;  // the lowest of the partitions that have one
};

}  // namespace tidegate::window
