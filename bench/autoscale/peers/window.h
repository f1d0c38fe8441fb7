// Samples of the last seconds, as several peers keep them.
#pragma once

#include <algorithm>
#include <deque>

namespace tidegate::bench {

struct Sample {
  int time = 0;      // seconds
  double value = 0;  // a counter or a level
};

class Window {
 public:
  void add(int time, double value) { samples_.push_back({time, value}); }
  void drop_before(int time) {
    while (!samples_.empty() && samples_.front().time < time) samples_.pop_front();
  }
  void clear() { samples_.clear(); }
  std::size_t size() const { return samples_.size(); }
  int seconds() const { return samples_.empty() ? 0 : samples_.back().time - samples_.front().time; }
  double last() const { return samples_.empty() ? 0 : samples_.back().value; }

  double mean() const {
    double sum = 0;
    for (const Sample& sample : samples_) sum += sample.value;
    return samples_.empty() ? 0 : sum / static_cast<double>(samples_.size());
  }
  double max() const {
    double most = 0;
    for (const Sample& sample : samples_) most = std::max(most, sample.value);
    return most;
  }
  // Of a counter: (last - first) / seconds between them, leaving out the newest `newest` samples; 0 when unknown.
  double rate(std::size_t newest = 0) const {
    if (samples_.size() < newest + 2) return 0;
    const Sample& last = samples_[samples_.size() - 1 - newest];
    const Sample& first = samples_.front();
    return last.time == first.time ? 0 : (last.value - first.value) / (last.time - first.time);
  }

 private:
  std::deque<Sample> samples_;
};

}  // namespace tidegate::bench
