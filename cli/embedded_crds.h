// The CustomResourceDefinitions as YAML text, put into the program by CMake.
#pragma once

namespace tidegate::cli {

extern const char* const kEmbeddedCrds[2];

}  // namespace tidegate::cli
