// Which panes of one partition hold records, and which windows are still to come. Private to this folder.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "worker/engine/window_rows.h"

namespace tidegate::engine {

// A pane is as long as the windows' slide, and numbered from 1970 on; a window is some panes, and has the number of its
// first.
class Panes {
 public:
  Panes(const window::Window& window, const window::Resume& resume);

  bool late(window::Micros time, window::Micros watermark) const;
  // The pane of the record.
  std::int64_t add(const Arrival& arrival);

  // Whether there are windows to give out or panes to drop.
  bool any_due(window::Micros watermark) const;
  // The windows with records that end at the watermark or before and are not out yet, ascending.
  std::vector<std::int64_t> due(window::Micros watermark) const;
  // They are out. The panes that no later window needs, and are forgotten.
  std::vector<std::int64_t> out(window::Micros watermark);
  bool empty() const { return panes_.empty(); }

  void rewind_to(window::Progress& progress) const;
  std::int64_t windows() const;  // that hold records already

 private:
  struct Pane {
    std::int64_t first_offset;
    window::Micros watermark_before;  // before the record at first_offset
  };

  window::Window window_;
  std::int64_t next_window_;  // earlier ones are out already
  std::map<std::int64_t, Pane> panes_;
};

}  // namespace tidegate::engine
