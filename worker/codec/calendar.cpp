#include "worker/codec/calendar.h"

#include <array>
#include <bit>
#include <cstring>

namespace tidegate::codec {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr std::int32_t kFirstDay = -719'162;  // 0001-01-01
constexpr std::int32_t kLastDay = 2'932'896;  // 9999-12-31

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days_from_civil and civil_from_days.
constexpr std::int32_t days_from_civil(int year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const int era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<int>(day_of_era) - 719'468;
}

struct Civil {
  unsigned year;
  unsigned month;
  unsigned day;
};

constexpr Civil civil_from_days(std::int32_t days) {
  const auto shifted = static_cast<unsigned>(days + 719'468);  // not negative from year 1 on
  const unsigned era = shifted / 146'097;
  const unsigned day_of_era = shifted - era * 146'097;
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

constexpr unsigned days_in_month(unsigned year, unsigned month) {
  constexpr unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

// Takes text apart from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool take(char c) {
    if (peek() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `count` digits.
  bool number(unsigned count, unsigned& value) {
    if (text_.size() < count) return false;
    value = 0;
    for (unsigned i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return false;
      value = value * 10 + static_cast<unsigned>(text_[i] - '0');
    }
    text_.remove_prefix(count);
    return true;
  }

 private:
  std::string_view text_;
};

bool to_days(unsigned year, unsigned month, unsigned day, std::int32_t& days) {
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
  days = days_from_civil(static_cast<int>(year), month, day);
  return true;
}

bool scan_date(Scanner& in, std::int32_t& days) {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (!in.number(4, year) || !in.take('-') || !in.number(2, month) || !in.take('-') || !in.number(2, day)) return false;
  return to_days(year, month, day, days);
}

bool scan_fraction(Scanner& in, std::int64_t& microseconds) {
  if (!in.take('.')) return true;
  std::int64_t unit = kSecond;
  unsigned digit = 0;
  while (in.number(1, digit)) {
    if (unit == 1) return false;  // a seventh digit would be lost
    unit /= 10;
    microseconds += digit * unit;
  }
  return unit != kSecond;
}

bool scan_offset(Scanner& in, std::int64_t& microseconds) {
  if (in.done()) return true;
  if (in.take('Z') || in.take('z')) return in.done();
  const bool minus = in.peek() == '-';
  if (!in.take('-') && !in.take('+')) return false;
  unsigned hours = 0;
  unsigned minutes = 0;
  if (!in.number(2, hours) || hours > 18) return false;
  const bool colon = in.take(':');
  if ((colon || !in.done()) && (!in.number(2, minutes) || minutes > 59)) return false;
  const std::int64_t offset = (std::int64_t{hours} * 60 + minutes) * 60 * kSecond;
  microseconds += minus ? offset : -offset;
  return in.done();
}

// Eight characters, each a digit or exactly the separator that `Shape` has there, taken at once.
struct Shape {
  constexpr explicit Shape(const char (&example)[9]) {
    for (unsigned i = 0; i < 8; ++i) {
      const auto c = static_cast<unsigned char>(example[i]);
      zeros |= std::uint64_t{c} << (8 * i);
      // What makes the sum reach the top bit: more than 9 above '0', or any difference from a separator.
      bias |= std::uint64_t{c == '0' ? 0x76U : 0x7fU} << (8 * i);
    }
  }

  // False when the text is of another shape. Otherwise byte i of `pairs` holds the number that the digits i and i+1
  // say.
  bool read(const char* text, std::uint64_t& pairs) const {
    std::uint64_t word;
    std::memcpy(&word, text, 8);
    word ^= zeros;
    if ((((word + bias) | word) & 0x8080808080808080) != 0) return false;
    pairs = word * 10 + (word >> 8);
    return true;
  }

  std::uint64_t zeros = 0;
  std::uint64_t bias = 0;
};

constexpr unsigned pair(std::uint64_t pairs, unsigned at) {
  return static_cast<unsigned>(pairs >> (8 * at)) & 0xff;
}

// `2013-01-31T05:00:00Z` to the letter: what timestamps mostly are. Nothing is decided when false.
bool scan_usual(std::string_view text, std::int64_t& microseconds) {
  static_assert(std::endian::native == std::endian::little);
  constexpr Shape kDate("0000-00-");
  constexpr Shape kHour("00T00:00");
  constexpr Shape kTime("00:00:00");
  std::uint64_t date;
  std::uint64_t hour;
  std::uint64_t time;
  if (text.size() != 20 || text[19] != 'Z' || !kDate.read(text.data(), date) || !kHour.read(text.data() + 8, hour) ||
      !kTime.read(text.data() + 11, time)) {
    return false;
  }
  std::int32_t days = 0;
  if (!to_days(pair(date, 0) * 100 + pair(date, 2), pair(date, 5), pair(hour, 0), days)) return false;
  if (pair(time, 0) > 23 || pair(time, 3) > 59 || pair(time, 6) > 59) return false;
  microseconds = days * kDay + (std::int64_t{pair(time, 0)} * 3600 + pair(time, 3) * 60 + pair(time, 6)) * kSecond;
  return true;
}

constexpr std::array<char, 200> kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (unsigned i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

char* write_two(unsigned value, char* out) {
  std::memcpy(out, &kTwoDigits[2 * value], 2);
  return out + 2;
}

}  // namespace

std::optional<std::int32_t> parse_date(std::string_view text) {
  Scanner in(text);
  std::int32_t days = 0;
  if (!scan_date(in, days) || !in.done()) return std::nullopt;
  return days;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  std::int64_t microseconds = 0;
  if (scan_usual(text, microseconds)) return microseconds;
  Scanner in(text);
  std::int32_t days = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (!scan_date(in, days) || !(in.take('T') || in.take(' ') || in.take('t'))) return std::nullopt;
  if (!in.number(2, hour) || hour > 23 || !in.take(':') || !in.number(2, minute) || minute > 59) return std::nullopt;
  microseconds = days * kDay + (std::int64_t{hour} * 60 + minute) * 60 * kSecond;
  if (in.take(':')) {
    if (!in.number(2, second) || second > 59) return std::nullopt;
    microseconds += second * kSecond;
    if (!scan_fraction(in, microseconds)) return std::nullopt;
  }
  if (!scan_offset(in, microseconds)) return std::nullopt;
  if (!in_calendar(microseconds)) return std::nullopt;
  return microseconds;
}

bool in_calendar(std::int64_t microseconds) {
  return microseconds >= kFirstDay * kDay && microseconds < (kLastDay + 1) * kDay;
}

char* write_date(std::int32_t days, char* out) {
  if (days < kFirstDay || days > kLastDay) return nullptr;
  const Civil civil = civil_from_days(days);
  out = write_two(civil.year / 100, out);
  out = write_two(civil.year % 100, out);
  *out++ = '-';
  out = write_two(civil.month, out);
  *out++ = '-';
  return write_two(civil.day, out);
}

char* write_timestamp(std::int64_t microseconds, char* out) {
  if (!in_calendar(microseconds)) return nullptr;
  std::int64_t days = microseconds / kDay;
  std::int64_t rest = microseconds % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  out = write_date(static_cast<std::int32_t>(days), out);
  const auto seconds = static_cast<unsigned>(rest / kSecond);
  *out++ = 'T';
  out = write_two(seconds / 3600, out);
  *out++ = ':';
  out = write_two(seconds / 60 % 60, out);
  *out++ = ':';
  out = write_two(seconds % 60, out);
  if (auto fraction = static_cast<unsigned>(rest % kSecond); fraction != 0) {
    *out++ = '.';
    for (unsigned unit = 100'000; fraction != 0; unit /= 10) {
      *out++ = static_cast<char>('0' + fraction / unit);
      fraction %= unit;
    }
  }
  *out++ = 'Z';
  return out;
}

}  // namespace tidegate::codec
