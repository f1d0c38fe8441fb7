# tidegate_batches(OUT NAME SOURCES...): files that include so many of the sources each. Half of the time of compiling goes into what
# these have in common. Unlike CMAKE_UNITY_BUILD's the files are the same in every checkout, which ccache needs to see at once.
set(TIDEGATE_BATCH 8 CACHE STRING "How many sources of a library or a unit test are compiled at once; with 1 each by itself")
function(tidegate_batches out name)
  if(TIDEGATE_BATCH LESS 2)
    set(${out} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(batches ${ARGN})
  list(FILTER batches INCLUDE REGEX "^/") # generated
  list(FILTER ARGN EXCLUDE REGEX "^/")
  while(ARGN)
    list(SUBLIST ARGN 0 ${TIDEGATE_BATCH} sources)
    list(REMOVE_ITEM ARGN ${sources})
    list(TRANSFORM sources REPLACE "(.+)" "#include \"${folder}/\\1\"\n")
    list(JOIN sources "" text)
    list(LENGTH batches number)
    set(batch ${CMAKE_CURRENT_BINARY_DIR}/batches/${name}_${number}.cpp)
    file(CONFIGURE OUTPUT ${batch} CONTENT "${text}")
    list(APPEND batches ${batch})
  endwhile()
  set(${out} ${batches} PARENT_SCOPE)
endfunction()

# tidegate_library(NAME SOURCES... [DEPENDS targets...]): a static library target of one folder, alias tidegate::NAME.
# DEPENDS that appear in the library's own headers go after PUBLIC, others after PRIVATE.
function(tidegate_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  tidegate_batches(batches ${name} ${ARG_SOURCES})
  add_library(tidegate_${name} STATIC ${batches})
  if(TIDEGATE_BATCH GREATER 1) # what a batch includes is no header
    target_compile_options(tidegate_${name} PRIVATE -Wno-subobject-linkage)
  endif()
  add_library(tidegate::${name} ALIAS tidegate_${name})
  target_link_libraries(tidegate_${name} PUBLIC tidegate_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# tidegate_test(NAME SOURCES... DEPENDS...): one doctest executable per module, registered under the label "unit"; the
# target unit_tests builds them all.
add_custom_target(unit_tests)
function(tidegate_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  tidegate_batches(batches test_${name} ${ARG_SOURCES})
  add_executable(test_${name} ${batches})
  target_link_libraries(test_${name} PRIVATE ${ARG_DEPENDS} test_main test_paths)
  add_dependencies(unit_tests test_${name})
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
  if(TIDEGATE_SANITIZE)
    set_tests_properties(${name} PROPERTIES TIMEOUT 480)
  endif()
endfunction()
