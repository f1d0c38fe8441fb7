// Sanitizers look for memory errors, which one case in a few shows as well as all do, and everything is many times
// slower under them: long tables of cases are walked in these steps.
#pragma once

namespace tidegate::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kStride = 7;
#else
inline constexpr int kStride = 1;
#endif

}  // namespace tidegate::test
