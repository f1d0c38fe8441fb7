#include "worker/letters/letter.h"

#include <charconv>

#include "common/base/encoding.h"
#include "common/base/text.h"

namespace tidegate::letters {
namespace {

std::int64_t number(const std::string& text, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Whether cutting never finds an incomplete or wrong sequence.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const int more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : -1;
    if (more < 0 || i + static_cast<std::size_t>(more) >= text.size()) return false;
    for (int k = 1; k <= more; ++k)
      if (static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]) >> 6 != 2) return false;
    i += static_cast<std::size_t>(more) + 1;
  }
  return true;
}

void put(Json& out, const std::string& name, const std::optional<std::string_view>& bytes, std::size_t most) {
  if (!bytes) {
    out[name] = nullptr;
  } else if (is_utf8(*bytes)) {
    out[name] = std::string(truncate_utf8(*bytes, most));
  } else {
    out[name + "Hex"] = to_hex(bytes->substr(0, most));
  }
  if (bytes && bytes->size() > most) out[name + "Bytes"] = static_cast<std::int64_t>(bytes->size());
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.as_string() : value.dump();
}

}  // namespace

Origin origin_of(const std::vector<kafka::Header>& headers) {
  Origin out;
  std::map<std::string, std::string> last;
  for (const kafka::Header& header : headers) {
    if (header.name == "tidegate-time") ++out.failures;
    last[header.name] = header.value.value_or("");
  }
  out.reason = last["tidegate-reason"];
  out.message = last["tidegate-message"];
  out.topic = last["tidegate-topic"];
  out.partition = static_cast<int>(number(last["tidegate-partition"], 0));
  out.offset = number(last["tidegate-offset"], -1);
  out.timestamp_ms = number(last["tidegate-timestamp"], -1);
  if (auto time = parse_rfc3339(last["tidegate-time"])) out.failed_at = *time;
  return out;
}

Result<Filter> Filter::from_json(const Json& request) {
  Filter out;
  out.reason = request.get("reason").as_string();
  const auto time = [&](const char* name, std::optional<WallTime>& to) -> Result<void> {
    const std::string& text = request.get(name).as_string();
    if (text.empty()) return {};
    auto read = parse_rfc3339(text);
    if (!read) return Error{"InvalidArguments", cat(name, ": ", read.error().message)};
    to = *read;
    return {};
  };
  if (auto read = time("since", out.since); !read) return read.error();
  if (auto read = time("until", out.until); !read) return read.error();
  for (const auto& [name, value] : request.get("fields").members()) out.fields[name] = value.as_string();
  return out;
}

bool Filter::takes(const kafka::Record& letter, const Origin& origin) const {
  if (!reason.empty() && origin.reason != reason) return false;
  if ((since || until) && !origin.failed_at) return false;
  if (since && *origin.failed_at < *since) return false;
  if (until && *origin.failed_at >= *until) return false;
  if (fields.empty()) return true;
  if (!letter.value) return false;
  const auto parsed = Json::parse(*letter.value);
  if (!parsed || !parsed->is_object()) return false;
  for (const auto& [name, value] : fields) {
    if (parsed->get(name).is_null() || as_text(parsed->get(name)) != value) return false;
  }
  return true;
}

Json show(const kafka::Record& record, std::size_t most) {
  Json out = Json::object({{"partition", record.partition}, {"offset", record.offset}});
  if (record.timestamp_ms >= 0) out["timestamp"] = to_rfc3339(WallTime(Duration(record.timestamp_ms)));
  put(out, "key", record.key, most);
  put(out, "value", record.value, most);
  Json headers;
  for (const kafka::Header& header : kafka::headers(record)) {
    if (header.name.starts_with("tidegate-")) continue;
    if (header.value)
      put(headers, header.name, std::string_view(*header.value), most);
    else
      headers[header.name] = nullptr;
  }
  if (!headers.is_null()) out["headers"] = std::move(headers);
  return out;
}

Json show_letter(const kafka::Record& letter, const Origin& origin, std::size_t most) {
  Json out = show(letter, most);
  Json from = Json::object({{"reason", origin.reason},
                            {"message", origin.message},
                            {"topic", origin.topic},
                            {"partition", origin.partition},
                            {"offset", origin.offset},
                            {"failures", origin.failures}});
  if (origin.failed_at) from["failedAt"] = to_rfc3339(*origin.failed_at);
  out["origin"] = std::move(from);
  return out;
}

}  // namespace tidegate::letters
