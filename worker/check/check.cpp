#include "worker/check/check.h"

#include <optional>

#include "worker/engine/engine.h"
#include "worker/engine/table.h"
#include "worker/engine/windowed.h"

namespace tidegate {
namespace {

constexpr const char* kMemoryLimit = "64MB";  // planning only
constexpr std::int64_t kMemoryBytes = 64'000'000;

Json refused(const Error& error, std::optional<std::size_t> position) {
  Json answer = Json::object({{"ok", false}, {"reason", error.reason}, {"message", error.message}});
  if (position) answer["position"] = *position;
  return answer;
}

}  // namespace

Json check(const Json& request) {
  auto fields = codec::Schema::from_json(request.get("fields"), request);
  if (!fields) return refused(fields.error(), {});
  const auto tables = engine::tables_from_json(request.get("tables"));
  if (!tables) return refused(tables.error(), {});
  engine::Query query{request.get("topic").as_string(), *fields, request.get("query").as_string(),
                      request.get("key").strings()};
  std::optional<std::size_t> position;
  const auto accepted = [](const codec::Schema& columns) {
    return Json::object({{"ok", true}, {"columns", columns.to_json()}});
  };
  if (request.has("window")) {
    const auto windowed = engine::windowed_query(query, request);
    if (!windowed) return refused(windowed.error(), {});
    const auto opened = engine::WindowedEngine::open(*windowed, {kMemoryBytes, {}, 0, 0}, &position);
    return opened ? accepted(opened->columns()) : refused(opened.error(), position);
  }
  for (const engine::Table& table : *tables) query.tables.push_back(&table);
  const auto opened = engine::Engine::open(query, {kMemoryLimit}, &position);
  return opened ? accepted(opened->columns()) : refused(opened.error(), position);
}

}  // namespace tidegate
