#include "worker/window/sessions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>

#include "common/base/text.h"

using namespace tidegate;
using namespace tidegate::window;

namespace {

constexpr Window kWindow{40, 20, 6};  // cut at multiples of 20
constexpr Micros kOutOfOrder = 15;

struct Event {
  std::string key;
  Micros time = 0;
};

using Row = std::tuple<std::string, Micros, Micros, std::int64_t>;  // key, start, end, rows

// What the sessions of a key are, with all its records at hand.
void sessions_of(const std::string& key, std::vector<Micros> times, std::vector<Row>& out) {
  std::sort(times.begin(), times.end());
  for (std::size_t begin = 0; begin < times.size();) {
    std::size_t end = begin + 1;
    while (end < times.size() && times[end] - times[end - 1] < kWindow.gap) ++end;
    Micros cut = (pane_of(kWindow, times[begin]) + 2) * kWindow.slide;
    for (std::size_t at = begin; at < end;) {
      std::size_t stop = at;
      while (stop < end && times[stop] < cut) ++stop;
      out.emplace_back(key, times[at], std::min(times[stop - 1] + kWindow.gap, cut), stop - at);
      at = stop;
      cut += kWindow.slide;
    }
    begin = end;
  }
}

std::vector<Row> expected(const std::vector<Event>& events) {
  std::map<std::string, std::vector<Micros>> times;
  for (const Event& event : events) times[event.key].push_back(event.time);
  std::vector<Row> out;
  for (const auto& [key, mine] : times) sessions_of(key, mine, out);
  std::sort(out.begin(), out.end());
  return out;
}

// Keys with sparse, dense and endless runs, shuffled within kOutOfOrder.
std::vector<Event> events(unsigned seed, int count) {
  std::mt19937 random(seed);
  std::vector<std::pair<Micros, Event>> sent;
  Micros time = -200;
  for (int n = 0; n < count; ++n) {
    time += static_cast<Micros>(random() % 3);
    const auto pick = random() % 10;
    const std::string key = pick < 4 ? "endless" : cat("k", std::to_string(random() % 12));
    sent.push_back({time + static_cast<Micros>(random() % kOutOfOrder), {key, time}});
  }
  std::stable_sort(sent.begin(), sent.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Event> out;
  for (const auto& entry : sent) out.push_back(entry.second);
  return out;
}

// As a stage does it, closing now and then; with crashes after which it begins again at what was committed.
std::vector<Row> streamed(const std::vector<Event>& log, unsigned seed, bool crashes) {
  std::mt19937 random(seed);
  std::vector<Row> committed, fresh;
  std::size_t position = 0, read = 0;
  std::optional<Sessions::Oldest> rewind;
  Micros watermark = kNever, committed_watermark = kNever;
  std::optional<Sessions> sessions;
  std::map<Sessions::Key, std::string> names;
  const auto begin = [&] {
    sessions.emplace(kWindow, committed_watermark);
    read = rewind ? static_cast<std::size_t>(rewind->offset) : position;
    watermark = rewind ? rewind->watermark_before : committed_watermark;
    fresh.clear();
  };
  const auto close = [&](Micros until) {
    for (const auto& round : sessions->close(until)) {
      std::vector<Sessions::Key> keys;
      for (const Sessions::Session& session : round) {
        CHECK(std::find(keys.begin(), keys.end(), session.key) == keys.end());
        keys.push_back(session.key);
        CHECK(session.end - session.start <= kWindow.size);
        CHECK(session.last < session.end);
        fresh.emplace_back(names[session.key], session.start, session.end, session.rows);
      }
    }
  };
  begin();
  while (read < log.size()) {
    for (std::size_t stop = std::min(read + 1 + random() % 9, log.size()); read < stop; ++read) {
      REQUIRE(log[read].time >= watermark);
      names[sessions->add(log[read].key, log[read].time, static_cast<std::int64_t>(read), watermark)] = log[read].key;
      watermark = std::max(watermark, log[read].time - kOutOfOrder);
    }
    if (random() % 4 != 0) close(watermark);
    if (read < position) CHECK(fresh.empty());
    if (read >= position && random() % 3 == 0) {
      close(watermark);
      committed.insert(committed.end(), fresh.begin(), fresh.end());
      fresh.clear();
      position = read;
      rewind = sessions->oldest();
      committed_watermark = watermark;
    }
    if (crashes && random() % 11 == 0) begin();
  }
  close(std::numeric_limits<Micros>::max());
  CHECK(sessions->open() == 0);
  CHECK(sessions->rows() == 0);
  CHECK_FALSE(sessions->oldest());
  committed.insert(committed.end(), fresh.begin(), fresh.end());
  std::sort(committed.begin(), committed.end());
  return committed;
}

std::vector<Row> whole(const std::vector<Event>& log) {
  return streamed(log, 1, false);
}

}  // namespace

TEST_CASE("records less than the gap apart are one session - a gap ends it") {
  CHECK(whole({{"a", 0}, {"a", 5}, {"b", 6}, {"a", 11}, {"b", 12}}) ==
        std::vector<Row>{{"a", 0, 11, 2}, {"a", 11, 17, 1}, {"b", 6, 12, 1}, {"b", 12, 18, 1}});
}

TEST_CASE("a record between two sessions makes one of them") {
  CHECK(whole({{"a", 0}, {"a", 8}, {"a", 4}}) == std::vector<Row>{{"a", 0, 14, 3}});
}

TEST_CASE("a run that goes on is cut at the second multiple of half of the longest duration and at each from then on") {
  std::vector<Event> log;
  std::vector<Event> turned;
  for (Micros time = 7; time < 110; time += 3) log.push_back({"a", time});
  const std::vector<Row> cuts{
      {"a", 7, 40, 11}, {"a", 40, 60, 7}, {"a", 61, 80, 7}, {"a", 82, 100, 6}, {"a", 100, 115, 4}};
  CHECK(whole(log) == cuts);
  CHECK(expected(log) == cuts);
  for (std::size_t i = 0; i + 1 < log.size(); i += 2) turned.insert(turned.end(), {log[i + 1], log[i]});
  if (log.size() % 2 == 1) turned.push_back(log.back());
  CHECK(whole(turned) == cuts);
}

TEST_CASE("a run that is shorter than half of the longest duration is not cut wherever it begins") {
  for (Micros begin = -30; begin < 30; ++begin) {
    CHECK(whole({{"a", begin}, {"a", begin + 5}, {"a", begin + 10}, {"a", begin + 15}, {"a", begin + 19}}) ==
          std::vector<Row>{{"a", begin, std::min(begin + 25, (pane_of(kWindow, begin) + 2) * 20), 5}});
  }
}

TEST_CASE("sessions are the same however records come within maxOutOfOrder and whenever the worker dies") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const std::vector<Event> log = events(seed, 900);
    const std::vector<Row> right = expected(log);
    CHECK(streamed(log, seed, false) == right);
    CHECK(streamed(log, seed + 1000, true) == right);
  }
}

TEST_CASE("what must be read again is bounded although a run never ends") {
  Sessions sessions(kWindow, kNever);
  Micros watermark = kNever;
  for (Micros time = 0; time < 5'000; ++time) {
    sessions.add("a", time, time, watermark);
    watermark = time;
    sessions.close(watermark);
    REQUIRE(sessions.oldest());
    CHECK(sessions.oldest()->offset > time - 3 * kWindow.slide);
    CHECK(sessions.open() <= 1);
    CHECK(sessions.rows() <= kWindow.size);
  }
}

TEST_CASE("sessions that may have begun before the first record are left out after a change") {
  Sessions sessions(kWindow, 100, 100 + kWindow.gap);
  sessions.add("a", 103, 0, 100);
  sessions.add("b", 106, 1, 100);
  const auto rounds = sessions.close(200);
  REQUIRE(rounds.size() == 1);
  REQUIRE(rounds[0].size() == 1);
  CHECK(rounds[0][0].start == 106);
}
