#include "worker/sinks/postgres_sink.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "worker/codec/kafka_metadata.h"
#include "worker/codec/row_reader.h"
#include "worker/sinks/postgres_connection.h"
#include "worker/sinks/postgres_sql.h"
#include "worker/sinks/postgres_table.h"
#include "worker/sinks/waiting.h"

namespace tidegate::sinks {

namespace {

constexpr Duration connect_timeout{5'000};
// A little more than the server's own statement_timeout below: its answer says more than ours.
constexpr Duration timeout{9'500};
// What write() reports as durable must survive a crash of the server, whatever its default; stronger ones are kept.
constexpr const char* session_settings =
    "SET statement_timeout = '9s'; SET lock_timeout = '5s'; SELECT pg_catalog.set_config('synchronous_commit', 'on', "
    "false) WHERE pg_catalog.current_setting('synchronous_commit') = 'off'";
constexpr int attempts = 3;  // of a transaction that lost a deadlock or a serialisation conflict
constexpr std::size_t fewest_rows = 1;

bool in_class(const PostgresError& error, std::string_view sqlstate_class) {
  return error.sqlstate.compare(0, 2, sqlstate_class) == 0;
}
bool is_refusal(const PostgresError& error) {
  return in_class(error, "22") || in_class(error, "23");
}
bool is_conflict(const PostgresError& error) {
  return error.sqlstate == "40001" || error.sqlstate == "40P01";
}
bool is_timeout(const PostgresError& error) {
  return error.sqlstate == "57014";
}

// Rows in COPY's text format, one after the other.
struct Rows {
  std::string data;
  std::vector<std::size_t> begins;   // of each row in `data`
  std::vector<std::size_t> records;  // of each row in the batch

  std::size_t size() const { return records.size(); }
  std::string_view range(std::size_t first, std::size_t last) const {
    const std::size_t end = last < size() ? begins[last] : data.size();
    return std::string_view(data).substr(begins[first], end - begins[first]);
  }
};

class PostgresSink final : public Sink {
 public:
  PostgresSink(const stage::PostgresSinkSettings& settings, PostgresSql sql, std::string application_name)
      : settings_(settings),
        wanted_(std::move(sql)),
        application_name_(std::move(application_name)),
        reader_(wanted_.schema) {
    for (const codec::Field& field : wanted_.schema.fields()) {
      is_key_.push_back(std::find(settings_.key.begin(), settings_.key.end(), field.name) != settings_.key.end());
    }
  }

  Result<void> open() override;
  Result<WriteOutcome> write(std::span<const kafka::Record> records) override;

 private:
  std::optional<Refusal> encode(const kafka::Record& record, std::size_t index);
  std::optional<PostgresError> write_rows();
  std::optional<PostgresError> isolate(std::vector<Refusal>& refused);
  std::optional<PostgresError> isolate(std::size_t first, std::size_t last, std::vector<Refusal>& refused);
  std::optional<PostgresError> load(const std::string& before, std::size_t first, std::size_t last,
                                    const std::string& after);
  Error waiting(std::string_view problem);

  const stage::PostgresSinkSettings settings_;
  const PostgresSql wanted_;
  const std::string application_name_;
  codec::RowReader reader_;
  std::vector<bool> is_key_;  // per field

  std::unique_ptr<PostgresConnection> connection_;
  PostgresSql sql_;  // with the schema that the table was found in
  Rows rows_;
  std::int64_t copied_ = 0;          // rows that the server took in the transaction under way
  std::vector<std::int64_t> nulls_;  // per field, of rows_
  std::size_t most_rows_ = std::numeric_limits<std::size_t>::max();  // per statement; shrinks when the server is slow
};

Error PostgresSink::waiting(std::string_view problem) {
  connection_.reset();
  return waiting_for("PostgreSQL", problem);
}

Result<void> PostgresSink::open() {
  connection_.reset();
  std::ifstream file(settings_.dsn_file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::string dsn(trim(text));
  if (dsn.empty()) return waiting(cat("no connection string in ", settings_.dsn_file));
  auto connected = PostgresConnection::connect(dsn, application_name_, connect_timeout);
  if (!connected) return waiting(connected.error().message);
  connection_ = std::move(connected).value();
  if (const auto error = connection_->execute(session_settings, timeout)) return waiting(error->message);
  sql_ = wanted_;
  if (auto prepared = prepare_table(*connection_, sql_, settings_.create_table); !prepared) {
    return waiting(prepared.error().message);
  }
  if (sql_.key.empty()) return {};
  if (const auto error = connection_->execute(sql_.create_batch_table(), timeout)) return waiting(error->message);
  return {};
}

Result<WriteOutcome> PostgresSink::write(std::span<const kafka::Record> records) {
  if (!connection_) return waiting("not connected");
  WriteOutcome outcome;
  nulls_.assign(reader_.schema().size(), 0);
  rows_.data.clear();
  rows_.begins.clear();
  rows_.records.clear();
  for (std::size_t index = 0; index < records.size(); ++index) {
    if (auto refusal = encode(records[index], index)) outcome.refused.push_back(std::move(*refusal));
  }
  outcome.nulls = nulls_;
  if (rows_.size() == 0) return outcome;

  std::vector<Refusal> refused;
  std::optional<PostgresError> error;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    error = write_rows();
    if (error && is_refusal(*error)) error = isolate(refused);
    if (!error || !is_conflict(*error)) break;
    if (const auto lost = connection_->execute("ROLLBACK", timeout)) return waiting(lost->message);
  }
  if (error) {
    if (is_timeout(*error)) most_rows_ = std::max(fewest_rows, std::min(most_rows_, rows_.size()) / 2);
    return waiting(error->message);
  }
  outcome.taken = static_cast<std::int64_t>(rows_.size() - refused.size());
  outcome.acknowledged = copied_;
  outcome.refused.insert(outcome.refused.end(), refused.begin(), refused.end());
  std::sort(outcome.refused.begin(), outcome.refused.end(),
            [](const Refusal& a, const Refusal& b) { return a.index < b.index; });
  return outcome;
}

// Appends the record to rows_, unless it can be no row.
std::optional<Refusal> PostgresSink::encode(const kafka::Record& record, std::size_t index) {
  const codec::Metadata metadata = codec::metadata_of(record, reader_.schema());
  if (auto read = reader_.read(record.value.value_or(std::string_view()), &metadata); !read) {
    return Refusal{index, read.error().reason, read.error().message, reader_.summary()};
  }
  const std::size_t begin = rows_.data.size();
  const auto refuse = [&](const std::string& message) {
    rows_.data.resize(begin);
    return Refusal{index, "Rejected", message, message};
  };
  if (!sql_.key.empty()) rows_.data += cat(std::to_string(index), "\t");
  std::string value;
  for (std::size_t field = 0; field < reader_.schema().size(); ++field) {
    if (field > 0) rows_.data += '\t';
    value.clear();
    const std::string& name = reader_.schema()[field].name;
    if (!reader_.append_text(field, value)) {
      if (is_key_[field]) return refuse(cat("key field ", name, " is null"));
      rows_.data += "\\N";
      continue;
    }
    if (value.find('\0') != std::string::npos) {
      return refuse(cat("field ", name, " holds a NUL character, which PostgreSQL cannot store (SQLSTATE 22021)"));
    }
    append_copy_text(value, rows_.data);
  }
  rows_.data += '\n';
  for (std::size_t field = 0; field < nulls_.size(); ++field) nulls_[field] += reader_.is_null(field) ? 1 : 0;
  rows_.begins.push_back(begin);
  rows_.records.push_back(index);
  return std::nullopt;
}

// One transaction, without isolating anything.
std::optional<PostgresError> PostgresSink::write_rows() {
  copied_ = 0;
  for (std::size_t first = 0; first < rows_.size();) {
    const std::size_t last = first + std::min(most_rows_, rows_.size() - first);
    const bool end = last == rows_.size();
    if (auto error = load(first == 0 ? "BEGIN; " : "", first, last,
                          end                ? "COMMIT"
                          : sql_.key.empty() ? ""
                                             : sql_.clear_batch_table())) {
      return error;
    }
    first = last;
  }
  return std::nullopt;
}

// The same with a savepoint around each part: parts that are refused are halved down to the rows at fault.
std::optional<PostgresError> PostgresSink::isolate(std::vector<Refusal>& refused) {
  refused.clear();
  copied_ = 0;
  // Constraints that would speak up at COMMIT only must do so at the row.
  if (auto error = connection_->execute("ROLLBACK; BEGIN; SET CONSTRAINTS ALL IMMEDIATE", timeout)) return error;
  if (auto error = isolate(0, rows_.size(), refused)) return error;
  return connection_->execute("COMMIT", timeout);
}

std::optional<PostgresError> PostgresSink::isolate(std::size_t first, std::size_t last, std::vector<Refusal>& refused) {
  const std::string clear = sql_.key.empty() ? "" : sql_.clear_batch_table() + "; ";
  std::optional<PostgresError> error;
  if (last - first <= most_rows_) {
    error = load("SAVEPOINT part; ", first, last, clear + "RELEASE part");
    if (!error || !is_refusal(*error)) return error;
    if (auto lost = connection_->execute("ROLLBACK TO part; RELEASE part", timeout)) return lost;
    if (last - first == 1) {
      const std::string state = cat("SQLSTATE ", error->sqlstate);
      const std::string summary = error->subject.empty() ? state : cat(error->subject, ": ", state);
      refused.push_back({rows_.records[first], "Rejected", cat(state, ": ", error->message), summary});
      return std::nullopt;
    }
  }
  const std::size_t middle = first + (last - first) / 2;
  if (auto failed = isolate(first, middle, refused)) return failed;
  return isolate(middle, last, refused);
}

std::optional<PostgresError> PostgresSink::load(const std::string& before, std::size_t first, std::size_t last,
                                                const std::string& after) {
  std::int64_t copied = 0;
  if (auto error = connection_->copy(before + sql_.copy(), rows_.range(first, last), timeout, copied)) return error;
  const std::string merge = sql_.merge();
  const std::string rest = merge.empty() || after.empty() ? merge + after : cat(merge, "; ", after);
  if (!rest.empty()) {
    if (auto error = connection_->execute(rest, timeout)) return error;
  }
  copied_ += copied;
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Sink>> make_postgres_sink(const stage::PostgresSinkSettings& settings, codec::Schema schema,
                                                 const std::string& application_name) {
  auto table = TableName::parse(settings.table);
  if (!table) return std::move(table).error();
  if (schema.size() == 0) return Error{"InvalidSettings", "input.fields: a PostgreSQL sink needs at least one field"};
  for (const codec::Field& field : schema.fields()) {
    if (field.name.size() > 63 || field.name.find('\0') != std::string::npos) {
      return Error{"InvalidSettings", cat("input.fields: \"", field.name, "\" is no name for a column: 1 to 63 bytes")};
    }
  }
  for (const std::string& name : settings.key) {
    if (!schema.find(name))
      return Error{"InvalidSettings", cat("postgres.key: \"", name, "\" is no field of the topic")};
    if (std::count(settings.key.begin(), settings.key.end(), name) > 1) {
      return Error{"InvalidSettings", cat("postgres.key: \"", name, "\" is named twice")};
    }
  }
  PostgresSql sql{std::move(table).value(), std::move(schema), settings.key};
  return std::unique_ptr<Sink>(std::make_unique<PostgresSink>(settings, std::move(sql), application_name));
}

}  // namespace tidegate::sinks
