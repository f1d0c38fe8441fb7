// The programs under test, as they were built.
#pragma once

#include <string>

namespace tidegate::worker_test {

std::string worker_program();
std::string faulty_worker_program();  // faulty_worker.cpp

}  // namespace tidegate::worker_test
