#include "worker/engine/table.h"

#include <cstring>
#include <utility>

#include "common/base/text.h"

namespace tidegate::engine {
namespace {

// Of a row beside its bytes and its key's: the map's node and bucket, and what the allocator adds.
constexpr std::size_t kOverhead = 144;

std::size_t cost(std::string_view key, std::size_t row) {
  return kOverhead + row + (key.size() > 15 ? key.size() : 0);
}

}  // namespace

Table::Table(std::string name, codec::Schema fields, std::vector<std::string> key, codec::KeyEncoder encoder)
    : name_(std::move(name)), key_(std::move(key)), encoder_(std::move(encoder)), reader_(std::move(fields)) {
  const codec::Schema& schema = reader_.schema();
  elements_.resize(schema.size());
  validity_.resize(schema.size());
  texts_ = schema.size();
  for (std::size_t f = 0; f < schema.size(); ++f) {
    columns_.push_back({&elements_[f], &validity_[f]});
    offsets_.push_back(texts_);
    texts_ += codec::element_size(schema[f].type);
  }
  for (const std::string& part : key_) key_fields_.push_back(*schema.find(part));
}

Result<Table> Table::from_json(const Json& table) {
  const std::string& name = table.get("topic").as_string();
  auto fields = codec::Schema::from_json(table.get("fields"), table);
  if (!fields) return std::move(fields).error().context(cat("table \"", name, "\""));
  std::vector<std::string> key = table.get("key").strings();
  if (key.empty()) return Error{"InvalidKey", cat("table \"", name, "\" has no key")};
  auto encoder = codec::KeyEncoder::of(*fields, key);
  if (!encoder) return std::move(encoder).error().context(cat("table \"", name, "\""));
  return Table(name, *std::move(fields), std::move(key), *std::move(encoder));
}

Result<std::vector<Table>> tables_from_json(const Json& list) {
  std::vector<Table> tables;
  for (const Json& item : list.items()) {
    auto table = Table::from_json(item);
    if (!table) return std::move(table).error();
    tables.push_back(*std::move(table));
  }
  return tables;
}

Result<void> Table::read(std::string_view value) {
  reader_.begin(value.size());
  std::fill(validity_.begin(), validity_.end(), 1);
  if (auto done = reader_.read(value, nullptr, columns_, 0); !done) return done;
  canonical_.clear();
  if (encoder_.append(columns_, 0, canonical_)) return {};
  return Error{"MissingField", cat("\"", join(key_, "\", \""), "\": the key is null")};
}

Result<void> Table::put(std::string_view value) {
  if (auto done = read(value); !done) return done;
  replace(canonical_, pack());
  return {};
}

Result<void> Table::put(std::optional<std::string_view> key, std::optional<std::string_view> value) {
  if (!key) return Error{"MissingField", "the record has no key"};
  if (!value) {
    if (const auto found = rows_.find(*key); found != rows_.end()) {
      bytes_ -= cost(*key, found->second.size);
      rows_.erase(found);
    }
    return {};
  }
  if (auto done = read(*value); !done) return done;
  if (canonical_ != *key) {
    return Error{"KeyMismatch", cat("the record's key is not that of its fields \"", join(key_, "\", \""), "\"")};
  }
  replace(canonical_, pack());
  return {};
}

Table::Row Table::pack() const {
  const codec::Schema& schema = fields();
  Row row{nullptr, texts_};
  const auto long_text = [&](std::size_t f) -> std::string_view {
    if (!codec::is_text(schema[f].type) || !columns_[f].valid(0)) return {};
    const std::string_view text = columns_[f].at<codec::Text>(0).view();
    return text.size() > codec::Text::kInlined ? text : std::string_view();
  };
  for (std::size_t f = 0; f < schema.size(); ++f) row.size += long_text(f).size();
  row.bytes = std::make_unique<char[]>(row.size);
  char* texts = row.bytes.get() + texts_;
  for (std::size_t f = 0; f < schema.size(); ++f) {
    row.bytes[f] = columns_[f].valid(0) ? 1 : 0;
    if (row.bytes[f] == 0) continue;
    char* const element = row.bytes.get() + offsets_[f];
    std::memcpy(element, columns_[f].data, codec::element_size(schema[f].type));
    const std::string_view text = long_text(f);
    if (text.empty()) continue;
    std::memcpy(texts, text.data(), text.size());
    const codec::Text moved(std::string_view(texts, text.size()));
    std::memcpy(element, &moved, sizeof moved);
    texts += text.size();
  }
  return row;
}

void Table::replace(std::string_view key, Row row) {
  bytes_ += cost(key, row.size);
  const auto found = rows_.find(key);
  if (found == rows_.end()) {
    rows_.emplace(key, std::move(row));
    return;
  }
  bytes_ -= cost(key, found->second.size);
  found->second = std::move(row);
}

void Table::clear() {
  rows_.clear();
  bytes_ = 0;
}

void Table::look_up(std::span<const codec::Column> key_columns, std::size_t row,
                    std::span<const codec::Column> out) const {
  const auto nothing = [&] {
    for (const codec::Column& column : out) column.set_null(row);
  };
  for (const std::size_t field : key_fields_) {
    if (!key_columns[field].valid(row)) return nothing();
  }
  probe_.clear();
  encoder_.append(key_columns, row, probe_);
  const auto found = rows_.find(std::string_view(probe_));
  if (found == rows_.end()) return nothing();
  const char* const bytes = found->second.bytes.get();
  for (std::size_t f = 0; f < out.size(); ++f) {
    if (bytes[f] == 0) {
      out[f].set_null(row);
      continue;
    }
    out[f].set_valid(row);
    const std::size_t size = codec::element_size(fields()[f].type);
    std::memcpy(static_cast<char*>(out[f].data) + row * size, bytes + offsets_[f], size);
  }
}

}  // namespace tidegate::engine
