#include "worker/objects/open_objects.h"

#include <algorithm>
#include <numeric>

namespace tidegate::objects {
namespace {

constexpr std::int64_t records_a_sample = 1000;

void sample(Object& object, std::int64_t timestamp_ms) {
  if (timestamp_ms < 0) return;
  if (object.samples.empty() || object.samples.back().records >= records_a_sample) {
    object.samples.push_back({timestamp_ms, 0});
  }
  ++object.samples.back().records;
}

}  // namespace

void OpenObjects::add(std::int64_t offset, std::int64_t timestamp_ms, std::string_view value, SteadyTime now,
                      const codec::Metadata* metadata) {
  const bool room =
      !objects_.empty() && !objects_.back().closed && objects_.back().lines.size() + value.size() + 1 <= limits_.bytes;
  if (!room) {
    if (!objects_.empty()) objects_.back().closed = true;
    objects_.emplace_back();
    objects_.back().range.first = offset;
    objects_.back().begun = now;
  }
  Object& object = objects_.back();
  object.range.last = offset;
  ++object.records;
  object.lines.append(value);
  std::replace_if(
      object.lines.end() - std::ssize(value), object.lines.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  object.lines += '\n';
  if (metadata != nullptr) {
    object.metadata.push_back(*metadata);
    if (metadata->key) object.metadata.back().key = object.keys.emplace_back(*metadata->key);
  }
  sample(object, timestamp_ms);
  object.closed = static_cast<std::size_t>(object.records) >= limits_.records;
}

const Object* OpenObjects::due(SteadyTime now) {
  if (objects_.empty()) return nullptr;
  Object& first = objects_.front();
  if (now - first.begun >= limits_.age) first.closed = true;
  return first.closed ? &first : nullptr;
}

void OpenObjects::close() {
  if (!objects_.empty()) objects_.back().closed = true;
}

std::optional<std::int64_t> OpenObjects::first_offset() const {
  if (objects_.empty()) return std::nullopt;
  return objects_.front().range.first;
}

std::size_t OpenObjects::bytes() const {
  return std::accumulate(objects_.begin(), objects_.end(), std::size_t{0},
                         [](std::size_t sum, const Object& object) { return sum + object.lines.size(); });
}

}  // namespace tidegate::objects
