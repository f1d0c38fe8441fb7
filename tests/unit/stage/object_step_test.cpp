// The step that writes objects, with a store in memory and the ledger that commits what it says.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

#include "common/base/text.h"
#include "common/json/json.h"
#include "kafka/commit_metadata.h"
#include "worker/objects/object_name.h"
#include "worker/stage/ledger.h"
#include "worker/stage/shares.h"
#include "worker/stage/step.h"

using namespace tidegate;
using namespace tidegate::stage;

namespace {

const std::string present;  // the store is not away

using Objects = std::map<std::string, std::string>;

class MemoryStore final : public objects::Store {
 public:
  MemoryStore(Objects& objects, const std::string& away) : objects_(objects), away_(away) {}
  Result<void> open() override { return {}; }
  Result<std::vector<std::string>> list(const std::string& folder, const std::string& after, Duration) override {
    if (!away_.empty()) return Error{"Waiting", away_};
    constexpr std::size_t page = 2;
    std::vector<std::string> names;
    for (auto at = objects_.upper_bound(folder + after); at != objects_.end() && names.size() < page; ++at) {
      if (at->first.starts_with(folder)) names.push_back(at->first.substr(folder.size()));
    }
    return names;
  }
  Result<void> put(const std::string& path, std::string_view bytes, Duration) override {
    if (!away_.empty()) return Error{"Waiting", away_};
    objects_[path] = bytes;
    return {};
  }

 private:
  Objects& objects_;
  const std::string& away_;
};

// A topic with one partition; record n is `{"n":n}`, some are no records.
struct Topic {
  std::vector<std::string> values;
  static bool good(std::int64_t n) { return n % 7 != 3; }
  static std::string value(std::int64_t n) { return good(n) ? cat(R"({"n":)", std::to_string(n), "}") : "no JSON"; }

