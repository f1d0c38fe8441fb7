// The SQL of the PostgreSQL sink, as pure text. Every name is quoted, so it is taken exactly as written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/schema.h"

namespace tidegate::sinks {

// "schema.table" or "table"; without a schema the search_path of the connection decides.
struct TableName {
  std::string schema;  // may be empty
  std::string table;

  // Fails with reason InvalidSettings on more than one dot, and on parts that PostgreSQL cannot keep as they are
  // (empty, longer than 63 bytes).
  static Result<TableName> parse(std::string_view text);
  std::string quoted() const;
};

std::string quote_identifier(std::string_view name);

// VARCHAR is text, DOUBLE double precision, TIMESTAMP timestamptz (it is a point in time); the others keep their names.
std::string column_type(codec::FieldType type);

// The statements that the sink runs, and those that it advises.
struct PostgresSql {
  TableName table;
  codec::Schema schema;
  std::vector<std::string> key;  // empty: rows are appended

  std::string create_table() const;
  std::string add_columns(const std::vector<std::string>& missing) const;
  std::string create_unique_index() const;

  // With a key rows go to a temporary table of the session first: the columns of the target, and the position of the
  // row in the batch in front.
  std::string create_batch_table() const;
  std::string clear_batch_table() const;
  std::string copy() const;   // into the batch table; without a key into the target
  std::string merge() const;  // the last row of each key from the batch table into the target; empty without a key

 private:
  std::string columns() const;
  std::string position_column() const;
};

// Appends one value of a COPY ... FROM STDIN row in text format.
void append_copy_text(std::string_view value, std::string& out);

}  // namespace tidegate::sinks
