// Posts records to an HTTP endpoint (docs/connectors.md, "HTTP sink").
#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "worker/codec/schema.h"
#include "worker/sinks/sink.h"
#include "worker/stage/settings.h"

namespace tidegate::sinks {

// At least once, in order within a partition. What the target acknowledged is not posted again when a later request of
// the same batch fails; only a restart repeats requests, and may cut them at other offsets. Files are read again on
// every open(). `stage`: namespace/pipeline/stage, part of the idempotency keys. `clock` is replaced in tests.
// Fails with reason InvalidSettings.
Result<std::unique_ptr<Sink>> make_http_sink(const stage::HttpSinkSettings& settings, codec::Schema schema,
                                             const std::string& stage, const std::string& topic,
                                             Clock clock = Clock::real());

}  // namespace tidegate::sinks
