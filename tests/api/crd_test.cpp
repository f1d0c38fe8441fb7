// What the API server accepts and refuses, case by case from cel/*.json: `base` is a spec; `set` changes places in the
// object (null takes one away); with `old` the object exists already, with those changes; `message` is part of the
// refusal.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "common/base/text.h"
#include "tests/api/api_server.h"
#include "tests/paths.h"

using namespace tidegate;
using namespace tidegate::kube;

namespace {

Json read_json(const std::string& file) {
  std::ifstream in(source_path("tests/api/cel/" + file));
  std::stringstream text;
  text << in.rdbuf();
  auto parsed = Json::parse(text.str());
  REQUIRE_MESSAGE(parsed.ok(), file);
  return *parsed;
}

// `object` with `value` at the path; an index beyond the end appends, null removes.
Json with(const Json& object, const std::vector<std::string>& path, std::size_t depth, const Json& value) {
  if (depth == path.size()) return value;
  if (!object.is_array()) {
    Json out = object;
    Json member = with(object.get(path[depth]), path, depth + 1, value);
    if (member.is_null())
      out.erase(path[depth]);
    else
      out[path[depth]] = std::move(member);
    return out;
  }
  const std::size_t index = std::stoul(path[depth]);
  Json out = Json::Array{};
  for (std::size_t i = 0; i < std::max(object.items().size(), index + 1); ++i) {
    const Json item = i < object.items().size() ? object.items()[i] : Json();
    Json kept = i == index ? with(item, path, depth + 1, value) : item;
    if (!kept.is_null()) out.push_back(std::move(kept));
  }
  return out;
}

Json changed(Json object, const Json& changes) {
  for (const auto& [path, value] : changes.members()) object = with(object, split(path, '/'), 0, value);
  return object;
}

void run(const std::string& file, const Resource& kind) {
  test::ApiServer server;
  const Json table = read_json(file);
  int number = 0;
  for (const Json& row : table.at("cases").items()) {
    const std::string what = row.at("case").as_string();
    CAPTURE(what);
    const Json base = Json::object(
        {{"apiVersion", kind.api_version()},
         {"kind", kind.kind},
         {"metadata", Json::object({{"name", cat("c", std::to_string(++number))}, {"namespace", server.ns}})},
         {"spec", table.at("base")}});
    if (row.at("old").is_object()) {
      const auto made = server.client.apply(kind, changed(base, row.at("old")), "test");
      REQUIRE_MESSAGE(made.ok(), made.error().message);
    }
    const auto applied = server.client.apply(kind, changed(base, row.at("set")), "test");
    if (row.has("message")) {
      const std::string answer = applied.ok() ? "(accepted)" : applied.error().message;
      CAPTURE(answer);
      CHECK(answer.find(row.at("message").as_string()) != std::string::npos);
    } else {
      const std::string answer = applied.ok() ? "" : applied.error().message;
      CHECK(answer == "");
    }
  }
}

// Collects the fields that nobody described; metadata is Kubernetes' own.
void undescribed(const Json& schema, const std::string& path, std::vector<std::string>& out) {
  for (const auto& [name, field] : schema.at("properties").members()) {
    const std::string here = cat(path, ".", name);
    if (here != ".metadata" && field.at("description").as_string().empty()) out.push_back(here);
    undescribed(field, here, out);
  }
  if (schema.has("items")) undescribed(schema.at("items"), path + "[]", out);
}

}  // namespace

TEST_CASE("kubectl explain knows every field") {
  test::ApiServer server;
  const Resource crds{"apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition"};
  for (const char* name : {"pipelines.tidegate.io", "kafkaclusters.tidegate.io"}) {
    const auto crd = server.client.get(crds, "", name);
    REQUIRE(crd.ok());
    std::vector<std::string> missing;
    undescribed(crd->at("spec/versions/0/schema/openAPIV3Schema"), "", missing);
    CHECK(join(missing, ", ") == "");
  }
}

TEST_CASE("rules of Pipeline") {
  run("pipeline.json", {"tidegate.io", "v1alpha1", "pipelines", "Pipeline"});
}

TEST_CASE("rules of KafkaCluster") {
  run("kafkacluster.json", {"tidegate.io", "v1alpha1", "kafkaclusters", "KafkaCluster"});
}
