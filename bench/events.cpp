#include "events.h"

#include <cstdio>

namespace tidegate::bench {
namespace {

constexpr std::size_t kEventBytes = 224;

std::uint64_t mix(std::uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

std::string event(std::uint64_t n) {
  static constexpr const char* kTypes[] = {"view", "click", "purchase", "refund"};
  static constexpr const char* kCountries[] = {"DE", "FR", "US", "JP", "BR", "IN"};
  const std::uint64_t random = mix(n);
  char text[512];
  const int size = std::snprintf(
      text, sizeof text,
      R"({"id":%llu,"user":"user-%06llu","type":"%s","amount":%llu.%llu%llu,"country":"%s",)"
      R"("ts":"2026-01-%02lluT%02llu:%02llu:%02lluZ","ok":%s,"device":{"os":"linux","version":"6.1","screen":")",
      static_cast<unsigned long long>(n), static_cast<unsigned long long>(random % 100'000), kTypes[(random >> 17) % 4],
      static_cast<unsigned long long>((random >> 20) % 99 + 1), static_cast<unsigned long long>((random >> 28) % 10),
      static_cast<unsigned long long>((random >> 33) % 9 + 1), kCountries[(random >> 38) % 6],
      static_cast<unsigned long long>((random >> 41) % 28 + 1), static_cast<unsigned long long>((random >> 46) % 24),
      static_cast<unsigned long long>((random >> 51) % 60), static_cast<unsigned long long>((random >> 57) % 60),
      (random & 1) != 0 ? "true" : "false");
  std::string json(text, static_cast<std::size_t>(size));
  while (json.size() < kEventBytes - 3) json += static_cast<char>('a' + (random >> (json.size() % 53)) % 26);
  return json + "\"}}";
}

std::string query(const std::string& topic) {
  return "SELECT \"user\", type, amount, country, ts FROM \"" + topic + "\" WHERE amount < 65.35";
}

}  // namespace tidegate::bench
