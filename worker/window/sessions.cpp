#include "worker/window/sessions.h"

#include <algorithm>
#include <limits>

namespace tidegate::window {
namespace {

constexpr Micros kAlways = std::numeric_limits<Micros>::max();

}  // namespace

Sessions::Key Sessions::add(std::string_view key, Micros time, std::int64_t offset, Micros watermark_before) {
  const auto [known, fresh] = keys_.try_emplace(std::string(key), next_key_);
  if (fresh) states_[next_key_++] = {&known->first, {}, kAlways, 0};
  State& state = states_.at(known->second);
  std::vector<Segment>& segments = state.segments;
  const std::int64_t pane = pane_of(window_, time);
  const auto joins = [&](const Segment& segment) {
    return pane_of(window_, segment.first) == pane && time > segment.first - window_.gap &&
           time < segment.last + window_.gap;
  };
  const auto begin = std::find_if(segments.begin(), segments.end(), joins);
  const auto end = std::find_if_not(begin, segments.end(), joins);
  ++rows_;
  if (begin == end) {
    const auto after = std::find_if(segments.begin(), segments.end(), [&](const Segment& s) { return s.first > time; });
    segments.insert(after, {time, time, offset, 1, false});
    needed_.emplace(offset, watermark_before);
  } else {  // a record between two of them makes one of them
    Segment all = *begin;
    for (auto other = begin + 1; other != end; ++other) {
      all.last = other->last;
      all.rows += other->rows;
      needed_.erase(std::max(all.first_offset, other->first_offset));
      all.first_offset = std::min(all.first_offset, other->first_offset);
    }
    all.first = std::min(all.first, time);
    all.last = std::max(all.last, time);
    ++all.rows;
    *begin = all;
    segments.erase(begin + 1, end);
  }
  schedule(known->second, state, watermark_before);
  return known->second;
}

// Whether the run goes on from the segment before this one.
bool Sessions::linked(const std::vector<Segment>& segments, std::size_t index) const {
  return index > 0 && index < segments.size() && segments[index].first - segments[index - 1].last < window_.gap;
}

Sessions::Piece Sessions::piece_at(const std::vector<Segment>& segments, std::size_t begin) const {
  // The first piece of a run may have two segments, every other one has been cut off and is cut again.
  const bool first = !linked(segments, begin);
  const std::size_t end = begin + (first && linked(segments, begin + 1) ? 2 : 1);
  const Micros cut = start_of(window_, pane_of(window_, segments[begin].first) + (first ? 2 : 1));
  return {begin, end, std::min(segments[end - 1].last + window_.gap, cut)};
}

std::vector<std::vector<Sessions::Session>> Sessions::close(Micros watermark) {
  std::vector<std::vector<Session>> rounds;
  while (!due_.empty() && due_.top().first <= watermark) {
    const auto [due, key] = due_.top();
    due_.pop();
    const auto found = states_.find(key);
    if (found == states_.end() || found->second.due != due) continue;
    State& state = found->second;
    std::vector<Segment>& segments = state.segments;
    std::size_t round = 0;
    for (Piece piece{}; piece.end < segments.size();) {
      piece = piece_at(segments, piece.end);
      if (segments[piece.begin].out || piece.closes > watermark) continue;
      Session session{key, segments[piece.begin].first, segments[piece.end - 1].last, piece.closes, 0};
      for (std::size_t i = piece.begin; i < piece.end; ++i) {
        session.rows += segments[i].rows;
        segments[i].out = true;
      }
      rows_ -= session.rows;
      if (session.end <= out_until_ || session.start < from_) continue;
      if (rounds.size() <= round) rounds.emplace_back();
      rounds[round++].push_back(session);
    }
    prune(state, watermark);
    state.due = kAlways;
    schedule(key, state, watermark);
    if (!segments.empty()) continue;
    keys_.erase(std::string(*state.name));
    states_.erase(found);
  }
  return rounds;
}

// What is out still tells whether there is a cut before and after the next segments, of which one may be yet to come.
void Sessions::prune(State& state, Micros watermark) {
  std::vector<Segment>& segments = state.segments;
  const auto open = [&](std::size_t index) { return !segments[index].out; };
  const auto goes_on = [&](std::size_t index) { return open(index) || segments[index].last + window_.gap > watermark; };
  std::vector<Segment> kept;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool next_needs_it = linked(segments, i + 1) && goes_on(i + 1);
    const bool second_needs_it = linked(segments, i + 1) && linked(segments, i + 2) && open(i + 2);
    if (goes_on(i) || next_needs_it || second_needs_it) {
      kept.push_back(segments[i]);
    } else {
      needed_.erase(segments[i].first_offset);
    }
  }
  segments = std::move(kept);
}

// Sees to it that close() looks at the key in time.
void Sessions::schedule(Key key, State& state, Micros watermark) {
  open_ -= std::exchange(state.open, 0);
  Micros due = kAlways;
  for (Piece piece{}; piece.end < state.segments.size();) {
    piece = piece_at(state.segments, piece.end);
    if (!state.segments[piece.begin].out) {
      ++state.open;
      due = std::min(due, piece.closes);
    } else if (const Micros forgotten = state.segments[piece.end - 1].last + window_.gap; forgotten > watermark) {
      due = std::min(due, forgotten);
    }
  }
  open_ += state.open;
  if (due >= state.due) return;
  state.due = due;
  due_.emplace(due, key);
}

std::optional<Sessions::Oldest> Sessions::oldest() const {
  if (needed_.empty()) return std::nullopt;
  return Oldest{needed_.begin()->first, needed_.begin()->second};
}

void Sessions::each(const std::function<void(Key, Micros)>& visit) const {
  for (const auto& [key, state] : states_) {
    const auto open =
        std::find_if(state.segments.begin(), state.segments.end(), [](const Segment& s) { return !s.out; });
    if (open != state.segments.end()) visit(key, open->first);
  }
}

}  // namespace tidegate::window
