#include "crds/windows.h"

#include <algorithm>
#include <set>

#include "common/base/text.h"
#include "crds/graph.h"

namespace tidegate::crds {
namespace {

constexpr Duration kRetentionMargin = std::chrono::hours(1);

Error refused(const char* reason, const Processor& processor, const std::string& rest) {
  return {reason, cat("spec.processors[", processor.name, "]", rest)};
}

std::string words(Duration time) {
  return cat(std::to_string(std::chrono::ceil<std::chrono::minutes>(time).count()), "m");
}

Result<void> check_event_time(const Topic& topic) {
  if (!topic.event_time) return {};
  const std::string& name = topic.event_time->field;
  if (topic.fields.empty()) return {};  // those of a query: checked with it
  const auto field =
      std::find_if(topic.fields.begin(), topic.fields.end(), [&](const Field& f) { return f.name == name; });
  if (field != topic.fields.end() && field->type == "TIMESTAMP" && field->required) return {};
  return Error{"InvalidSpec", cat("spec.topics[", topic.name, "].eventTime.field: '", name,
                                  "' must be one of value.fields, of type TIMESTAMP and required: true")};
}

// How far its topic is in event time must be known: from its records, or from the processors that write it.
Result<void> check_followed(const PipelineSpec& spec, const Processor& processor) {
  const Topic* topic = spec.topic(processor.from);
  const bool written = !writers(spec, processor.from).empty();
  if (!written && (topic == nullptr || !topic->event_time)) {
    return refused("InvalidSpec", processor,
                   cat(".from: topic '", processor.from, "' needs eventTime, because a processor with a window is ",
                       "behind this one and depends on how far it has come"));
  }
  const auto fills = [&](const Source& source) { return source.to == processor.from; };
  if (written && std::any_of(spec.sources.begin(), spec.sources.end(), fills)) {
    return refused("InvalidSpec", processor,
                   cat(".from: topic '", processor.from, "' is filled by a source and by a processor, so that it is ",
                       "not known how far it has come in event time; give each a topic of its own"));
  }
  if (written && topic != nullptr && topic->event_time && topic->event_time->idle_timeout) {
    return Error{"InvalidSpec", cat("spec.topics[", topic->name, "].eventTime.idleTimeout: is for topics that are ",
                                    "filled from outside; the processors that write this one tell how far it is")};
  }
  return {};
}

Result<void> check_grouping(const PipelineSpec& spec, const Processor& processor, const Topic& topic) {
  const auto rekeyed = rekeyed_by(spec, processor);
  if (!rekeyed && topic.partitions != 1 && topic_key(spec, topic).empty()) {
    return refused(
        "KeyMismatch", processor,
        cat(".window: topic '", processor.from, "' has no key that all of its writers keep to, so that records of one ",
            "group may lie in several partitions; give the topic or this processor a key, or the topic one partition, ",
            "or write window.global: true (all records then go through one partition)"));
  }
  for (const std::string& name : rekeyed.value_or(std::vector<std::string>())) {
    const auto is = [&](const Field& field) { return field.name == name; };
    if (topic.fields.empty() || std::any_of(topic.fields.begin(), topic.fields.end(), is)) continue;
    return refused("InvalidSpec", processor,
                   cat(".key: '", name, "' is no field of topic '", topic.name, "', whose own key is not part of this ",
                       "key: its records must be keyed anew by fields of theirs. If this is only the key of the rows, ",
                       "give it as the key of topic '", processor.to, "'"));
  }
  return {};
}

Result<void> check_window(const PipelineSpec& spec, const Processor& processor) {
  const Topic* topic = spec.topic(processor.from);
  if (topic == nullptr || !topic->event_time) {
    return refused(
        "InvalidSpec", processor,
        cat(".window: needs eventTime on topic '", processor.from, "', the field that says when it happened"));
  }
  if (auto grouped = check_grouping(spec, processor, *topic); !grouped) return grouped;
  const Window& window = *processor.window;
  // Whether a session was cut off its predecessor shows in the half of maxDuration before it
  // (worker/window/sessions.h).
  const Duration span = window.gap ? window.size * 3 / 2 : window.size;
  const Duration needed = span + topic->event_time->max_out_of_order + kRetentionMargin;
  if (topic->retention && *topic->retention < needed) {
    return refused("InvalidSpec", processor,
                   cat(".window: topic '", processor.from, "' must keep records for at least ",
                       window.gap ? "one and a half times maxDuration" : "the window",
                       ", maxOutOfOrder and an hour; its retention must be ", words(needed), " or more"));
  }
  return {};
}

}  // namespace

Result<void> check_windows(const PipelineSpec& spec) {
  for (const Topic& topic : spec.topics) {
    if (auto done = check_event_time(topic); !done) return done;
  }
  for (const Processor& processor : spec.processors) {
    if (processor.window) {
      if (auto done = check_window(spec, processor); !done) return done;
    }
    if (!follows_event_time(spec, processor)) continue;
    if (auto done = check_followed(spec, processor); !done) return done;
  }
  return {};
}

Json to_json(const Window& window) {
  if (window.gap) {
    const Json session = Json::object({{"gap", window.gap->count()}, {"maxDuration", window.size.count()}});
    return Json::object({{"session", session}});
  }
  Json sizes = Json::object({{"size", window.size.count()}});
  if (window.slide) sizes["slide"] = window.slide->count();
  return Json::object({{window.slide ? "hopping" : "tumbling", sizes}});
}

Json to_json(const EventTime& time, bool written) {
  Json out = Json::object(
      {{"field", time.field}, {"maxOutOfOrder", time.max_out_of_order.count()}, {"maxAhead", time.max_ahead.count()}});
  if (written) out["written"] = true;
  return out;
}

std::vector<const Processor*> writers(const PipelineSpec& spec, const std::string& topic) {
  std::vector<const Processor*> out;
  for (const Processor& processor : spec.processors) {
    if (processor.to == topic) out.push_back(&processor);
  }
  return out;
}

bool follows_event_time(const PipelineSpec& spec, const Processor& processor) {
  std::vector<const Processor*> reached{&processor};
  std::set<const Processor*> seen{&processor};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (reached[i]->window) return true;
    for (const Processor& other : spec.processors) {
      if (other.from == reached[i]->to && seen.insert(&other).second) reached.push_back(&other);
    }
  }
  return false;
}