  std::vector<kafka::Record> read(std::int64_t from, std::int64_t to) {
    while (std::ssize(values) < to) values.push_back(value(std::ssize(values)));
    std::vector<kafka::Record> records;
    for (std::int64_t n = from; n < to; ++n) {
      kafka::Record record;
      record.value = values[static_cast<std::size_t>(n)];
      record.offset = n;
      record.timestamp_ms = 1000 + n;
      records.push_back(record);
    }
    return records;
  }
};

struct Committed {
  std::int64_t offset = 0;
  std::optional<kafka::CommitMetadata> metadata;
};

// One life of a worker.
class Life {
 public:
  Life(Objects& objects, const Committed& committed, const std::string& away = present, std::size_t most = 4)
      : away_(away) {
    Settings settings;
    settings.input_topic = "t";
    ObjectSettings object_settings;
    object_settings.prefix = "lake";
    object_settings.limits = {most, 1 << 20, Duration{60'000}};
    Clock clock = Clock::real();
    clock.steady = [this] { return now; };
    auto schema =
        codec::Schema::from_json(Json::parse(R"([{"name": "n", "type": "BIGINT", "required": true}])").value());
    step = object_step(settings, object_settings, *schema, std::make_unique<MemoryStore>(objects, away_), clock);
    kafka::StartPosition start;
    start.position = committed.offset;
    start.committed = committed.metadata;
    start.topic_id = "id";
    ledger.assign(start);
    step->assigned(start);
    next = start.position;
  }

  Result<void> open() { return took_note(step->open()); }
  Result<void> keep_up() { return took_note(step->keep_up()); }

  // As the loop does.
  void run(Topic& topic, std::int64_t to) {
    std::vector<kafka::Record> records = topic.read(next, to);
    for (kafka::Record& record : records) record.number = ++seen;
    next = to;
    auto output = step->run(records);
    REQUIRE(output.ok());
    rejected += std::ssize(output->rejections);
    if (output->rebuilt > 0) ledger.rebuilt(0, records[output->rebuilt - 1].number);
    for (auto& [partition, entry] : share_out({records, output->rejections, output->counts, {}, {}, output->rebuilt})) {
      entry.windows = output->windows;
      entry.accounts.dead_letters = std::ssize(output->rejections);
      ledger.add(partition, std::move(entry));
    }
    REQUIRE(took_note({}).ok());
  }

  Committed commit() {
    const auto commits = ledger.commits_of({0}, "", 0);
    return {commits.at(0).offset, kafka::CommitMetadata::decode(commits.at(0).metadata).value()};
  }

  SteadyTime now{std::chrono::hours(1)};
  Ledger ledger{0, kafka::CommitMetadata::kObjects};
  std::unique_ptr<Step> step;
  std::int64_t next = 0;
  std::int64_t seen = 0;
  std::int64_t rejected = 0;

 private:
  Result<void> took_note(Result<void> outcome) {
    for (auto& [partition, entry] : step->take_written()) ledger.advance(partition, std::move(entry));
    ledger.settle();
    return outcome;
  }
  const std::string& away_;
};

std::vector<std::string> lines_of(const Objects& objects) {
  std::vector<std::string> lines;
  for (const auto& [name, text] : objects) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> good_lines(std::int64_t to) {
  std::vector<std::string> lines;
  for (std::int64_t n = 0; n < to; ++n) {
    if (Topic::good(n)) lines.push_back(Topic::value(n));
  }
  return lines;
}

}  // namespace

TEST_CASE("the offset stays at the oldest record that is not stored while the position goes on") {
  Objects objects;
  Topic topic;
  Life life(objects, {});
  REQUIRE(life.open().ok());
  life.run(topic, 3);
  CHECK(life.commit().offset == 0);
  CHECK(life.commit().metadata->position == 3);
  CHECK(life.commit().metadata->took == 3);
  CHECK(life.commit().metadata->records_out == 0);
  life.run(topic, 6);  // 3 is refused, 4 closes the object
  REQUIRE(life.keep_up().ok());
  CHECK(life.commit().offset == 5);
  CHECK(life.commit().metadata->position == 6);
  CHECK(life.commit().metadata->records_out == 4);
  CHECK(life.commit().metadata->gave == 4);
  CHECK(life.commit().metadata->dead_letters == 1);
  CHECK(objects.begin()->first == "lake/t/0/" + objects::object_name({0, 4}, "id", "ndjson"));
  CHECK(lines_of(objects) == good_lines(5));
  life.now += Duration{60'000};
  REQUIRE(life.keep_up().ok());
  CHECK(life.commit().offset == 6);
  CHECK(life.commit().metadata->records_out == 5);
}

TEST_CASE("what was stored and not committed is not stored again") {
  Objects objects;
  Topic topic;
  Committed committed;
  {
    Life life(objects, {});
    REQUIRE(life.open().ok());
    life.run(topic, 2);
    committed = life.commit();
    life.run(topic, 8);
    REQUIRE(life.keep_up().ok());  // stores up to 4 and dies
  }
  CHECK(committed.offset == 0);
  Life life(objects, committed);
  REQUIRE(life.open().ok());
  life.run(topic, 1);                // a part of what was only taken
  CHECK(life.commit().offset == 0);  // where the name of the object is found
  CHECK(life.commit().metadata->records_out == 0);
  life.run(topic, 5);
  CHECK(life.commit().offset == 5);
  CHECK(life.commit().metadata->records_out == 4);
  life.run(topic, 20);
  life.step->finish();
  REQUIRE(life.keep_up().ok());
  CHECK(lines_of(objects) == good_lines(20));
  const kafka::CommitMetadata metadata = *life.commit().metadata;
  CHECK(life.commit().offset == 20);
  CHECK(metadata.records_in == 20);
  CHECK(metadata.seen == 20);
  CHECK(metadata.took == 17);
  CHECK(metadata.gave == 17);
  CHECK(metadata.records_out == 17);
  CHECK(metadata.dead_letters == 3);
}

TEST_CASE("objects of another topic of that name are nobody's") {
  Objects objects;
  objects["lake/t/0/" + objects::object_name({0, 100}, "older", "ndjson")] = "";
  objects["lake/t/0/readme"] = "";
  Topic topic;
  Life life(objects, {});
  REQUIRE(life.open().ok());
  life.run(topic, 2);
  life.step->finish();
  CHECK(lines_of(objects) == good_lines(2));
}

TEST_CASE("while the store is away nothing is lost and the name stays") {
  Objects objects;
  Topic topic;
  std::string away = "S3: away";
  Life life(objects, {}, away);
  CHECK(life.open().error().message == "S3: away");  // not even what is there can be read
  CHECK_FALSE(life.step->run(topic.read(0, 1)).ok());
  away.clear();
  REQUIRE(life.open().ok());
  life.run(topic, 2);
  away = "S3: away";
  life.now += Duration{60'000};
  CHECK_FALSE(life.keep_up().ok());
  CHECK(life.commit().offset == 0);
  away.clear();
  REQUIRE(life.open().ok());
  CHECK(life.commit().offset == 2);
  CHECK(objects.size() == 1);
}

TEST_CASE("a store that cannot list behind a name is not written to") {
  class Forgetful final : public objects::Store {
    Result<void> open() override { return {}; }
    Result<std::vector<std::string>> list(const std::string&, const std::string&, Duration) override {
      return std::vector<std::string>{"0"};
    }
    Result<void> put(const std::string&, std::string_view, Duration) override { return {}; }
  };
  Settings settings;
  auto schema = codec::Schema::from_json(Json::parse(R"([{"name": "n", "type": "BIGINT"}])").value());
  const auto step = object_step(settings, {}, *schema, std::make_unique<Forgetful>());
  step->assigned({});
  CHECK(step->open().error().reason == "Waiting");
}

TEST_CASE("a partition that is given up takes its open object along") {
  Objects objects;
  Topic topic;
  Life life(objects, {});
  REQUIRE(life.open().ok());
  life.run(topic, 2);
  life.step->revoked(0);
  life.step->finish();
  CHECK(objects.empty());
  CHECK(life.step->take_written().empty());
}

TEST_CASE("however often a worker dies each record is stored once and the accounts balance") {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto dice = [&](int sides) { return static_cast<int>(random() % static_cast<unsigned>(sides)); };
    constexpr std::int64_t end = 120;
    Objects objects;
    Topic topic;
    Committed committed;
    bool done = false;
    while (!done) {
      Life life(objects, committed, present, static_cast<std::size_t>(1 + dice(9)));
      REQUIRE(life.open().ok());
      for (int turns = dice(12); turns >= 0 && !done; --turns) {
        life.run(topic, std::min<std::int64_t>(life.next + 1 + dice(15), end));
        if (dice(2) == 0) life.now += Duration{60'000};
        if (dice(3) > 0) REQUIRE(life.keep_up().ok());
        if (dice(3) == 0) committed = life.commit();
        if (life.next < end) continue;
        life.step->finish();
        REQUIRE(life.keep_up().ok());
        committed = life.commit();
        done = true;
      }
    }
    CHECK(lines_of(objects) == good_lines(end));
    const kafka::CommitMetadata& metadata = *committed.metadata;
    const auto good = std::ssize(good_lines(end));
    CHECK(committed.offset == end);
    CHECK(metadata.position == end);
    CHECK(metadata.records_in == end);
    CHECK(metadata.seen == end);
    CHECK(metadata.took == good);
    CHECK(metadata.gave == good);
    CHECK(metadata.records_out == good);
    CHECK(metadata.dead_letters == end - good);
  }
}
