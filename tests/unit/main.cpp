#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>

#ifdef __SANITIZE_ADDRESS__
// AddressSanitizer remembers who allocated each block; five frames instead of thirty take a quarter off the tests'
// time. Weak: a suite may have options of its own; ASAN_OPTIONS of the environment goes before both.
extern "C" __attribute__((weak)) const char* __asan_default_options() {
  return "malloc_context_size=5";
}
#endif

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // as every program here does: a peer that is gone is an error value
  return doctest::Context(argc, argv).run();
}
