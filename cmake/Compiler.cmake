# Language level, warnings and sanitizers for every target of the project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(TIDEGATE_WERROR "Treat warnings as errors" OFF)
option(TIDEGATE_BENCH "Build the benchmarks" OFF)
set(TIDEGATE_SANITIZE "" CACHE STRING "Value for -fsanitize, empty for none")

find_program(CCACHE ccache)
if(CCACHE)
  # Paths relative to the checkout, so that one checkout's results serve the next.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD) # a quarter of the time, for dozens of test programs
  add_link_options(-fuse-ld=mold)
endif()

add_library(tidegate_options INTERFACE)
target_compile_options(tidegate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  $<$<BOOL:${TIDEGATE_WERROR}>:-Werror>)
target_include_directories(tidegate_options INTERFACE ${PROJECT_SOURCE_DIR})
if(TIDEGATE_SANITIZE)
  # A finding ends the program, else tests would pass over it. Null pointers that are used AddressSanitizer finds too, for a fifth less.
  target_compile_options(tidegate_options INTERFACE -fsanitize=${TIDEGATE_SANITIZE} -fno-sanitize=null -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(tidegate_options INTERFACE -fsanitize=${TIDEGATE_SANITIZE})
endif()
