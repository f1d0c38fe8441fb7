#include "worker/apply/envelope.h"

#include <charconv>

#include "common/base/text.h"
#include "common/json/json.h"
#include "worker/codec/calendar.h"

namespace tidegate {
namespace {

enum Member : std::size_t { key, timestamp, partition, offset, headers, value };

codec::Schema envelope_schema() {
  const codec::FieldType json{codec::Type::json, 0, 0};
  return *codec::Schema::of({{"key", {codec::Type::varchar, 0, 0}},
                             {"timestamp", json},
                             {"partition", {codec::Type::integer, 0, 0}},
                             {"offset", {codec::Type::bigint, 0, 0}},
                             {"headers", json},
                             {"value", json}});
}

Error invalid(const std::string& problem) {
  return {"InvalidInput",
          cat("this topic has fields from beside the value, so each line must be a record such as {\"key\": \"k\", "
              "\"timestamp\": \"2026-01-31T05:00:00Z\", \"headers\": {}, \"value\": {}}: ",
              problem)};
}

std::int64_t number(const std::optional<std::string>& text, std::int64_t fallback) {
  std::int64_t out = fallback;
  if (text) std::from_chars(text->data(), text->data() + text->size(), out);
  return out;
}

// In milliseconds, which is what Kafka keeps; null when it is no time.
std::optional<std::int64_t> time_of(const std::string& json) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), out);
  if (error == std::errc() && end == json.data() + json.size() && out >= 0) return out;
  const auto text = Json::parse(json);
  const auto micros = text ? codec::parse_timestamp(text->as_string()) : std::nullopt;
  if (!micros || *micros < 0) return std::nullopt;
  return *micros / 1000;
}

}  // namespace

EnvelopeReader::EnvelopeReader(codec::Schema fields) : fields_(std::move(fields)), rows_(envelope_schema()) {}

Result<EnvelopeReader::Envelope> EnvelopeReader::read(std::string_view line) {
  if (auto read = rows_.read(line); !read) return invalid(read.error().message);
  Envelope out;
  out.key = rows_.text(key);
  out.value = rows_.text(value);
  if (out.value && out.value->starts_with('"')) {
    const auto text = Json::parse(*out.value);
    if (!text) return invalid(text.error().message);
    out.value = text->as_string();
  } else if (out.value && fields_.format().kind != codec::Format::Kind::json) {
    return invalid("\"value\" must be a string");
  }
  out.metadata.partition = static_cast<int>(number(rows_.text(partition), 0));
  out.metadata.offset = number(rows_.text(offset), 0);
  if (const auto text = rows_.text(timestamp)) {
    const auto time = time_of(*text);
    if (!time) return invalid("\"timestamp\" must be a time or milliseconds since 1970");
    out.metadata.timestamp_ms = *time;
  }
  const auto given = Json::parse(rows_.text(headers).value_or("{}"));
  if (!given || !given->is_object()) return invalid("\"headers\" must be an object");
  for (const codec::Field& field : fields_.fields()) {
    if (field.from != codec::From::header) continue;
    const Json& header = given->get(field.header);
    if (!header.is_null() && !header.is_string()) return invalid("headers must be strings");
    out.metadata.headers.push_back(header.is_null() ? std::nullopt : std::optional(header.as_string()));
  }
  return out;
}

}  // namespace tidegate
