#include "cli/completion.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tidegate::cli;

namespace {

using Words = std::vector<std::string>;

// A cluster with two pipelines and a namespace.
Words cluster(const std::string& kind, const Words&) {
  return kind == "pipelines" ? Words{"flights", "fraud"} : Words{"shop"};
}

Words after(const Words& words) {
  return complete(words, cluster).candidates;
}

bool has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

TEST_CASE("commands are completed also behind options") {
  CHECK(has(after({""}), "problems"));
  CHECK(after({"st"}) == Words{"status"});
  CHECK(after({"-n", "shop", "st"}) == Words{"status"});
}

TEST_CASE("names of pipelines come from the cluster for the commands that take one") {
  CHECK(after({"status", ""}) == Words{"flights", "fraud"});
  CHECK(after({"explain", "-n", "shop", "fr"}) == Words{"fraud"});
  CHECK(after({"status", "fraud", ""}).empty());
  CHECK(after({"problems", ""}).empty());
}

TEST_CASE("values of options are completed by what they are") {
  CHECK(after({"status", "-n", ""}) == Words{"shop"});
  CHECK(after({"status", "-o", ""}) == Words{"json"});
  CHECK(after({"status", "--since", ""}).empty());
  CHECK(complete({"validate", "-f", ""}, cluster).files);
  CHECK(complete({"infer", ""}, cluster).files);
}

TEST_CASE("options of a command are its own and those of all") {
  CHECK(has(after({"status", "--"}), "--watch"));
  CHECK(has(after({"status", "--"}), "--namespace"));
  CHECK_FALSE(has(after({"problems", "--"}), "--watch"));
}

TEST_CASE("the answer is in the form that kubectl reads") {
  CHECK(to_cobra({{"a", "b"}, false}) == "a\nb\n:4\n");
  CHECK(to_cobra({{}, true}) == ":0\n");
}

TEST_CASE("a shell that is not known is named as such") {
  CHECK(completion_script("bash").ok());
  CHECK(completion_script("csh").error().reason == "InvalidArguments");
}
