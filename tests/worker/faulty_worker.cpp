// A worker that loses what it is told to lose, for tests of the accounting; it is in no image.
// usage: tidegate-faulty-worker run --config FILE, as tidegate-worker
// A record that holds the text drop-this-record is gone between the consumer and the engine or the sink, a row that
// holds drop-this-row between the engine and the producer.
#include <cstdio>
#include <string_view>

#include "common/base/log.h"
#include "worker/run_stage.h"

using namespace tidegate;

namespace {

bool holds(const std::optional<std::string_view>& bytes, std::string_view text) {
  return bytes && bytes->find(text) != std::string_view::npos;
}

class FaultyStep final : public stage::Step {
 public:
  explicit FaultyStep(std::unique_ptr<stage::Step> step) : step_(std::move(step)) {}

  Result<void> open() override { return step_->open(); }
  bool mixes_partitions() const override { return step_->mixes_partitions(); }

  Result<stage::StepOutput> run(std::span<const kafka::Record> records) override {
    std::vector<kafka::Record> kept;
    std::vector<std::size_t> indexes;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (holds(records[i].value, "drop-this-record")) continue;
      kept.push_back(records[i]);
      indexes.push_back(i);
    }
    auto output = step_->run(kept);
    if (!output) return output;
    for (stage::Rejection& rejection : output->rejections) rejection.index = indexes[rejection.index];
    std::erase_if(output->rows, [](const kafka::OutRecord& row) { return holds(row.value, "drop-this-row"); });
    return output;
  }

 private:
  std::unique_ptr<stage::Step> step_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "run" && std::string_view(argv[2]) == "--config") {
    return run_stage(argv[3], [](auto step) { return std::make_unique<FaultyStep>(std::move(step)); });
  }
  std::fputs("usage: tidegate-faulty-worker run --config FILE\n", stderr);
  return 2;
}
