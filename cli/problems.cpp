#include "cli/problems.h"

#include <algorithm>
#include <set>

#include "cli/format.h"
#include "common/base/text.h"

namespace tidegate::cli {
namespace {

constexpr auto kStartsWithin = std::chrono::minutes(10);  // a start that takes longer is a problem
constexpr auto kNoticedWithin = std::chrono::minutes(1);  // the operator writes a first status sooner

// States of a stage and reasons of Ready.
const std::set<std::string> kBroken = {"Failing", "Stalled", "Waiting", "PodsFail", "BrokersDoNotAnswer"};

const Json& condition(const Json& object, const std::string& type) {
  static const Json none;
  for (const Json& entry : object.at("status/conditions").items()) {
    if (entry.get("type").as_string() == type) return entry;
  }
  return none;
}

bool is(const Json& condition, const char* status) {
  return condition.get("status").as_string() == status;
}

// Problems of one object: what is the same in all of them.
class Builder {
 public:
  explicit Builder(const Json& object) {
    like_.ns = object.at("metadata/namespace").as_string();
    like_.kind = object.at("kind").as_string();
    like_.name = object.at("metadata/name").as_string();
  }

  void add(const std::string& stage, const std::string& reason, const std::string& severity, const std::string& message,
           const std::string& since, const std::string& subject = "") {
    Problem problem = like_;
    problem.subject = subject;
    problem.stage = stage;
    problem.reason = reason;
    problem.severity = severity;
    problem.message = message;
    problem.since = parse_time(since);
    out_.push_back(std::move(problem));
  }
  void add(const std::string& reason, const std::string& severity, const Json& condition) {
    add("", reason, severity, condition.get("message").as_string(), condition.get("lastTransitionTime").as_string());
  }

  bool empty() const { return out_.empty(); }
  std::vector<Problem> take() { return std::move(out_); }

 private:
  Problem like_;
  std::vector<Problem> out_;
};

bool younger_than(Duration age, const std::string& time, WallTime now) {
  const auto at = parse_time(time);
  return at && now - *at < age;
}

// Not Ready, and no stage says why.
void add_not_ready(Builder& out, const Json& object, const Json& ready, WallTime now) {
  const std::string& reason = ready.get("reason").as_string();
  if (reason == "Paused") return;
  if (kBroken.count(reason) > 0) return out.add(reason, "critical", ready);
  if (younger_than(kStartsWithin, ready.get("lastTransitionTime").as_string(), now) &&
      (reason == "Starting" || is(condition(object, "Reconciling"), "True")))
    return;
  out.add("NotReady", "warning", ready);
}

// What an operator that lists no problems says in other words.
void derive(Builder& out, const Json& object, WallTime now) {
  const Json& ready = condition(object, "Ready");
  if (ready.is_null()) {
    const std::string& created = object.at("metadata/creationTimestamp").as_string();
    if (younger_than(kNoticedWithin, created, now)) return;
    return out.add("", "NotReady", "warning",
                   "the operator has not looked at it; see that it runs and watches this namespace", created);
  }
  if (const Json& stalled = condition(object, "Stalled"); is(stalled, "True")) out.add("Refused", "warning", stalled);
  for (const Json& stage : object.at("status/stages").items()) {
    const std::string& state = stage.get("state").as_string();
    if (kBroken.count(state) == 0) continue;
    out.add(stage.get("name").as_string(), state, "critical", stage.get("message").as_string(),
            ready.get("lastTransitionTime").as_string());
  }
  if (const Json& limited = condition(object, "ScalingLimited"); is(limited, "True")) {
    out.add("ScalingLimited", "warning", limited);
  }
  if (out.empty() && !is(ready, "True")) add_not_ready(out, object, ready, now);
}

// The message without the kind and name of the stage, which have a column.
std::string without_stage(const Problem& problem) {
  const std::string named = " " + problem.stage + ": ";
  const std::size_t at = problem.stage.empty() ? std::string::npos : problem.message.find(named);
  return at == std::string::npos || at >= sizeof "processor" ? problem.message
                                                             : problem.message.substr(at + named.size());
}

std::string age(const Problem& problem, WallTime now) {
  if (!problem.since) return "?";
  return seconds(static_cast<double>(milliseconds_between(*problem.since, now) / 1000));
}

// As kubectl takes it: `kubectl describe tgp/fraud`.
std::string object_name(const Problem& problem) {
  return cat(problem.kind == "KafkaCluster" ? "tgk/" : "tgp/", problem.name);
}

// No line breaks and no escape sequences of a terminal: parts of messages come from elsewhere.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

}  // namespace

std::vector<Problem> listed_problems(const Json& object) {
  Builder out(object);
  for (const Json& entry : object.at("status/problems").items()) {
    out.add(entry.get("stage").as_string(), entry.get("reason").as_string(), entry.get("severity").as_string("warning"),
            entry.get("message").as_string(), entry.get("since").as_string(), entry.get("subject").as_string());
  }
  return out.take();
}

std::vector<Problem> problems_of(const Json& object, WallTime now) {
  auto listed = listed_problems(object);
  if (!listed.empty()) return listed;
  Builder out(object);
  const Json& healthy = condition(object, "Healthy");
  if (is(healthy, "True")) return {};
  if (is(healthy, "False")) {
    out.add(healthy.get("reason").as_string(), "critical", healthy);
  } else {
    derive(out, object, now);
  }
  return out.take();
}

void sort_worst_first(std::vector<Problem>& problems) {
  const auto rank = [](const Problem& problem) {
    return std::make_pair(problem.severity == "critical" ? 0 : 1, problem.since.value_or(WallTime::max()));
  };
  std::stable_sort(problems.begin(), problems.end(),
                   [&](const Problem& a, const Problem& b) { return rank(a) < rank(b); });
}

std::string render_problems(const std::vector<Problem>& problems, std::size_t looked_at, const std::string& warning,
                            WallTime now) {
  std::string out = warning.empty() ? "" : cat("WARNING: ", warning, "; what follows may be old news\n");
  if (problems.empty()) {
    return out + cat("no problem in ", std::to_string(looked_at), looked_at == 1 ? " object\n" : " objects\n");
  }
  Rows rows = {{"SEVERITY", "NAMESPACE", "NAME", "STAGE", "PROBLEM", "SINCE", "WHAT, AND WHAT TO DO"}};
  for (const Problem& problem : problems) {
    rows.push_back({problem.severity, problem.ns, object_name(problem), problem.stage.empty() ? "-" : problem.stage,
                    problem.reason, age(problem, now), one_line(without_stage(problem))});
  }
  for (const std::string& line : table_lines(rows, {false, false, false, false, false, true, false})) {
    out += line + "\n";
  }
  return out;
}

Json to_json(const Problem& problem) {
  Json out = Json::object({{"reason", problem.reason}, {"severity", problem.severity}, {"message", problem.message}});
  if (!problem.stage.empty()) out["stage"] = problem.stage;
  if (!problem.subject.empty()) out["subject"] = problem.subject;
  if (problem.since) out["since"] = to_rfc3339(*problem.since);
  return out;
}

Json problems_json(const std::vector<Problem>& problems, std::size_t looked_at, const std::string& warning) {
  Json out = Json::object({{"lookedAt", looked_at}, {"problems", Json::Array()}});
  if (!warning.empty()) out["warning"] = warning;
  for (const Problem& problem : problems) {
    Json entry = to_json(problem);
    entry["namespace"] = problem.ns;
    entry["kind"] = problem.kind;
    entry["name"] = problem.name;
    out["problems"].push_back(std::move(entry));
  }
  return out;
}

}  // namespace tidegate::cli
