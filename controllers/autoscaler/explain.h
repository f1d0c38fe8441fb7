// Decisions in words: sets reason and sentence from the figures in the decision's terms.
#pragma once

#include <string>

#include "controllers/autoscaler/autoscaler.h"

namespace tidegate::autoscaler {

void hold(Decision& decision, const char* reason, std::string why);
void explain_steady(Decision& decision);
void explain_out(Decision& decision);
void explain_in(Decision& decision);
void explain_limited(Decision& decision, const StageLook& look);
// A step up that brought `gain` records per second instead of the promised ones.
void explain_undone(Decision& decision, double gain, double promised, bool target);
void explain_bound(Decision& decision, const char* reason, int to);
// Adds to a decision that it was not carried out.
void explain_paused(Decision& decision, const char* reason, const char* direction);
void explain_recommended(Decision& decision);

std::string advise_skew(int partition, double rate, double capacity);
std::string advise_laggard(int replica, double rate, double usual);
std::string advise_limit(const std::string& clamp, int enough, const StageLook& look);

// "1.2k" and "85 s": figures for people.
std::string rate_text(double value);
std::string seconds_text(double value);

}  // namespace tidegate::autoscaler
