// Gives dead letters to their stage again.
#pragma once

#include <cstdint>

#include "common/base/result.h"
#include "common/json/json.h"
#include "kafka/topic_reader.h"
#include "worker/letters/letter.h"
#include "worker/stage/settings.h"

namespace tidegate::letters {

struct ReplayOptions {
  int rate = 100;  // records per second
  std::int64_t limit = 0;
  int most_failures = 3;  // a letter that failed more often is left out: what cannot succeed must not go round for ever
  bool dry_run = false;
};

// Runs the letters that `filter` takes through the stage's own query or sink, here and now, as the records that they
// were: outputs go to the stage's output topic or target, what fails again to its dead letters. At least once: a
// replay that is repeated writes its outputs again. Letters that come meanwhile are left for another time.
// {"replayed", "failedAgain", "leftOut", "next"}: `next` is the offset to begin at to go on. Fails when Kafka or the
// target cannot be worked with for a minute; the message says how far it came.
Result<Json> replay(const stage::Settings& settings, const ReplayOptions& options, const Filter& filter,
                    kafka::TopicReader& reader);

}  // namespace tidegate::letters
