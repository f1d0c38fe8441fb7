// A record with what lies beside its value, as one line of a file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "worker/codec/metadata.h"
#include "worker/codec/row_reader.h"
#include "worker/codec/schema.h"

namespace tidegate {

// {"key": "k", "timestamp": "2026-01-31T05:00:00Z", "partition": 0, "offset": 7, "headers": {"trace": "x"},
// "value": {…}}, everything optional; a timestamp may be milliseconds, a value of format json may also be its text in a
// string. So `kubectl tidegate tail` and the log sink write records. Not thread-safe.
class EnvelopeReader {
 public:
  explicit EnvelopeReader(codec::Schema fields);

  struct Envelope {
    std::optional<std::string> value;
    std::optional<std::string> key;
    codec::Metadata metadata;  // without the key
  };
  // Fails with reason InvalidInput.
  Result<Envelope> read(std::string_view line);

 private:
  codec::Schema fields_;
  codec::RowReader rows_;
};

}  // namespace tidegate
