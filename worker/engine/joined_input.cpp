#include "worker/engine/joined_input.h"

#include "common/base/text.h"
#include "worker/engine/query_check.h"

namespace tidegate::engine {

JoinedInput::JoinedInput(codec::Schema fields, const std::vector<Join>& joins, const std::vector<const Table*>& tables)
    : reader_(fields), records_(fields) {
  for (const Join& join : joins) {
    const Table& table = *tables[join.table];
    auto side = std::make_unique<Side>(table.fields());
    side->table = &table;
    side->fields = join.fields;
    side->key.resize(table.fields().size());
    lookups_.push_back(std::move(side));
  }
}

Result<void> JoinedInput::register_with(Database& database) {
  const auto make = [&](Side& side, const std::string& name, const std::string& function) -> Result<void> {
    side.function.read({&side.rows, 1});
    if (auto done = side.function.register_with(database.connection(), function); !done) return done;
    return database.execute(cat("CREATE VIEW ", quoted(name), " AS SELECT * FROM ", function, "()"));
  };
  if (auto done = make(records_, kRecordsRelation, "tidegate_batch"); !done) return done;
  for (std::size_t i = 0; i < lookups_.size(); ++i) {
    const std::string function = cat("tidegate_lookup_", std::to_string(i));
    if (auto done = make(*lookups_[i], lookup_relation(i), function); !done) return done;
  }
  return {};
}

void JoinedInput::set(std::span<const std::string_view> batch, std::span<const codec::Metadata> metadata,
                      std::size_t first, std::size_t last, std::vector<Failure>& failures,
                      std::vector<RecordTime>* times) {
  std::size_t bytes = 0;
  for (std::size_t i = first; i < last; ++i) {
    if (batch[i].size() <= codec::kMaxRecordBytes) bytes += batch[i].size();
  }
  reader_.begin(bytes);
  records_.rows.make_room(last - first);
  const std::span<const codec::Column> columns = records_.rows.columns();
  std::size_t rows = 0;
  for (std::size_t i = first; i < last; ++i) {
    const codec::Metadata* const beside = metadata.empty() ? nullptr : &metadata[i];
    if (auto read = reader_.read(batch[i], beside, columns, rows); read) {
      if (times != nullptr && time_field_ && columns[*time_field_].valid(rows)) {
        times->push_back({i, columns[*time_field_].at<std::int64_t>(rows)});
      }
      ++rows;
    } else {
      Error error = std::move(read).error();
      failures.push_back({i, std::move(error.reason), std::move(error.message), reader_.summary()});
    }
  }
  records_.rows.set_size(rows);
  taken_.rows = static_cast<std::int64_t>(rows);
  taken_.nulls.assign(columns.size(), 0);
  for (std::size_t f = 0; f < columns.size(); ++f) {
    for (std::size_t row = 0; row < rows; ++row) taken_.nulls[f] += columns[f].valid(row) ? 0 : 1;
  }
  for (const auto& side : lookups_) {
    side->rows.make_room(rows);
    side->rows.set_size(rows);
    for (std::size_t part = 0; part < side->fields.size(); ++part) {
      const std::size_t field = *side->table->fields().find(side->table->key()[part]);
      side->key[field] = columns[side->fields[part]];
    }
    for (std::size_t row = 0; row < rows; ++row) side->table->look_up(side->key, row, side->rows.columns());
  }
}

}  // namespace tidegate::engine
