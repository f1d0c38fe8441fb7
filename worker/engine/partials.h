// Partial results of a windowed query, kept instead of the rows they stand for: memory then follows the number of
// groups. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/json/json.h"
#include "worker/engine/database.h"
#include "worker/engine/engine.h"

namespace tidegate::engine {

// A row of partial results stands for rows of one group. There may be several of a group: they are merged by the next
// aggregation over them, in any order.
class Partials {
 public:
  // Of a query that check_query allowed, with its syntax tree. Nothing for a query that needs its rows: without groups
  // and aggregates, with others than avg, bool_and, bool_or, count, count_if, max, min and sum, with DISTINCT, or with
  // window_start or window_end anywhere else than in SELECT, HAVING or as a group.
  static std::optional<Partials> of(Database& database, const Query& query, const Json& tree);

  static constexpr const char* kPane = "tidegate pane";  // a column of partial results
  // In the schema tidegate; who uses partial results makes them:
  static constexpr const char* kRecords = "waiting";     // the view that fold() reads
  static constexpr const char* kNone = "tidegate.none";  // a table of partial results without a row

  // A query over kRecords, rows that wait with the number of their pane as kNumber: their partial results.
  const std::string& fold() const { return fold_; }
  // `from`: a table or subquery of partial results. At most one row of each group and pane.
  std::string merged(const std::string& from) const;
  // What finish() sees under the name of the topic: groups with their final aggregates, window_start and window_end.
  std::string final_rows(const std::string& from, const std::string& window_columns) const;
  // The query over those, with the results that the original one has over the rows.
  const std::string& finish() const { return finish_; }

 private:
  std::string grouped_columns() const;

  struct Column {
    std::string name;
    std::string merge;  // an expression of the same type over several rows
  };
  struct Aggregate {
    std::string name;
    std::string final;  // an expression over the columns of several rows
  };

  std::string fold_;
  std::string finish_;
  bool grouped_ = false;  // else there is one row even where no row is
  std::vector<std::string> groups_;
  std::vector<Column> columns_;
  std::vector<Aggregate> aggregates_;

  friend class PartialsBuilder;
};

}  // namespace tidegate::engine
