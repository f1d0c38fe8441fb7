// Prints docs/metrics.md; dev/metrics-doc runs it.
#include <cstdio>

#include "common/metrics/catalogue.h"

int main() {
  const std::string text = tidegate::metrics::to_markdown(tidegate::metrics::catalogue());
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
