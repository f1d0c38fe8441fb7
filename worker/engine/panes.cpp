#include "worker/engine/panes.h"

#include <algorithm>
#include <set>

namespace tidegate::engine {

using window::Micros;

Panes::Panes(const window::Window& window, const window::Resume& resume)
    : window_(window), next_window_(window::first_open(window, resume.progress.watermark)) {
  const Micros watermark = resume.progress.watermark;
  if (resume.changed && watermark != window::kNever) {
    next_window_ = window::pane_of(window_, watermark + window_.slide - 1);
  }
}

bool Panes::late(Micros time, Micros watermark) const {
  return window::pane_is_over(window_, window::pane_of(window_, time), watermark);
}

std::int64_t Panes::add(const Arrival& arrival) {
  const std::int64_t number = window::pane_of(window_, arrival.time);
  panes_.try_emplace(number, Pane{arrival.offset, arrival.watermark_before});
  return number;
}

bool Panes::any_due(Micros watermark) const {
  if (panes_.empty()) return false;
  const std::int64_t limit = window::first_open(window_, watermark);
  const std::int64_t oldest = panes_.begin()->first;
  return oldest < limit || std::max(oldest - window::panes_in(window_) + 1, next_window_) < limit;
}

std::vector<std::int64_t> Panes::due(Micros watermark) const {
  const std::int64_t limit = window::first_open(window_, watermark);
  std::set<std::int64_t> windows;
  for (const auto& entry : panes_) {
    for (std::int64_t first = entry.first - window::panes_in(window_) + 1; first <= entry.first; ++first) {
      if (first >= next_window_ && first < limit) windows.insert(first);
    }
  }
  return {windows.begin(), windows.end()};
}

std::vector<std::int64_t> Panes::out(Micros watermark) {
  const std::int64_t limit = window::first_open(window_, watermark);
  next_window_ = std::max(next_window_, limit);
  std::vector<std::int64_t> dropped;
  while (!panes_.empty() && panes_.begin()->first < limit) {
    dropped.push_back(panes_.begin()->first);
    panes_.erase(panes_.begin());
  }
  return dropped;
}

void Panes::rewind_to(window::Progress& progress) const {
  for (const auto& [number, pane] : panes_) {
    if (progress.rewind && pane.first_offset >= *progress.rewind) continue;
    progress.rewind = pane.first_offset;
    progress.watermark_before = pane.watermark_before;
  }
}

std::int64_t Panes::windows() const {
  std::int64_t count = 0;
  std::int64_t counted = next_window_;
  for (const auto& entry : panes_) {
    const std::int64_t first = std::max(counted, entry.first - window::panes_in(window_) + 1);
    count += entry.first + 1 - first;
    counted = entry.first + 1;
  }
  return count;
}

}  // namespace tidegate::engine
