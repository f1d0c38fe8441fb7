// Guesses a topic's fields from records.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "crds/pipeline.h"

namespace tidegate::cli {

struct Inferred {
  std::vector<crds::Field> fields;    // by first appearance, those of one record by name
  std::vector<std::string> left_out;  // values that no type fits, with the reason
  std::int64_t records = 0;
  std::int64_t unreadable = 0;  // lines that are no JSON object
};

// One record a line. A field gets the narrowest of BOOLEAN, BIGINT, DOUBLE, DATE, TIMESTAMP that holds all its values,
// else VARCHAR; lists, and what is an object only now and then, are JSON. Other objects are taken apart into fields
// with a path. `required` when it is in every record and never null. Money is better declared DECIMAL by hand.
Inferred infer(std::istream& records);

// As it stands below `value:` of a topic in a manifest.
std::string to_yaml(const Inferred& inferred);

}  // namespace tidegate::cli
