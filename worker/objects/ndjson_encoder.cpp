#include <zlib.h>

#include <algorithm>

#include "worker/objects/encoder.h"

namespace tidegate::objects {
namespace {

constexpr int gzip_window = 15 + 16;  // zlib's largest, with the header and trailer of gzip
constexpr int memory_level = 8;       // zlib's default

Result<std::string> compress(const std::string& text) {
  const Error failed{"EncodingFailed", "gzip: out of memory"};
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
    return failed;
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool ended = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return ended ? Result<std::string>(std::move(out)) : failed;
}

class NdjsonEncoder final : public Encoder {
 public:
  explicit NdjsonEncoder(bool gzip) : gzip_(gzip) {}

  std::string extension() const override { return gzip_ ? "ndjson.gz" : "ndjson"; }

  Result<Encoded> encode(const Object& object) override {
    const auto records = std::count(object.lines.begin(), object.lines.end(), '\n');
    if (!gzip_) return Encoded{object.lines, records};
    auto bytes = compress(object.lines);
    if (!bytes) return std::move(bytes).error();
    return Encoded{*std::move(bytes), records};
  }

 private:
  bool gzip_;
};

}  // namespace

std::unique_ptr<Encoder> ndjson_encoder(bool gzip) {
  return std::make_unique<NdjsonEncoder>(gzip);
}

}  // namespace tidegate::objects
