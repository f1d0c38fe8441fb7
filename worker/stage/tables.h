// The lookup tables of a processor, filled from their topics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/metrics/metrics.h"
#include "kafka/topic_follower.h"
#include "worker/engine/table.h"
#include "worker/stage/settings.h"

namespace tidegate::stage {

// Every replica reads all partitions of every table's topic and commits nothing. A record that cannot be a row is
// counted and logged, and the row of its key stays as it was: another replica sees the same, so a dead letter each
// would be one too many. One thread uses it.
class Tables {
 public:
  // No registry: the series are nobody's.
  Tables(const Settings& settings, metrics::Registry* registry);

  // Takes in what came, for a moment. Fails while the tables may not be used: with kReading (step.h) until they are
  // read to where the topics ended when reading began, with Waiting when a topic is missing or the memory is not
  // enough.
  Result<void> follow();

  std::vector<const engine::Table*> tables() const;

 private:
  struct Followed {
    explicit Followed(engine::Table made) : table(std::move(made)) {}
    engine::Table table;
    std::unique_ptr<kafka::TopicFollower> follower;
    metrics::Gauge rows;
    metrics::Gauge bytes;
    metrics::Gauge lag;
    metrics::Gauge stale_rows;
    std::set<std::string> stale;                       // keys whose last record cannot be a row
    std::map<std::string, metrics::Counter> rejected;  // by reason
  };

  Result<void> take_in(Followed& one);
  void put(Followed& one, const kafka::Record& record);
  std::string words_of_reading();
  Result<void> full();

  const Settings& settings_;
  std::unique_ptr<metrics::Registry> own_;
  std::vector<std::unique_ptr<Followed>> all_;
  std::string broken_;   // the settings' tables cannot be read
  std::string reading_;  // what is said while reading
  SteadyTime next_words_{};
  bool complete_ = false;
  std::optional<SteadyTime> full_since_;
};

}  // namespace tidegate::stage
