// The results as Markdown and their plot.
#pragma once

#include <string>

#include "bench/autoscale/study.h"

namespace tidegate::bench {

struct Report {
  std::string markdown;
  std::string svg;
};

// Runs everything on the study, every setting tried for every published controller included.
Report make_report(const Study& study, const Setting& setting);

}  // namespace tidegate::bench
