// The events of the benchmarks.
#pragma once

#include <cstdint>
#include <string>

namespace tidegate::bench {

// The n-th event: 224 bytes of JSON with eight fields, one of them nested. `amount` is uniform below 100, written so
// that copying its text and printing it as a double give the same.
std::string event(std::uint64_t n);

// What both contenders do, in SQL: 65 % of the events pass, five fields are kept.
std::string query(const std::string& topic);

}  // namespace tidegate::bench
