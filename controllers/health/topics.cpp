#include "controllers/health/topics.h"

#include "common/base/text.h"

namespace tidegate::health {
namespace {

std::string duration_text(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds % 3600 == 0 && seconds > 0) return cat(std::to_string(seconds / 3600), "h");
  if (seconds % 60 == 0 && seconds > 0) return cat(std::to_string(seconds / 60), "m");
  return cat(std::to_string(seconds), "s");
}

}  // namespace

void Silence::look(const Instant& now, const TopicEvidence& topic, std::vector<Finding>& found) {
  if (!topic.expect_every) {
    *this = {};
    return;
  }
  if (!topic.appended) {
    // Unknown: the clock stands.
    if (appended_) grown_at_ += now.steady - looked_at_;
  } else if (topic.appended != appended_) {
    // The first look says nothing about when the last record came.
    if (appended_ || !silent_) {
      silent_ = false;
      since_ = now.wall;
    }
    grown_at_ = now.steady;
    appended_ = topic.appended;
  } else if (now.steady - grown_at_ > *topic.expect_every) {
    silent_ = true;
  }
  looked_at_ = now.steady;
  if (!silent_) return;
  const bool filled = !topic.filler.empty();
  found.push_back(finding(Kind::silent_source, filled ? topic.filler : topic.reader,
                          filled ? topic.filler_kind : topic.reader_kind, topic.name,
                          cat("no record came to topic ", topic.name, " for longer than expectEvery (",
                              duration_text(*topic.expect_every), "), none since ", to_rfc3339(since_))));
}

void Replacement::look(const Instant& now, const TopicEvidence& topic, std::vector<Finding>& found) {
  if (!topic.described) {
    if (!replaced_) return;
  } else if (!topic.id.empty()) {
    if (!id_.empty() && id_ != topic.id) replaced_ = now.steady;
    id_ = topic.id;
  }
  if (replaced_ && now.steady - *replaced_ >= (topic.taken_up ? kLeast : kLasts)) replaced_.reset();
  const bool missing = topic.described && topic.id.empty() && !id_.empty();
  if (!missing && !replaced_) return;
  const bool read = !topic.reader.empty();
  found.push_back(finding(Kind::topic_lost, read ? topic.reader : topic.filler,
                          read ? topic.reader_kind : topic.filler_kind, topic.name,
                          missing ? cat("topic ", topic.name, " was deleted by somebody")
                                  : cat("topic ", topic.name, " was deleted by somebody and made again, empty")));
}

}  // namespace tidegate::health
