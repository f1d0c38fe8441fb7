#include "tests/worker/programs.h"

namespace tidegate::worker_test {

std::string worker_program() {
  return TIDEGATE_WORKER;
}

std::string faulty_worker_program() {
  return TIDEGATE_FAULTY_WORKER;
}

}  // namespace tidegate::worker_test
