// Sessions over event time: which records of a key belong together, and when no more of them can come. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "worker/window/window.h"

namespace tidegate::window {

// Of one partition. Records of a key that are less than `gap` apart make a run. A run that goes on is cut at the second
// multiple of `slide` (half of the longest duration) after its first record and at each one from then on; the pieces
// are the sessions. So a session is never longer than `size`, no run shorter than half of that is cut, and where the
// cuts are follows from the times of the key's records alone, never from the order in which they came.
//
// Precondition of it all: a record that is older than the watermark is not added (it is late). Whatever is older than
// the watermark is final then.
//
// Why cuts are where they are: whether there is one shows in the two stretches of length `slide` before it. So what a
// restart must read again is bounded, and a session that is out already is known when it comes up again.
class Sessions {
 public:
  // A number for a key while it has records here.
  using Key = std::int64_t;

  struct Session {
    Key key = 0;
    Micros start = 0;  // the time of its first record
    Micros last = 0;   // and of its last
    Micros end = 0;    // `gap` after the last one, or where it is cut: it closes when the watermark comes here
    std::int64_t rows = 0;
  };
  struct Oldest {
    std::int64_t offset = 0;
    Micros watermark_before = kNever;  // before the record at it
  };

  // Sessions that end at `out_until` or before are out already, those that start before `from` are not whole: neither
  // is given by close().
  Sessions(const Window& window, Micros out_until, Micros from = kNever)
      : window_(window), out_until_(out_until), from_(from) {}

  // Takes the next record; offsets ascend.
  Key add(std::string_view key, Micros time, std::int64_t offset, Micros watermark_before);
  // Whether close() may find any.
  bool due(Micros watermark) const { return !due_.empty() && due_.top().first <= watermark; }
  // Those that end at the watermark or before, in rounds: a round holds one of each key at most.
  std::vector<std::vector<Session>> close(Micros watermark);

  // The record from which on everything must be read to have the open sessions again.
  std::optional<Oldest> oldest() const;
  std::int64_t open() const { return open_; }
  std::int64_t rows() const { return rows_; }  // of open sessions
  // Calls `visit` for each key with open sessions, and the time of the first record in them.
  void each(const std::function<void(Key, Micros)>& visit) const;

 private:
  // A stretch of a run that lies within one pane (of length `slide`); sessions consist of one or of two of them.
  struct Segment {
    Micros first = 0;
    Micros last = 0;
    std::int64_t first_offset = 0;
    std::int64_t rows = 0;
    bool out = false;  // kept for what it tells of the next ones
  };
  struct State {
    const std::string* name = nullptr;
    std::vector<Segment> segments;  // by time
    Micros due = 0;                 // when close() looks at it
    std::int64_t open = 0;
  };
  // Segments [begin, end) of a key.
  struct Piece {
    std::size_t begin = 0;
    std::size_t end = 0;
    Micros closes = 0;
  };

  bool linked(const std::vector<Segment>& segments, std::size_t index) const;
  Piece piece_at(const std::vector<Segment>& segments, std::size_t begin) const;
  void schedule(Key key, State& state, Micros watermark);
  void prune(State& state, Micros watermark);

  Window window_;
  Micros out_until_;
  Micros from_;
  Key next_key_ = 0;
  std::unordered_map<std::string, Key> keys_;
  std::unordered_map<Key, State> states_;
  std::priority_queue<std::pair<Micros, Key>, std::vector<std::pair<Micros, Key>>, std::greater<>> due_;
  std::map<std::int64_t, Micros> needed_;  // of each segment: its first offset and the watermark before that
  std::int64_t open_ = 0;
  std::int64_t rows_ = 0;
};

}  // namespace tidegate::window
