#include "kafka/record_set.h"

#include <optional>

#include "common/base/text.h"

namespace tidegate::kafka {
namespace {

// Zigzag varints and what they measure. Once something is not there, nothing is any more.
class Cursor {
 public:
  Cursor(const char* at, const char* end) : at_(at), end_(end) {}

  std::int64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; at_ != end_ && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    good_ = false;
    return 0;
  }
  // Behind its length; Kafka's null has the length -1.
  std::optional<std::string_view> bytes() {
    const std::int64_t length = number();
    if (length < 0) return std::nullopt;
    return take(length);
  }
  std::string_view take(std::int64_t length) {
    if (!good_ || length < 0 || length > end_ - at_) {
      good_ = false;
      return {};
    }
    at_ += length;
    return {at_ - length, static_cast<std::size_t>(length)};
  }

  bool good() const { return good_; }
  const char* at() const { return at_; }
  std::int64_t left() const { return end_ - at_; }

 private:
  const char* at_;
  const char* end_;
  bool good_ = true;
};

// Whatever the bytes say.
std::int64_t sum(std::int64_t base, std::int64_t delta) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(delta));
}

}  // namespace

Result<void> RecordSet::next(Record& record) {
  Cursor whole(at_, end_);
  const std::string_view bytes = whole.take(whole.number());
  Cursor in(bytes.data(), bytes.data() + bytes.size());
  in.take(1);  // attributes, none of which is in use
  const std::int64_t time = sum(timestamp_ms_, in.number());
  record.offset = sum(base_offset_, in.number());
  record.timestamp_ms = appended_ ? timestamp_ms_ : time;
  record.key = in.bytes();
  record.value = in.bytes();
  record.raw_headers = in.take(in.left());
  if (!whole.good() || !in.good()) {
    at_ = end_;
    return Error{"CorruptLog", cat("the batch at offset ", std::to_string(base_offset_),
                                   " cannot be read: it was damaged in the log or on the way")};
  }
  at_ = whole.at();
  return {};
}

std::vector<Header> parse_headers(std::string_view raw) {
  std::vector<Header> found;
  Cursor in(raw.data(), raw.data() + raw.size());
  for (std::int64_t left = in.number(); left > 0; --left) {
    const auto name = in.bytes();
    const auto value = in.bytes();
    if (!name || !in.good()) break;
    found.push_back({std::string(*name), value ? std::optional<std::string>(*value) : std::nullopt});
  }
  return found;
}

}  // namespace tidegate::kafka
