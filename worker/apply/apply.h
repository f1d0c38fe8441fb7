// A processor's query over a file of records, without Kafka: what `kubectl tidegate test` runs.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate {

struct Applied {
  std::int64_t records = 0;
  std::int64_t rows = 0;
  std::int64_t rejected = 0;
};

// `request` is that of check(): topic, fields, format, query, key, and tables, each with its rows in `file` (one a
// line; absent: an empty table). Reads one record a line (blank ones are skipped but counted, as the HTTP intake does):
// its value, or an envelope (envelope.h) when fields come from beside the value. Writes one row a line to `rows`, in
// the order of their records, and for each record that a processor would send to its dead letters `{"line": 3,
// "reason": "WrongType", "message": "…"}` to `rejected`. The same engine as in a pod, so the same results. Fails with
// Engine's reasons, and InvalidInput for a line that is no envelope or no row of its table.
Result<Applied> apply(const Json& request, std::istream& records, std::ostream& rows, std::ostream& rejected);

}  // namespace tidegate
