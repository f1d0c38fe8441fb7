#include "controllers/autoscaler/explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/base/text.h"

namespace tidegate::autoscaler {
namespace {

std::string number(double value, const char* format, const char* unit) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return cat(text, unit);
}

double term(const Decision& decision, std::string_view name) {
  for (const auto& [key, value] : decision.terms) {
    if (key == name) return value.value_or(0);
  }
  return 0;
}

bool of_source(const Decision& decision) {
  return !decision.terms.empty() && decision.terms.front().first == "bytesInFlight";
}

std::string replicas_text(int count) {
  return cat(std::to_string(count), count == 1 ? " replica" : " replicas");
}

std::string need_text(const Decision& decision) {
  if (of_source(decision)) return cat(rate_text(term(decision, "bytesInFlight")), " bytes are in flight");
  std::string text = cat(rate_text(term(decision, "forecast")), " records/s are expected in ",
                         seconds_text(term(decision, "startUpSeconds")));
  if (const double extra = term(decision, "backlogNeed"); extra > 0) {
    text += cat(" and ", rate_text(term(decision, "backlog")), " wait (", rate_text(extra), "/s more)");
  }
  return text;
}

std::string capacity_text(const Decision& decision) {
  if (of_source(decision)) return cat("one replica holds ", rate_text(term(decision, "bytesPerReplica")));
  return cat(replicas_text(decision.from), " can take ", rate_text(term(decision, "capacity")), "/s");
}

}  // namespace

std::string rate_text(double value) {
  const double size = std::abs(value);
  if (size >= 999.5e6) return number(value / 1e9, "%.3g", "G");
  if (size >= 999.5e3) return number(value / 1e6, "%.3g", "M");
  if (size >= 999.5) return number(value / 1e3, "%.3g", "k");
  return number(value, "%.3g", "");
}

std::string seconds_text(double value) {
  return value < 120 ? number(value, "%.0f", " s") : number(value / 60, "%.0f", " min");
}

void hold(Decision& decision, const char* reason, std::string why) {
  decision.reason = reason;
  decision.sentence = std::move(why);
}

void explain_steady(Decision& decision) {
  hold(decision, "Steady",
       cat(replicas_text(decision.from), " suffice: ", need_text(decision), "; ", capacity_text(decision)));
}

void explain_out(Decision& decision) {
  hold(decision, "ScaleOut",
       cat("from ", std::to_string(decision.from), " to ", replicas_text(decision.to), ": ", need_text(decision), "; ",
           capacity_text(decision)));
}

void explain_in(Decision& decision) {
  const double most = term(decision, "needOfHoldWindow");
  hold(decision, "ScaleIn",
       cat("from ", std::to_string(decision.from), " to ", replicas_text(decision.to),
           ": the last minute needed at most ", rate_text(most), of_source(decision) ? " replicas" : "/s", "; ",
           capacity_text(decision)));
}

void explain_limited(Decision& decision, const StageLook& look) {
  const std::string& clamp = decision.clamps.back();
  std::string why =
      cat(replicas_text(decision.from), " are all that may be asked for, ", rate_text(term(decision, "need")),
          of_source(decision) ? " are needed" : " records/s are needed");
  if (clamp == "Unschedulable") {
    why = cat("no more replicas are asked for: ", std::to_string(look.unschedulable),
              " cannot be placed on a node: ", look.unschedulable_why);
  } else if (clamp == "SinkLimited") {
    why = "more replicas do not help: the sink's target is the limit";
  } else if (clamp == "Knee") {
    why = cat("more replicas did not help lately; ", decision.advice);
  } else if (!decision.advice.empty()) {
    why += cat("; ", decision.advice);
  }
  hold(decision,
       clamp == "Max"          ? "AtMax"
       : clamp == "Partitions" ? "AtPartitions"
       : clamp == "Skew"       ? "Skewed"
                               : clamp.c_str(),
       std::move(why));
}

void explain_undone(Decision& decision, double gain, double promised, bool target) {
  hold(decision, target ? "SinkLimited" : "NoGain",
       cat("back to ", replicas_text(decision.to), ": the step to ", std::to_string(decision.from), " brought ",
           rate_text(std::max(0.0, gain)), "/s of the ", rate_text(promised), "/s expected",
           target ? "; the sink's target is the limit" : "; the stage is limited by something else"));
}

void explain_bound(Decision& decision, const char* reason, int to) {
  hold(decision, reason, cat("scale.", reason[1] == 'i' ? "min" : "max", " is ", std::to_string(to)));
}

void explain_paused(Decision& decision, const char* reason, const char* direction) {
  decision.clamps.push_back(reason);
  decision.sentence = cat("scaling ", direction, " is paused by annotation; otherwise ", decision.sentence);
  decision.reason = reason;
}

void explain_recommended(Decision& decision) {
  decision.clamps.push_back("RecommendOnly");
  decision.sentence = cat("recommended only: ", decision.sentence);
}

std::string advise_skew(int partition, double rate, double capacity) {
  return cat("partition ", std::to_string(partition), " alone receives ", rate_text(rate),
             " records/s and one replica takes ", rate_text(capacity),
             ": no number of replicas helps; use a key that spreads records more evenly");
}

std::string advise_laggard(int replica, double rate, double usual) {
  return cat("replica ", std::to_string(replica), " takes in ", rate_text(rate), " records/s where ", rate_text(usual),
             " are usual: look at its node or delete its pod");
}

std::string advise_limit(const std::string& clamp, int enough, const StageLook& look) {
  const std::string count = std::to_string(enough);
  if (clamp == "Max") return cat("raise scale.max to ", count, " (it is ", std::to_string(look.limits.max), ")");
  if (clamp == "Partitions") {
    return cat("raise partitions of its topic to ", count, " (it has ", std::to_string(look.partitions.size()), ")");
  }
  if (clamp == "Unschedulable") return "make room on the nodes or lower the stage's resource requests";
  if (clamp == "SinkLimited") return "make the sink's target faster; more replicas only wait for it";
  return "look for what all replicas share";
}

}  // namespace tidegate::autoscaler
