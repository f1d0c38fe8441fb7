// Reads a topic of the benchmarks from its beginning.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kafka/consumer.h"
#include "measure.h"

namespace tidegate::bench {

// The only reader of the topic in a group of its own. Throws std::runtime_error.
class Reader : kafka::AssignmentListener {
 public:
  Reader(const kafka::ClientConfig& client, const std::string& topic) {
    kafka::ConsumerOptions options;
    options.client = client;
    options.group = options.instance = "reader-" + topic;
    options.topic = topic;
    consumer_ = must(kafka::Consumer::create(options, *this));
  }

  // Waits up to 100 ms for something.
  kafka::Polled poll() { return must(consumer_->poll(8192, Duration{100}, Duration{0})); }

 private:
  void assigned(const std::vector<kafka::StartPosition>&) override {}
  void revoked(const std::vector<int>&, bool) override {}

  std::unique_ptr<kafka::Consumer> consumer_;
};

}  // namespace tidegate::bench
