// Whether two lists of rows are the same.
#pragma once

#include <string>
#include <vector>

namespace tidegate::cli {

struct Difference {
  std::vector<std::string> missing;     // expected, not there
  std::vector<std::string> unexpected;  // there, not expected

  bool none() const { return missing.empty() && unexpected.empty(); }
};

// Rows are compact JSON objects in one and the same spelling. Their order does not matter, their number does. Numbers
// with a fraction or exponent may differ by 1e-9 relative, as sums of doubles do; everything else must be equal.
Difference compare(std::vector<std::string> expected, std::vector<std::string> rows);

}  // namespace tidegate::cli
