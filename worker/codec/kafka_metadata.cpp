#include "worker/codec/kafka_metadata.h"

namespace tidegate::codec {

Metadata metadata_of(const kafka::Record& record, const Schema& schema) {
  Metadata out{record.key, record.partition, record.offset, record.timestamp_ms, {}};
  std::vector<kafka::Header> headers;
  bool parsed = false;
  for (const Field& field : schema.fields()) {
    if (field.from != From::header) continue;
    if (!parsed) headers = kafka::headers(record);
    parsed = true;
    std::optional<std::string>& value = out.headers.emplace_back();
    for (const kafka::Header& header : headers) {
      if (header.name == field.header) value = header.value;
    }
  }
  return out;
}

std::vector<Metadata> metadata_of(std::span<const kafka::Record> records, const Schema& schema) {
  std::vector<Metadata> out;
  if (!schema.needs_metadata()) return out;
  out.reserve(records.size());
  for (const kafka::Record& record : records) out.push_back(metadata_of(record, schema));
  return out;
}

}  // namespace tidegate::codec
