#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/compare.h"
#include "cli/local_run.h"
#include "cli/program.h"
#include "cli/validate.h"
#include "cli/yaml.h"
#include "common/base/text.h"
#include "crds/pipeline.h"

namespace tidegate::cli {
namespace {

constexpr std::size_t kShown = 10;  // of what differs, per kind

// A folder of our own that goes when this does.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "tidegate-test-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// "payments=payments.ndjson", … by name.
Result<std::map<std::string, std::string>> pairs(const Arguments& arguments, const std::string& option) {
  std::map<std::string, std::string> out;
  for (const std::string& word : arguments.all(option)) {
    const std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == word.size())
      return Error{"InvalidArguments", cat("--", option, " ", word, ": expected NAME=FILE")};
    out[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return out;
}

// The file's only Pipeline, valid as far as that can be told here.
Result<crds::PipelineSpec> read_pipeline(const std::string& path, const CheckQuery& check) {
  const auto documents = read_yaml(path);
  if (!documents) return documents.error().context(path);
  const Json* pipeline = nullptr;
  for (const Json& object : *documents) {
    if (object.get("kind").as_string() != "Pipeline") continue;
    if (pipeline != nullptr) return Error{"InvalidArguments", path + " holds more than one Pipeline"};
    pipeline = &object;
  }
  if (pipeline == nullptr) return Error{"InvalidArguments", path + " holds no Pipeline"};
  if (const auto problems = validate(*pipeline, check); !problems.empty())
    return Error{"InvalidSpec", cat(path, ": ", problems.front())};
  return spec_to_run(*pipeline);
}

ApplyQuery worker_apply(const std::string& worker, const std::string& directory) {
  return [=](const Json& request, const Files& files) -> Result<void> {
    const std::string request_file = directory + "/request.json";
    std::ofstream(request_file) << request.dump();
    return run_program({worker, "apply", "--request", request_file, "--rejected", files.rejected}, files.records,
                       files.rows);
  };
}

void print_rejected(const LocalRun& run) {
  for (const auto& [stage, all] : run.rejected) {
    for (const Rejected& one : all) {
      std::fprintf(stderr, "dead letter of %s: %s:%lld: %s (%s)\n", stage.c_str(), one.topic.c_str(),
                   static_cast<long long>(one.line), one.message.c_str(), one.reason.c_str());
    }
  }
}

int print_rows(const LocalRun& run, const std::string& only) {
  const bool headers = only.empty() && run.written.size() > 1;
  for (const std::string& topic : run.written) {
    if (!only.empty() && topic != only) continue;
    if (headers) std::fprintf(stderr, "# %s\n", topic.c_str());
    for (const std::string& line : lines_of(run.files.at(topic))) std::puts(line.c_str());
    std::fflush(stdout);
  }
  print_rejected(run);
  return 0;
}

void print_some(char sign, const std::vector<std::string>& rows) {
  for (std::size_t i = 0; i < std::min(rows.size(), kShown); ++i) std::printf("  %c %s\n", sign, rows[i].c_str());
  if (rows.size() > kShown) std::printf("  %c … and %zu more\n", sign, rows.size() - kShown);
}

bool report(const std::string& name, const Difference& difference) {
  if (difference.none()) {
    std::printf("ok   %s\n", name.c_str());
    return true;
  }
  std::printf("FAIL %s: %zu records are missing, %zu were not expected\n", name.c_str(), difference.missing.size(),
              difference.unexpected.size());
  print_some('-', difference.missing);
  print_some('+', difference.unexpected);
  return false;
}

// The stage of "score.dead-letters"; "" of a topic's name.
std::string stage_of(const crds::PipelineSpec& spec, const std::string& name) {
  for (const crds::Processor& processor : spec.processors) {
    if (name == processor.name + ".dead-letters") return processor.name;
  }
  return "";
}

// Whether exactly the file's records, byte for byte, are dead letters of the stage.
Result<bool> dead_letters_hold(const LocalRun& run, const std::string& stage, const std::string& file) {
  if (!std::ifstream(file)) return Error{"InvalidInput", cat("cannot read ", file)};
  std::vector<std::string> dead;
  if (const auto rejected = run.rejected.find(stage); rejected != run.rejected.end()) {
    const auto lines = lines_of(run.files.at(rejected->second.front().topic));
    for (const Rejected& one : rejected->second) dead.push_back(lines.at(static_cast<std::size_t>(one.line - 1)));
  }
  return report(stage + ".dead-letters", compare(lines_of(file), std::move(dead)));
}

// Whether exactly the file's records are in the topic.
Result<bool> topic_holds(const LocalRun& run, const std::string& topic, const std::string& file,
                         const ApplyQuery& apply, const std::string& directory) {
  const auto fields = run.fields.find(topic);
  if (fields == run.fields.end()) return Error{"InvalidInput", cat("the pipeline has no topic ", topic)};
  auto expected = canonical_rows(topic, fields->second, file, apply, directory);
  if (!expected) return expected.error();
  const auto written = run.files.find(topic);
  return report(topic, compare(*std::move(expected),
                               written == run.files.end() ? std::vector<std::string>{} : lines_of(written->second)));
}

}  // namespace

int test_command(const Arguments& arguments) {
  const auto inputs = pairs(arguments, "input");
  const auto expectations = pairs(arguments, "expect");
  if (!inputs || !expectations || !arguments.has("filename") || inputs->empty() || !arguments.positional.empty()) {
    const std::string words = !inputs         ? inputs.error().message
                              : !expectations ? expectations.error().message
                                              : "test needs -f FILE and --input TOPIC=FILE";
    std::fprintf(stderr, "error: %s\n", words.c_str());
    return 2;
  }
  const std::string worker = find_worker();
  if (worker.empty())
    return fail("tidegate-worker, which runs the SQL, is neither beside kubectl-tidegate nor on PATH");
  const CheckQuery check = worker_check(worker);
  const auto spec = read_pipeline(arguments.get("filename"), check);
  if (!spec) return fail(spec.error().message);
  const Scratch scratch;
  if (scratch.path().empty()) return fail("cannot make a temporary folder");
  const ApplyQuery apply = worker_apply(worker, scratch.path());
  const auto run = run_locally(*spec, *inputs, check, apply, scratch.path());
  if (!run) return fail(run.error().message);
  for (const std::string& name : run->skipped)
    std::fprintf(stderr, "note: processor %s did not run, its topic has no --input\n", name.c_str());
  if (expectations->empty()) return print_rows(*run, arguments.get("topic"));

  bool all = true;
  for (const auto& [name, file] : *expectations) {
    const std::string stage = stage_of(*spec, name);
    const auto same =
        stage.empty() ? topic_holds(*run, name, file, apply, scratch.path()) : dead_letters_hold(*run, stage, file);
    if (!same) return fail(same.error().message);
    all = all && *same;
  }
  for (const auto& [stage, rejected] : run->rejected) {
    if (expectations->count(stage + ".dead-letters") > 0) continue;
    std::printf("FAIL %s: %zu dead letters, none was expected\n", stage.c_str(), rejected.size());
    all = false;
  }
  print_rejected(*run);
  return all ? 0 : 1;
}

}  // namespace tidegate::cli
