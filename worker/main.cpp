// tidegate-worker: runs one stage of a pipeline, or checks a query, or applies one to a file.
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/json/json.h"
#include "worker/apply/apply.h"
#include "worker/check/check.h"
#include "worker/letters/letters.h"
#include "worker/run_stage.h"
#include "worker/volume/volume.h"

using namespace tidegate;

namespace {

constexpr const char* kUsage =
    "usage: tidegate-worker run --config FILE   runs the stage that FILE (stage.json) describes, until SIGTERM\n"
    "       tidegate-worker check               reads {\"topic\", \"fields\", \"query\"} and prints whether it can "
    "run\n"
    "       tidegate-worker apply --request FILE --rejected FILE\n"
    "                                           runs FILE's query, as above, over standard input, a record a line\n"
    "       tidegate-worker letters --config FILE --request JSON\n"
    "                                           looks at FILE's stage's records and dead letters, or replays those\n"
    "       tidegate-worker volume --path DIR --port PORT\n"
    "                                           serves how full the volume of DIR is as metrics, until SIGTERM\n"
    "       tidegate-worker --version\n";

int fail(const Error& error) {
  log::error("cannot start", {{"reason", error.reason}, {"error", error.message}});
  return 1;
}

int run_check() {
  const std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  const auto request = Json::parse(text);
  if (!request) return fail(std::move(request.error()).context("standard input"));
  std::cout << check(*request).dump() << '\n';
  return 0;
}

int run_apply(const std::string& request_path, const std::string& rejected_path) {
  std::ifstream file(request_path);
  const auto request = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  if (!request) return fail(std::move(request.error()).context(request_path));
  std::ofstream rejected(rejected_path);
  std::ios::sync_with_stdio(false);
  const auto applied = apply(*request, std::cin, std::cout, rejected);
  if (!applied) return fail(applied.error());
  rejected.close();
  std::cout.flush();
  if (!rejected || !std::cout) return fail({"WriteFailed", "the results could not be written whole"});
  return 0;
}

int run_volume_command(const std::string& path, std::string_view port_text) {
  std::uint16_t port = 0;
  const auto read = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (read.ec != std::errc() || read.ptr != port_text.data() + port_text.size()) {
    return fail({"InvalidArgument", cat("--port must be a number from 0 to 65535, not ", port_text)});
  }
  return run_volume(path, port);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "--version" && argc == 2) {
    std::puts("tidegate-worker " TIDEGATE_VERSION);
    return 0;
  }
  if (const char* level = std::getenv("TIDEGATE_LOG_LEVEL")) log::set_level(log::parse_level(level));
  if (command == "check" && argc == 2) return run_check();
  if (command == "apply" && argc == 6 && std::string_view(argv[2]) == "--request" &&
      std::string_view(argv[4]) == "--rejected") {
    return run_apply(argv[3], argv[5]);
  }
  if (command == "volume" && argc == 6 && std::string_view(argv[2]) == "--path" &&
      std::string_view(argv[4]) == "--port") {
    return run_volume_command(argv[3], argv[5]);
  }
  if (command == "letters" && argc == 6 && std::string_view(argv[2]) == "--config" &&
      std::string_view(argv[4]) == "--request") {
    const auto request = Json::parse(argv[5]);
    return request ? letters::run(argv[3], *request) : fail(request.error());
  }
  if (command == "run" && argc == 4 && std::string_view(argv[2]) == "--config") return run_stage(argv[3]);
  std::fputs(kUsage, stderr);
  return 2;
}
