#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // as every program here does: a peer that is gone is an error value
  return doctest::Context(argc, argv).run();
}
