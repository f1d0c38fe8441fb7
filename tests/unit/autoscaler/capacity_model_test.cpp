#include "controllers/autoscaler/capacity_model.h"

#include <doctest/doctest.h>

#include <cmath>

using tidegate::autoscaler::CapacityModel;

TEST_CASE("capacity is records per busy second whatever the load") {
  CapacityModel model;
  CHECK_FALSE(model.of_each(1));
  for (int i = 0; i < 10; ++i) model.add(1, 100, 0.1);  // a tenth of the time busy
  CHECK(model.of_each(1).value() == doctest::Approx(1000));
  CHECK(model.of_each(8).value() == doctest::Approx(1000));  // no loss is known yet
}

TEST_CASE("what is lost at every doubling is learned and extrapolated") {
  CapacityModel model;
  for (int replicas : {1, 2, 4}) {
    const double each = 1000 * std::pow(0.9, std::log2(replicas));
    for (int i = 0; i < 30; ++i) model.add(replicas, each * replicas, replicas);
  }
  CHECK(model.of_each(4).value() == doctest::Approx(810).epsilon(0.01));
  CHECK(model.of_each(16).value() == doctest::Approx(656).epsilon(0.05));
}

TEST_CASE("work that became slower is not taken for a loss by scaling") {
  CapacityModel model;
  for (int i = 0; i < 30; ++i) model.add(4, 4000, 4);
  for (int i = 0; i < 100; ++i) model.add(4, 2000, 4);
  CHECK(model.of_each(4).value() == doctest::Approx(500).epsilon(0.02));
  CHECK(model.loss_exponent() == doctest::Approx(0));
}

TEST_CASE("what was learned is taken up again and anything else is ignored") {
  CapacityModel model, again;
  for (int i = 0; i < 30; ++i) model.add(3, 3000, 3);
  again.learn(model.to_json());
  CHECK(again.of_each(3).value() == doctest::Approx(1000));
  CapacityModel strange;
  for (const char* text : {"{\"x\": [1, 2]}", "{\"2\": [-5, 1]}", "{\"2\": [\"a\", null]}", "[]", "{\"0\": [1, 1]}"}) {
    strange.learn(*tidegate::Json::parse(text));
  }
  CHECK_FALSE(strange.of_each(2));
}
