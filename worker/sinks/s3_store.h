// Objects in a bucket of S3 or of what speaks its protocol (docs/connectors.md, "S3 sink").
#pragma once

#include <memory>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "worker/objects/store.h"
#include "worker/stage/settings.h"

namespace tidegate::sinks {

// An object is one PUT; it and the listing are signed with their contents. Certificates are verified. Files are read
// again on every open(). `clock` is replaced in tests. Fails with reason InvalidSettings.
Result<std::unique_ptr<objects::Store>> make_s3_store(const stage::S3Settings& settings, Clock clock = Clock::real());

}  // namespace tidegate::sinks
