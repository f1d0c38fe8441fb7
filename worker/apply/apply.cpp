#include "worker/apply/apply.h"

#include <string>
#include <string_view>
#include <vector>

#include "worker/engine/engine.h"

namespace tidegate {
namespace {

constexpr std::size_t kBatch = 8192;  // as large as a processor's; results do not depend on it

// Lines that hold a record, with their numbers.
struct Batch {
  std::vector<std::string> lines;
  std::vector<std::int64_t> numbers;
};

Batch read_batch(std::istream& in, std::int64_t& line_number) {
  Batch batch;
  std::string line;
  while (batch.lines.size() < kBatch && std::getline(in, line)) {
    ++line_number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    batch.lines.push_back(line);
    batch.numbers.push_back(line_number);
  }
  return batch;
}

}  // namespace

Result<Applied> apply(const Json& request, std::istream& records, std::ostream& rows, std::ostream& rejected) {
  auto fields = codec::Schema::from_json(request.get("fields"));
  if (!fields) return std::move(fields).error();
  auto engine = engine::Engine::open({request.get("topic").as_string(), *std::move(fields),
                                      request.get("query").as_string(), request.get("key").strings()},
                                     {});
  if (!engine) return std::move(engine).error();
  Applied applied;
  engine::Output output;
  std::int64_t line_number = 0;
  for (Batch batch = read_batch(records, line_number); !batch.lines.empty(); batch = read_batch(records, line_number)) {
    const std::vector<std::string_view> views(batch.lines.begin(), batch.lines.end());
    if (auto ran = engine->run(views, output); !ran) return std::move(ran).error();
    for (std::size_t i = 0; i < output.size(); ++i) rows << output[i].value << '\n';
    for (const engine::Failure& failure : output.failures()) {
      const Json line = Json::object(
          {{"line", batch.numbers[failure.record]}, {"reason", failure.reason}, {"message", failure.message}});
      rejected << line.dump() << '\n';
    }
    applied.records += static_cast<std::int64_t>(batch.lines.size());
    applied.rows += static_cast<std::int64_t>(output.size());
    applied.rejected += static_cast<std::int64_t>(output.failures().size());
  }
  return applied;
}

}  // namespace tidegate
