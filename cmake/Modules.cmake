# tidegate_library(NAME SOURCES... [DEPENDS targets...]): a static library target of one folder, alias tidegate::NAME.
# DEPENDS that appear in the library's own headers go after PUBLIC, others after PRIVATE.
function(tidegate_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(tidegate_${name} STATIC ${ARG_SOURCES})
  add_library(tidegate::${name} ALIAS tidegate_${name})
  target_link_libraries(tidegate_${name} PUBLIC tidegate_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# tidegate_test(NAME SOURCES... DEPENDS...): one doctest executable per module, registered under the label "unit"; the
# target unit_tests builds them all.
add_custom_target(unit_tests)
function(tidegate_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(test_${name} ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/unit/main.cpp)
  target_link_libraries(test_${name} PRIVATE ${ARG_DEPENDS} tidegate_options doctest::doctest)
  target_compile_definitions(test_${name} PRIVATE DOCTEST_CONFIG_SUPER_FAST_ASSERTS
    TIDEGATE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_dependencies(unit_tests test_${name})
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
  if(TIDEGATE_SANITIZE)
    set_tests_properties(${name} PROPERTIES TIMEOUT 480)
  endif()
endfunction()
