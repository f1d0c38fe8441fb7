// Settings and data that the worker tests share.
#pragma once

#include <string>

#include "common/base/text.h"
#include "common/json/json.h"
#include "kafka_server.h"

namespace tidegate::worker_test {

// A processor that keeps even numbers and doubles them, keyed by `name`, with everything it writes to.
struct EvenNumbers {
  explicit EvenNumbers(int partitions, int output_partitions = 3)
      : partitions_in(partitions), partitions_out(output_partitions) {
    KafkaServer& kafka = KafkaServer::instance();
    input = kafka.make_topic(partitions);
    output = kafka.make_topic(output_partitions);
    dead_letters = kafka.make_topic(1, {{"max.message.bytes", "4194304"}});
    group = kafka.unique("group");
  }

  Json settings() const { return settings(KafkaServer::instance().address(), input, output, dead_letters, group); }
  static Json settings(const std::string& address, const std::string& input, const std::string& output,
                       const std::string& dead_letters, const std::string& group) {
    const Json fields = Json::array({Json::object({{"name", "n"}, {"type", "BIGINT"}, {"required", true}}),
                                     Json::object({{"name", "name"}, {"type", "VARCHAR"}})});
    const std::string query = cat("SELECT name, n, n * 2 AS twice FROM \"", input, "\" WHERE n % 2 = 0");
    return Json::object({{"namespace", "test"},
                         {"pipeline", "numbers"},
                         {"stage", "even"},
                         {"kind", "processor"},
                         {"kafka", Json::object({{"bootstrapServers", address}})},
                         {"group", group},
                         {"start", "earliest"},
                         {"input", Json::object({{"topic", input}, {"fields", fields}})},
                         {"output", Json::object({{"topic", output}, {"key", Json::array({"name"})}})},
                         {"deadLetters", Json::object({{"topic", dead_letters}})},
                         {"sql", Json::object({{"query", query}})}});
  }

  static std::string record(int n) {
    return cat(R"({"n":)", std::to_string(n), R"(,"name":"k)", std::to_string(n), "\"}");
  }
  static std::string row(int n) {
    return cat(R"({"name":"k)", std::to_string(n), R"(","n":)", std::to_string(n), R"(,"twice":)",
               std::to_string(2 * n), "}");
  }

  int partitions_in;
  int partitions_out;
  std::string input;
  std::string output;
  std::string dead_letters;
  std::string group;

  // Numbers [from, to), spread over the partitions.
  void produce(int from, int to) const {
    std::vector<NewRecord> records;
    for (int n = from; n < to; ++n) records.push_back({std::nullopt, record(n), n % partitions_in, {}});
    KafkaServer::instance().produce(input, records);
  }
  // Sum of the committed positions; partitions without a commit count 0.
  std::int64_t position() const {
    std::int64_t sum = 0;
    for (const std::int64_t offset : KafkaServer::instance().committed_offsets(group, input, partitions_in)) {
      sum += std::max<std::int64_t>(offset, 0);
    }
    return sum;
  }
  struct Totals {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t dead_letters = 0;
    std::string problem;
  };
  Totals totals() const {
    Totals sum;
    for (const auto& metadata : KafkaServer::instance().committed(group, input, partitions_in)) {
      if (!metadata) continue;
      sum.in += metadata->records_in;
      sum.out += metadata->records_out;
      sum.dead_letters += metadata->dead_letters;
      if (metadata->waiting) sum.problem = metadata->problem;
    }
    return sum;
  }
};

}  // namespace tidegate::worker_test
