// A pipeline with one processor whose evidence a test changes, looked at every two seconds.
#pragma once

#include <string>
#include <vector>

#include "controllers/health/diagnosis.h"

namespace tidegate::health {

class Patient {
 public:
  Patient();

  // What passes per look from now on.
  struct Flow {
    std::int64_t in = 100, out = 50;
    std::vector<std::int64_t> nulls{0, 2};  // of card, amount
    std::map<std::string, std::int64_t> dead_letters;
  };
  Flow flow;

  StageEvidence& stage() { return evidence.stages[0]; }
  TopicEvidence& topic() { return evidence.topics[0]; }
  void take(const Flow& flow);  // into the evidence
  void look();                  // two seconds later, after taking `flow`
  void run(int seconds);
  void restart();  // of the operator, which wrote down what it learned and told

  bool has(const std::string& reason) const;
  // The problem of that reason, whole; "" when there is none.
  std::string text(const std::string& reason) const;
  std::string subject(const std::string& reason) const;
  std::string all() const;  // reasons, in order
  Instant now() const;

  PipelineEvidence evidence;
  PipelineHealth health;
  std::vector<std::string> history;  // "+CollapsedOutput", "-CollapsedOutput"
  Duration time{1'000'000};
};

}  // namespace tidegate::health
