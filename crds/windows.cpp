#include "crds/windows.h"

#include <algorithm>

#include "common/base/text.h"

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
  const auto field =
      std::find_if(topic.fields.begin(), topic.fields.end(), [&](const Field& f) { return f.name == name; });
  if (field != topic.fields.end() && field->type == "TIMESTAMP" && field->required) return {};
  return Error{"InvalidSpec", cat("spec.topics[", topic.name, "].eventTime.field: '", name,
                                  "' must be one of value.fields, of type TIMESTAMP and required: true")};
}

Result<void> check_window(const PipelineSpec& spec, const Processor& processor) {
  const Topic* topic = spec.topic(processor.from);
  const auto writes = [&](const Processor& other) { return other.to == processor.from; };
  if (std::any_of(spec.processors.begin(), spec.processors.end(), writes)) {
    return refused("InvalidSpec", processor,
                   cat(".window: topic '", processor.from,
                       "' is written by a processor; a window needs a topic that is filled from outside"));
  }
  if (topic == nullptr || !topic->event_time) {
    return refused(
        "InvalidSpec", processor,
        cat(".window: needs eventTime on topic '", processor.from, "', the field that says when it happened"));
  }
  if (topic->key.empty() && topic->partitions != 1) {
    return refused(
        "KeyMismatch", processor,
        cat(".window: topic '", processor.from,
            "' has no key, so that records of one group may lie in several partitions; give it a key, or one "
            "partition"));
  }
  const Duration needed = processor.window->size + topic->event_time->max_out_of_order + kRetentionMargin;
  if (topic->retention && *topic->retention < needed) {
    return refused(
        "InvalidSpec", processor,
        cat(".window: topic '", processor.from, "' must keep records for at least the window, maxOutOfOrder and ",
            "an hour; its retention must be ", words(needed), " or more"));
  }
  return {};
}

}  // namespace

Result<void> check_windows(const PipelineSpec& spec) {
  for (const Topic& topic : spec.topics) {
    if (auto done = check_event_time(topic); !done) return done;
  }
  for (const Processor& processor : spec.processors) {
    if (!processor.window) continue;
    if (auto done = check_window(spec, processor); !done) return done;
  }
  return {};
}

Json to_json(const Window& window) {
  Json sizes = Json::object({{"size", window.size.count()}});
  if (window.slide) sizes["slide"] = window.slide->count();
  return Json::object({{window.slide ? "hopping" : "tumbling", sizes}});
}

Json to_json(const EventTime& time) {
  return Json::object(
      {{"field", time.field}, {"maxOutOfOrder", time.max_out_of_order.count()}, {"maxAhead", time.max_ahead.count()}});
}

std::vector<std::string> grouping_key(const PipelineSpec& spec, const Processor& processor) {
  const Topic* topic = spec.topic(processor.from);
  return topic == nullptr || topic->partitions == 1 ? std::vector<std::string>() : topic->key;
}

Json window_request(const PipelineSpec& spec, const Processor& processor) {
  if (!processor.window) return Json::Object{};
  return Json::object({{"window", to_json(*processor.window)},
                       {"eventTime", to_json(*spec.topic(processor.from)->event_time)},
                       {"inputKey", Json::array(grouping_key(spec, processor))}});
}

}  // namespace tidegate::crds
