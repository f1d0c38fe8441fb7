#include "controllers/health/problem.h"

#include <algorithm>
#include <tuple>

#include "common/base/text.h"

namespace tidegate::health {
namespace {

using Seconds = std::chrono::seconds;

// In the order of Kind. The longest remedy leaves more than half of a status message to the finding.
constexpr KindInfo kCatalogue[] = {
    {Kind::failing, "Failing", Severity::critical, "pod", Seconds(6), Seconds(20),
     "see kubectl describe pod and kubectl logs --previous"},
    {Kind::stalled, "Stalled", Severity::critical, "", Seconds(4), Seconds(6),
     "see the worker's log; delete its pod if it hangs"},
    {Kind::waiting, "Waiting", Severity::critical, "", Seconds(14), Seconds(6), "bring back what it waits for"},
    {Kind::unbalanced, "Unbalanced", Severity::critical, "check", Seconds(10), Seconds(10),
     "keep the worker's log, report it, compare tables"},
    {Kind::data_lost, "DataLost", Severity::critical, "topic", Seconds(0), Seconds(10),
     "raise retention, then follow the runbook DataLost"},
    {Kind::topic_lost, "TopicLost", Severity::critical, "topic", Seconds(0), Seconds(10),
     "find who deleted it, then follow the runbook TopicLost"},
    {Kind::hung_transaction, "HungTransaction", Severity::critical, "topic", Seconds(0), Seconds(6),
     "start its producer again, or abort it as the runbook says"},
    {Kind::schema_drift, "SchemaDrift", Severity::critical, "field", Seconds(2), Seconds(10),
     "compare the producer's records with spec.topics"},
    {Kind::collapsed_output, "CollapsedOutput", Severity::critical, "", Seconds(2), Seconds(6),
     "compare the query with recent input records"},
    {Kind::sink_rejecting, "SinkRejecting", Severity::critical, "", Seconds(2), Seconds(10),
     "read the dead letters, mend table or records"},
    {Kind::silent_source, "SilentSource", Severity::critical, "topic", Seconds(0), Seconds(0),
     "see whether its producers run and reach Kafka"},
    {Kind::slow, "Slow", Severity::critical, "", Seconds(15), Seconds(10),
     "raise scale.max, or see what slows the stage"},
    {Kind::disk_filling, "DiskFilling", Severity::warning, "cluster", Seconds(10), Seconds(30),
     "lower retention or enlarge the volume"},
    {Kind::kafka_degraded, "KafkaDegraded", Severity::warning, "cluster", Seconds(15), Seconds(15),
     "see the broker pods and their logs"},
    {Kind::dead_letter_surge, "DeadLetterSurge", Severity::warning, "reason", Seconds(2), Seconds(10),
     "see kubectl tidegate dead-letters, then replay them"},
    {Kind::skewed_partition, "SkewedPartition", Severity::warning, "partition", Seconds(30), Seconds(15),
     "choose a key that spreads better"},
    {Kind::refused, "Refused", Severity::warning, "", Seconds(5), Seconds(0), "mend the field that it names"},
    {Kind::not_ready, "NotReady", Severity::warning, "", Seconds(600), Seconds(0), "see the pods and their events"},
    {Kind::scaling_limited, "ScalingLimited", Severity::warning, "", Seconds(60), Seconds(30),
     "raise the limit that it names"},
};

}  // namespace

std::span<const KindInfo> catalogue() {
  return kCatalogue;
}

const KindInfo& info(Kind kind) {
  return kCatalogue[static_cast<std::size_t>(kind)];
}

const char* to_string(Severity severity) {
  return severity == Severity::critical ? "critical" : "warning";
}

Finding finding(Kind kind, std::string stage, std::string stage_kind, std::string subject, std::string what) {
  return {kind, std::move(stage), std::move(stage_kind), std::move(subject), std::move(what), info(kind).severity,
          false};
}

std::string message(const Problem& problem, std::size_t bytes, bool since) {
  const Finding& found = problem.finding;
  const std::string head = found.stage.empty() ? "" : cat(found.stage_kind, " ", found.stage, ": ");
  const std::string tail = cat(since ? cat(", since ", to_rfc3339(problem.since)) : "", "; ", info(found.kind).remedy);
  const std::size_t room = bytes > head.size() + tail.size() ? bytes - head.size() - tail.size() : 0;
  return cat(head, std::string(truncate_utf8(found.what, room)), tail);
}

bool worse(const Problem& a, const Problem& b) {
  const auto rank = [](const Problem& problem) {
    const Finding& found = problem.finding;
    return std::tie(found.severity, found.kind, problem.since, found.stage, found.subject);
  };
  return rank(a) < rank(b);
}

}  // namespace tidegate::health
