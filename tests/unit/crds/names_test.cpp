#include "crds/names.h"

#include <doctest/doctest.h>

using namespace tidegate::crds;

TEST_CASE("children of pipelines whose names run together do not collide") {
  CHECK(stage_child("fraud-score", "x") != stage_child("fraud", "score-x"));
  CHECK(stage_child("fraud", "score") == stage_child("fraud", "score"));
}

TEST_CASE("the longest names fit") {
  CHECK(stage_child(std::string(28, 'p'), std::string(18, 's')).size() == 52);
  CHECK(dead_letter_topic(std::string(63, 'n'), std::string(28, 'p'), std::string(18, 's')).size() <= 249);
}

TEST_CASE("names are those of the contract") {
  CHECK(consumer_group("1a2b3c4d", "shop", "fraud", "score") == "tidegate.1a2b3c4d.shop.fraud.score");
  CHECK(dead_letter_topic("shop", "fraud", "score") == "tidegate.shop.fraud.score.dead-letters");
  CHECK(kafka_bootstrap_servers("shop", "fraud") == "fraud-kafka.shop.svc:9092");
}
