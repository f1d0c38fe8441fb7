// What a sink to objects leaves, whatever it puts them into: files below a folder.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "stages.h"
#include "worker_process.h"

namespace tidegate::worker_test {

struct Lake {
  explicit Lake(int partitions) : stage(partitions) {}

  // Of a sink `kind` with these options, which are all but the following.
  Json settings(const std::string& kind, Json options, int max_records, int max_age_ms) const {
    Json settings = stage.settings();
    settings["kind"] = "sink";
    settings["stage"] = "lake";
    options["prefix"] = "raw";
    options["maxRecords"] = max_records;
    options["maxAge"] = max_age_ms;
    settings["sink"] = Json::object({{kind, std::move(options)}});
    return settings;
  }

  // The lines of every object, in the order of their names.
  std::map<int, std::vector<std::string>> lines() const {
    std::map<int, std::vector<std::string>> found;
    std::map<std::filesystem::path, int> files;
    for (int partition = 0; partition < stage.partitions_in; ++partition) {
      const std::filesystem::path folder = root / "raw" / stage.input / std::to_string(partition);
      if (!std::filesystem::exists(folder)) continue;
      for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.path().filename().string().starts_with('.')) files[entry.path()] = partition;
      }
    }
    for (const auto& [path, partition] : files) {
      std::ifstream file(path);
      for (std::string line; std::getline(file, line);) found[partition].push_back(line);
    }
    return found;
  }
  std::map<int, std::vector<std::string>> expected(int count) const {
    std::map<int, std::vector<std::string>> lines;
    for (int n = 0; n < count; ++n) lines[n % stage.partitions_in].push_back(EvenNumbers::record(n));
    return lines;
  }
  std::int64_t stored() const {
    std::int64_t sum = 0;
    for (const auto& [partition, found] : lines()) sum += std::ssize(found);
    return sum;
  }

  EvenNumbers stage;  // its input and group, with another worker
  std::filesystem::path root;
};

// Every record is in one object although the worker is killed again and again, and the accounts balance. `settings`:
// with that many records in an object.
inline void check_once_through_kills(const Lake& lake, const std::function<Json(int)>& settings) {
  constexpr int total = 20'000;
  lake.stage.produce(0, total);
  Json slow = settings(97);
  slow["rateLimit"] = 2500;  // so that there is something left to do after every kill
  for (int kills = 0; kills < 6; ++kills) {
    const std::int64_t before = lake.stored();
    WorkerProcess worker(slow, "worker-0");
    REQUIRE(eventually([&] { return lake.stored() > before; }));
    std::this_thread::sleep_for(Duration{kills * 7});
    worker.kill();
  }
  WorkerProcess worker(settings(97), "worker-0");
  REQUIRE(eventually([&] { return lake.stage.position() == total; }, Duration{120'000}));
  CHECK(worker.terminate() == 0);
  CHECK(lake.lines() == lake.expected(total));
  std::int64_t took = 0;
  for (const auto& metadata :
       KafkaServer::instance().committed(lake.stage.group, lake.stage.input, lake.stage.partitions_in)) {
    REQUIRE(metadata);
    CHECK(*metadata->took == *metadata->seen);
    CHECK(*metadata->gave == metadata->records_out);
    took += *metadata->took;
  }
  CHECK(took == total);
  CHECK(lake.stage.totals().in == total);
  CHECK(lake.stage.totals().out == total);
}

}  // namespace tidegate::worker_test
