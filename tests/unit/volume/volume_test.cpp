#include "worker/volume/volume.h"

#include <doctest/doctest.h>

#include <filesystem>

using namespace tidegate;

TEST_CASE("a volume is as large as the file system says and never fuller than that") {
  const std::filesystem::path path = std::filesystem::temp_directory_path();
  const auto use = volume_use(path.string());
  REQUIRE(use.ok());
  const auto space = std::filesystem::space(path);
  CHECK(use->bytes == static_cast<std::int64_t>(space.capacity));
  CHECK(use->used >= 0);
  CHECK(use->used <= use->bytes);
}

TEST_CASE("a directory that is not there is an error and not an empty volume") {
  const auto use = volume_use("/no/such/directory");
  REQUIRE_FALSE(use.ok());
  CHECK(use.error().reason == "VolumeUnknown");
  CHECK(use.error().message.find("/no/such/directory") != std::string::npos);
}
