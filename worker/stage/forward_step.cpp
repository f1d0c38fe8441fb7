#include <optional>

#include "common/base/text.h"
#include "worker/stage/step.h"

namespace tidegate::stage {
namespace {

std::size_t size_of(const kafka::Record& record) {
  std::size_t bytes = record.key.value_or("").size() + record.value.value_or("").size();
  for (const kafka::Header& header : kafka::headers(record)) {
    bytes += header.name.size() + (header.value ? header.value->size() : 0);
  }
  return bytes;
}

class ForwardStep final : public Step {
 public:
  ForwardStep(const Output& output, Clock clock) : output_(output), clock_(std::move(clock)) {}

  Result<void> open() override { return {}; }

  Result<StepOutput> run(std::span<const kafka::Record> records) override {
    StepOutput output;
    output.forward = true;
    const std::int64_t now = epoch_ms(clock_.wall());
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (auto why = refusal(records[i], now)) {
        output.rejections.push_back({i, std::move(why->reason), why->message, why->message});
      } else {
        ++output.counts.gave;
      }
    }
    output.counts.took = static_cast<std::int64_t>(records.size() - output.rejections.size());
    return output;
  }

  bool mixes_partitions() const override { return false; }

 private:
  // Why the topic would not take it: one record that it refuses would hold up all behind it.
  std::optional<Error> refusal(const kafka::Record& record, std::int64_t now_ms) const {
    if (const std::size_t bytes = size_of(record); bytes > output_.max_row_bytes) {
      return Error{"Oversized", cat("the record has ", std::to_string(bytes), " bytes; the topic takes ",
                                    std::to_string(output_.max_row_bytes), " (max.message.bytes)")};
    }
    if (const std::int64_t ahead = record.timestamp_ms - now_ms; ahead > output_.max_ahead.count()) {
      return Error{"Rejected",
                   cat("the record's time is ", std::to_string(ahead / 1000), " s in the future; the topic takes ",
                       std::to_string(output_.max_ahead.count() / 1000), " s (message.timestamp.after.max.ms)")};
    }
    return std::nullopt;
  }

  const Output output_;
  const Clock clock_;
};

}  // namespace

std::unique_ptr<Step> forward_step(const Output& output, Clock clock) {
  return std::make_unique<ForwardStep>(output, std::move(clock));
}

}  // namespace tidegate::stage