std::vector<std::string> topic_key(const PipelineSpec& spec, const Topic& topic) {
  const auto written_by = writers(spec, topic.name);
  if (written_by.empty()) return topic.key;
  const std::vector<std::string> key = output_key(spec, *written_by.front());
  const bool all = std::all_of(written_by.begin(), written_by.end(),
                               [&](const Processor* writer) { return output_key(spec, *writer) == key; });
  return all ? key : std::vector<std::string>();
}

std::optional<std::vector<std::string>> rekeyed_by(const PipelineSpec& spec, const Processor& processor) {
  const Topic* topic = spec.topic(processor.from);
  if (!processor.window || topic == nullptr || topic->partitions == 1) return std::nullopt;
  if (processor.window->global) return std::vector<std::string>();
  std::vector<std::string> wanted;
  for (const std::string& name : processor.key) {
    if (name != "window_start" && name != "window_end") wanted.push_back(name);
  }
  if (wanted.empty()) return std::nullopt;
  const std::vector<std::string> present = topic_key(spec, *topic);
  const auto part = [&](const std::string& name) {
    return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
  };
  if (!present.empty() && std::all_of(present.begin(), present.end(), part)) return std::nullopt;
  return wanted;
}

std::vector<std::string> grouping_key(const PipelineSpec& spec, const Processor& processor) {
  const Topic* topic = spec.topic(processor.from);
  if (topic == nullptr) return {};
  // Sessions are of a key, wherever it lies.
  const bool anywhere = topic->partitions == 1 && !processor.window->gap;
  return anywhere ? std::vector<std::string>() : topic_key(spec, *topic);
}

Json window_request(const PipelineSpec& spec, const Processor& processor) {
  if (!processor.window) return Json::Object{};
  return Json::object(
      {{"window", to_json(*processor.window)},
       {"eventTime", to_json(*spec.topic(processor.from)->event_time, !writers(spec, processor.from).empty())},
       {"inputKey", Json::array(grouping_key(spec, processor))}});
}

}  // namespace tidegate::crds
