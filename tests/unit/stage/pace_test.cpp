#include "worker/stage/pace.h"

#include <doctest/doctest.h>

using namespace tidegate::stage;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a target of which nothing is known gets all there is") {
  CHECK(Pace().largest_batch(8192) == 8192);
}

TEST_CASE("a slow target gets what it can do in about a second") {
  Pace pace;
  pace.took(100, seconds(8));
  CHECK(pace.largest_batch(8192) == 12);
  pace.took(12, milliseconds(960));
  CHECK(pace.largest_batch(8192) == 12);
}

TEST_CASE("the slowest target gets one record at a time") {
  Pace pace;
  pace.took(1, seconds(5));
  CHECK(pace.largest_batch(8192) == 1);
}

TEST_CASE("a target that is fast again gets all there is at once") {
  Pace pace;
  pace.took(1, seconds(5));
  pace.took(1, std::chrono::microseconds(100));
  CHECK(pace.largest_batch(8192) == 8192);
  pace.took(0, seconds(5));
  CHECK(pace.largest_batch(8192) == 8192);
}
