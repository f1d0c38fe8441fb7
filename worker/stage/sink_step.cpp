#include "worker/stage/step.h"

namespace tidegate::stage {
namespace {

class SinkStep : public Step {
 public:
  explicit SinkStep(std::unique_ptr<sinks::Sink> sink) : sink_(std::move(sink)) {}

  Result<void> open() override { return sink_->open(); }

  Result<StepOutput> run(std::span<const kafka::Record> records) override {
    Result<sinks::WriteOutcome> outcome = sink_->write(records);
    if (!outcome) return std::move(outcome).error();
    StepOutput output;
    output.counts = {outcome->taken, outcome->acknowledged, std::move(outcome->nulls), true};
    for (sinks::Refusal& refusal : outcome->refused) {
      output.rejections.push_back(
          {refusal.index, std::move(refusal.reason), std::move(refusal.message), std::move(refusal.summary)});
    }
    return output;
  }

  bool mixes_partitions() const override { return true; }
  std::size_t largest_batch() const override { return sink_->largest_batch(); }

 private:
  std::unique_ptr<sinks::Sink> sink_;
};

}  // namespace

std::unique_ptr<Step> sink_step(std::unique_ptr<sinks::Sink> sink) {
  return std::make_unique<SinkStep>(std::move(sink));
}

}  // namespace tidegate::stage
