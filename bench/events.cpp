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

std::string padded(std::string json, std::uint64_t random) {
  while (json.size() < kEventBytes - 3) json += static_cast<char>('a' + (random >> (json.size() % 53)) % 26);
  return json + "\"}}";
}

}  // namespace

std::string user(std::uint64_t n) {
  const std::string digits = std::to_string(mix(n) % 100'000);
  return "user-" + std::string(6 - digits.size(), '0') + digits;
}

std::string event(std::uint64_t n) {
  static constexpr const char* kTypes[] = {"view", "click", "purchase", "refund"};
  static constexpr const char* kCountries[] = {"DE", "FR", "US", "JP", "BR", "IN"};
  const std::uint64_t random = mix(n);
  const std::uint64_t second = n / kEventsASecond;
  char text[512];
  const int size = std::snprintf(
      text, sizeof text,
      R"({"id":%llu,"user":"%s","type":"%s","amount":%llu.%llu%llu,"country":"%s",)"
      R"("ts":"2026-01-01T%02llu:%02llu:%02lluZ","ok":%s,"device":{"os":"linux","version":"6.1","screen":")",
      static_cast<unsigned long long>(n), user(n).c_str(), kTypes[(random >> 17) % 4],
      static_cast<unsigned long long>((random >> 20) % 99 + 1), static_cast<unsigned long long>((random >> 28) % 10),
      static_cast<unsigned long long>((random >> 33) % 9 + 1), kCountries[(random >> 38) % 6],
      static_cast<unsigned long long>(second / 3600 % 24), static_cast<unsigned long long>(second / 60 % 60),
      static_cast<unsigned long long>(second % 60), (random & 1) != 0 ? "true" : "false");
  return padded({text, static_cast<std::size_t>(size)}, random);
}

std::string closing_event(const std::string& user) {
  return padded(R"({"id":0,"user":")" + user +
                    R"(","type":"view","amount":99.99,"country":"DE","ts":"2026-01-02T00:00:00Z","ok":true,)"
                    R"("device":{"os":"linux","version":"6.1","screen":")",
                mix(0));
}

}  // namespace tidegate::bench
