// The events of the benchmarks.
#pragma once

#include <cstdint>
#include <string>

namespace tidegate::bench {

inline constexpr std::uint64_t kEventsASecond = 100'000;  // of event time
inline constexpr const char* kClosing = "closing-";       // how the users of closing events begin

// The user of the n-th event, one of 100,000, and the key of its record.
std::string user(std::uint64_t n);

// The n-th event: 224 bytes of JSON with eight fields, one of them nested. `amount` is uniform below 100 with two
// digits, the last never 0, so that copying its text and printing it as a double give the same.
std::string event(std::uint64_t n);

// A day after all others, which closes the windows of its partition; it does not pass the row-wise job.
std::string closing_event(const std::string& user);

}  // namespace tidegate::bench
