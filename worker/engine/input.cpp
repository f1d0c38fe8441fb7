#include "worker/engine/input.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <exception>

#include "worker/engine/database.h"
#include "worker/engine/types.h"

namespace tidegate::engine {
namespace {

// codec::Text is written where DuckDB expects its own string type.
static_assert(sizeof(codec::Text) == sizeof(duckdb_string_t));

}  // namespace

Input::Input(codec::Schema fields) : reader_(std::move(fields)), words_((duckdb_vector_size() + 63) / 64) {
  const std::size_t count = reader_.schema().size();
  columns_.resize(count);
  taken_.nulls.resize(count);
  validity_.resize(count * words_);
  for (std::size_t f = 0; f < count; ++f) columns_[f].validity = &validity_[f * words_];
}

void Input::watch(std::size_t time_field) {
  time_field_ = time_field;
  watched_[time_field].resize(duckdb_vector_size());
}

void Input::judge_by(Judge judge, const std::vector<std::size_t>& fields) {
  judge_ = std::move(judge);
  for (const std::size_t field : fields) watched_[field].resize(duckdb_vector_size());
}

Result<void> Input::register_with(duckdb_connection connection) {
  Handle<duckdb_table_function, duckdb_destroy_table_function> function;
  function.get() = duckdb_create_table_function();
  duckdb_table_function_set_name(function.get(), kFunction);
  duckdb_table_function_set_extra_info(function.get(), this, nullptr);
  duckdb_table_function_set_bind(function.get(), bind);
  duckdb_table_function_set_init(function.get(), init);
  duckdb_table_function_set_function(function.get(), fill);
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess) {
    return Error{"EngineFailed", "DuckDB refuses the table function"};
  }
  return {};
}

void Input::set(std::span<const std::string_view> batch, std::span<const codec::Metadata> metadata, std::size_t first,
                std::size_t last, std::vector<Failure>& failures, std::vector<RecordTime>* times) {
  batch_ = batch;
  metadata_ = metadata;
  next_ = first;
  last_ = last;
  failures_ = &failures;
  times_ = times;
  started_ = false;
  taken_.rows = 0;
  std::fill(taken_.nulls.begin(), taken_.nulls.end(), 0);
  std::size_t bytes = 0;
  for (std::size_t i = first; i < last; ++i) {
    if (batch[i].size() <= codec::kMaxRecordBytes) bytes += batch[i].size();
  }
  reader_.begin(bytes);
}

void Input::bind(duckdb_bind_info info) {
  const auto& self = *static_cast<Input*>(duckdb_bind_get_extra_info(info));
  for (const codec::Field& field : self.reader_.schema().fields()) {
    LogicalType type = to_duckdb(field.type);
    duckdb_bind_add_result_column(info, field.name.c_str(), type.get());
  }
}

void Input::init(duckdb_init_info info) {
  static_cast<Input*>(duckdb_init_get_extra_info(info))->start(info);
}

void Input::start(duckdb_init_info info) {
  duckdb_init_set_max_threads(info, 1);
  started_ = true;
  projected_.clear();
  for (std::size_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
    const std::size_t field = duckdb_init_get_column_index(info, i);
    if (field < columns_.size()) projected_.push_back({field, i});  // any other: DuckDB only counts rows
  }
}

void Input::fill(duckdb_function_info info, duckdb_data_chunk chunk) {
  try {
    static_cast<Input*>(duckdb_function_get_extra_info(info))->fill_chunk(chunk);
  } catch (const std::exception& error) {
    duckdb_function_set_error(info, error.what());
  }
}

void Input::begin_chunk() {
  for (codec::Column& column : columns_) column.data = nullptr;
  for (auto& [field, room] : watched_) columns_[field].data = room.data();
}

void Input::fill_chunk(duckdb_data_chunk chunk) {
  begin_chunk();
  for (const Projected& p : projected_) {
    columns_[p.field].data = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, p.vector));
  }
  const std::size_t rows = read_rows(0, duckdb_vector_size());
  const std::size_t words = (rows + 63) / 64;
  for (const Projected& p : projected_) {
    const std::uint64_t* const mask = columns_[p.field].validity;
    if (std::all_of(mask, mask + words, [](std::uint64_t word) { return word == codec::kAllValid; })) continue;
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, p.vector);
    duckdb_vector_ensure_validity_writable(vector);
    std::memcpy(duckdb_vector_get_validity(vector), mask, words * sizeof *mask);
  }
  duckdb_data_chunk_set_size(chunk, rows);
}

const Input::Taken& Input::finish() {
  if (started_) return taken_;
  begin_chunk();
  while (next_ < last_) read_rows(0, duckdb_vector_size());
  return taken_;
}

const Input::Taken& Input::read_into(RowBuffer& buffer) {
  while (next_ < last_) {
    Rows& block = buffer.room();
    begin_chunk();
    for (std::size_t f = 0; f < columns_.size(); ++f) {
      if (block.columns()[f].data != nullptr) columns_[f].data = block.columns()[f].data;
    }
    const std::size_t first = block.size();
    const std::size_t end = read_rows(first, block.capacity());
    std::copy(numbers_.begin(), numbers_.end(), &block.columns().back().at<std::int64_t>(first));
    for (std::size_t f = 0; f < columns_.size(); ++f) {
      std::uint64_t* const mask = block.columns()[f].validity;
      if (mask == nullptr) continue;
      for (std::size_t word = first / 64; word < (end + 63) / 64; ++word) mask[word] &= columns_[f].validity[word];
    }
    buffer.filled(end);
  }
  return taken_;
}

std::size_t Input::read_rows(std::size_t first, std::size_t capacity) {
  std::fill(validity_.begin(), validity_.end(), codec::kAllValid);
  std::size_t row = first;
  numbers_.clear();
  for (; row < capacity && next_ < last_; ++next_) {
    const codec::Metadata* const metadata = metadata_.empty() ? nullptr : &metadata_[next_];
    if (auto read = reader_.read(batch_[next_], metadata, columns_, row); read) {
      if (times_ != nullptr && time_field_ && columns_[*time_field_].valid(row)) {
        times_->push_back({next_, columns_[*time_field_].at<std::int64_t>(row)});
      }
      if (judge_) {
        const auto number = judge_(next_, columns_, row);
        if (!number) continue;
        numbers_.push_back(*number);
      }
      ++row;
    } else {
      Error error = std::move(read).error();
      failures_->push_back({next_, std::move(error.reason), std::move(error.message), reader_.summary()});
    }
  }
  count(first, row);
  return row;
}

// From the masks, a word at a time: nothing is done per record.
void Input::count(std::size_t first, std::size_t end) {
  taken_.rows += static_cast<std::int64_t>(end - first);
  const std::size_t words = (end + 63) / 64;
  for (std::size_t f = 0; f < columns_.size(); ++f) {
    std::uint64_t* const mask = columns_[f].validity;
    if (end % 64 != 0) mask[words - 1] |= codec::kAllValid << (end % 64);  // a failed record may have left a bit behind
    for (std::size_t word = first / 64; word < words; ++word) taken_.nulls[f] += std::popcount(~mask[word]);
  }
}

}  // namespace tidegate::engine
