# Third-party libraries. Debian's packages where they are recent enough; DuckDB and librdkafka from the prefix that
# dev/deps/install fills (or from an unpacked official release given as DUCKDB_ROOT, or a librdkafka >= 2.12 of the system).
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(doctest REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(cpprestsdk REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PkgConfig REQUIRED)

if(NOT TIDEGATE_DEPS)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/dev/deps/prefix OUTPUT_VARIABLE TIDEGATE_DEPS
                  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()

# Looked for each time: a cached path would outlive the prefix.
find_path(duckdb_include duckdb.h HINTS ${DUCKDB_ROOT} ${TIDEGATE_DEPS}/include NO_CACHE REQUIRED)
find_library(duckdb_library duckdb HINTS ${DUCKDB_ROOT} ${TIDEGATE_DEPS}/lib NO_CACHE REQUIRED)
add_library(DuckDB::DuckDB SHARED IMPORTED)
set_target_properties(DuckDB::DuckDB PROPERTIES IMPORTED_LOCATION ${duckdb_library} IMPORTED_NO_SONAME ON
  INTERFACE_INCLUDE_DIRECTORIES ${duckdb_include})

if(EXISTS ${TIDEGATE_DEPS}/lib/librdkafka.a)
  add_library(rdkafka::rdkafka STATIC IMPORTED)
  set_target_properties(rdkafka::rdkafka PROPERTIES IMPORTED_LOCATION ${TIDEGATE_DEPS}/lib/librdkafka.a
    INTERFACE_INCLUDE_DIRECTORIES ${TIDEGATE_DEPS}/include
    INTERFACE_LINK_LIBRARIES "OpenSSL::SSL;OpenSSL::Crypto;ZLIB::ZLIB;zstd;lz4;Threads::Threads;dl;m")
else()
  pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET GLOBAL rdkafka>=2.12)
  add_library(rdkafka::rdkafka ALIAS PkgConfig::rdkafka)
endif()

if(BUILD_TESTING)
  enable_testing()
endif()
