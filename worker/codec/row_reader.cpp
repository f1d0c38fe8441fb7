#include "worker/codec/row_reader.h"

#include "worker/codec/json_writer.h"

namespace tidegate::codec {

RowReader::RowReader(Schema schema)
    : reader_(std::move(schema)),
      cells_(reader_.schema().size()),
      validity_(cells_.size(), 0),
      columns_(cells_.size()) {
  for (std::size_t f = 0; f < cells_.size(); ++f) columns_[f] = {&cells_[f], &validity_[f]};
}

Result<void> RowReader::read(std::string_view record, const Metadata* metadata) {
  reader_.begin(record.size());
  return reader_.read(record, metadata, columns_, 0);
}

std::optional<std::string> RowReader::text(std::size_t field) const {
  std::string out;
  if (!append_text(field, out)) return std::nullopt;
  return out;
}

bool RowReader::append_text(std::size_t field, std::string& out) const {
  if (is_null(field)) return false;
  codec::append_text(schema()[field].type, columns_[field], 0, out);
  return true;
}

}  // namespace tidegate::codec
