// What an object holds, as bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "worker/codec/schema.h"
#include "worker/objects/open_objects.h"

namespace tidegate::objects {

struct Encoded {
  std::string bytes;
  std::int64_t records = 0;  // counted in the bytes, apart from Object::records
};

// The same object always gives the same bytes. One thread uses it.
class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual std::string extension() const = 0;
  virtual bool needs_metadata() const { return false; }  // Object::metadata
  // Fails with EncodingFailed.
  virtual Result<Encoded> encode(const Object& object) = 0;
};

// One record a line, as it stands in the topic; `gzip`: compressed (RFC 1952, without a time).
std::unique_ptr<Encoder> ndjson_encoder(bool gzip);

// A column for each field, of the type that DuckDB has for it, compressed with zstd. Works in a file in `directory`.
std::unique_ptr<Encoder> parquet_encoder(const codec::Schema& schema, const std::string& directory);

}  // namespace tidegate::objects
