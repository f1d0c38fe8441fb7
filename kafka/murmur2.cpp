#include "kafka/murmur2.h"

namespace tidegate::kafka {
namespace {

std::uint32_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[index]));
}

}  // namespace

std::uint32_t murmur2(std::string_view bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;

  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  const std::size_t whole = bytes.size() / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    std::uint32_t word =
        byte_at(bytes, i) | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2) << 16 | byte_at(bytes, i + 3) << 24;
    word *= kMultiplier;
    word ^= word >> kShift;
    word *= kMultiplier;
    hash *= kMultiplier;
    hash ^= word;
  }
  const std::size_t rest = bytes.size() - whole;
  if (rest == 3) hash ^= byte_at(bytes, whole + 2) << 16;
  if (rest >= 2) hash ^= byte_at(bytes, whole + 1) << 8;
  if (rest >= 1) {
    hash ^= byte_at(bytes, whole);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash;
}

int partition_of_key(std::string_view key, int partitions) {
  return static_cast<int>((murmur2(key) & 0x7fffffffU) % static_cast<std::uint32_t>(partitions));
}

}  // namespace tidegate::kafka
