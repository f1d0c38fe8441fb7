#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "worker/engine/parquet.h"
#include "worker/objects/encoder.h"

namespace tidegate::objects {
namespace {

constexpr const char* memory_limit = "128MB";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

class ParquetEncoder final : public Encoder {
 public:
  ParquetEncoder(const codec::Schema& schema, const std::string& directory)
      : schema_(schema), path_(cat(directory, "/tidegate-object-", std::to_string(::getpid()), ".parquet")) {}

  std::string extension() const override { return "parquet"; }
  bool needs_metadata() const override { return schema_.needs_metadata(); }

  Result<Encoded> encode(const Object& object) override {
    if (!writer_) {
      auto opened = engine::ParquetWriter::open(schema_, memory_limit);
      if (!opened) return failed(opened.error().message);
      writer_.emplace(*std::move(opened));
    }
    const std::vector<std::string_view> lines = lines_of(object.lines);
    const auto rows = writer_->write(lines, object.metadata, path_);
    if (!rows) return failed(rows.error().message);
    std::ifstream file(path_, std::ios::binary);
    Encoded encoded{std::string((std::istreambuf_iterator<char>(file)), {}), *rows};
    std::remove(path_.c_str());
    if (encoded.bytes.empty()) return failed(cat("nothing in ", path_));
    return encoded;
  }

 private:
  Error failed(const std::string& message) {
    writer_.reset();
    std::remove(path_.c_str());
    return {"EncodingFailed", cat("Parquet: ", message)};
  }

  codec::Schema schema_;
  std::string path_;
  std::optional<engine::ParquetWriter> writer_;
};

}  // namespace

std::unique_ptr<Encoder> parquet_encoder(const codec::Schema& schema, const std::string& directory) {
  return std::make_unique<ParquetEncoder>(schema, directory);
}

}  // namespace tidegate::objects
