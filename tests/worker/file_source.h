// A source of files with everything it reads and writes.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "stages.h"

namespace tidegate::worker_test {

struct FileSource {
  explicit FileSource(int partitions_to = 4, const std::map<std::string, std::string>& config = {})
      : partitions(partitions_to),
        to(KafkaServer::instance().make_topic(partitions, config)),
        dead_letters(KafkaServer::instance().make_topic(1, {{"max.message.bytes", "4194304"}})),
        group(KafkaServer::instance().unique("group")),
        root(std::filesystem::temp_directory_path() / KafkaServer::instance().unique("tidegate-file-source")) {
    std::filesystem::create_directories(root / "in");
  }
  ~FileSource() { std::filesystem::remove_all(root); }

  Json settings(const std::string& path, const std::string& format = "") const {
    Json file = Json::object({{"directory", root.string()}, {"path", path}});
    if (!format.empty()) file["format"] = format;
    Json settings = EvenNumbers::settings(KafkaServer::instance().address(), to, to, dead_letters, group);
    settings["kind"] = "source";
    settings["output"]["fields"] = settings.at("input/fields");
    settings["source"] = Json::object({{"file", file}});
    return settings;
  }

  // As whoever fills the folder should.
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(root / "in" / ".coming") << text;
    std::filesystem::rename(root / "in" / ".coming", root / "in" / name);
  }
  void put_numbers(const std::string& name, int from, int to_number) const {
    std::string text;
    for (int n = from; n < to_number; ++n) text += EvenNumbers::record(n) + "\n";
    put(name, text);
  }

  std::optional<kafka::CommitMetadata> told() const { return KafkaServer::instance().committed(group, to, 1).front(); }
  std::int64_t in() const { return told() ? told()->records_in : 0; }
  std::map<std::string, int> records() const {
    std::map<std::string, int> found;
    for (const Stored& record : KafkaServer::instance().read(to)) ++found[record.value];
    return found;
  }
  static std::map<std::string, int> expected(int total) {
    std::map<std::string, int> once;
    for (int n = 0; n < total; ++n) once[EvenNumbers::record(n)] = 1;
    return once;
  }

  int partitions;
  std::string to;
  std::string dead_letters;
  std::string group;
  std::filesystem::path root;
};

}  // namespace tidegate::worker_test
