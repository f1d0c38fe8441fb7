// The checker sees what it is there for.
#include "history.h"

#include <doctest/doctest.h>

#include "kafka/murmur2.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

const std::vector<Sent> kSent = {{"a", 1}, {"b", 2}, {"a", 3}};

Received row(const std::string& key, std::int64_t id) {
  return {key, id, kafka::partition_of_key(key, 3)};
}

}  // namespace

TEST_CASE("history: each record once in the order of its key is no anomaly") {
  CHECK(judge(kSent, {row("b", 2), row("a", 1), row("a", 3)}, 3).text() == "");
}

TEST_CASE("history: every kind of anomaly is named with an example") {
  CHECK(judge(kSent, {row("a", 1), row("a", 3)}, 3).text() == "lost 1 (id 2 of key b)");
  CHECK(judge(kSent, {row("a", 1), row("b", 2), row("a", 3), row("b", 2)}, 3).text() == "duplicated 1 (id 2 of key b)");
  CHECK(judge(kSent, {row("a", 1), row("b", 2), row("a", 3), row("b", 4)}, 3).text() == "invented 1 (id 4 of key b)");
  CHECK(judge(kSent, {row("a", 3), row("b", 2), row("a", 1)}, 3).text() == "reordered 1 (id 1 of key a)");
  Received astray = row("b", 2);
  astray.partition = (astray.partition + 1) % 3;
  CHECK(judge(kSent, {row("a", 1), astray, row("a", 3)}, 3).text() == "misplaced 1 (id 2 of key b)");
}
