// Whether a query is allowed, and which columns it gives: asked of `tidegate-worker check`, because the operator never
// runs user SQL in its own process.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/json/json.h"
#include "crds/pipeline.h"

namespace tidegate::controllers {

struct Query {
  std::string topic;
  std::vector<crds::Field> fields;
  std::string sql;
  Json more = Json::Object{};  // crds::window_request(), crds::add_format() and crds::tables_request()
};

class SqlCheck {
 public:
  virtual ~SqlCheck() = default;
  // The columns. Fails with InvalidQuery, NotRowWise, NotWindowed or NotAllowed (the user's mistake; the message says
  // where), or with CheckFailed when the check itself did not work: try again.
  virtual Result<std::vector<crds::Field>> columns(const Query& query) = 0;
};

// A short-lived child process per query, one at a time, bounded in CPU and wall time. Answers are cached. Thread-safe.
class WorkerSqlCheck final : public SqlCheck {
 public:
  explicit WorkerSqlCheck(std::string worker_binary, Duration timeout = Duration{20'000})
      : binary_(std::move(worker_binary)), timeout_(timeout) {}
  Result<std::vector<crds::Field>> columns(const Query& query) override;

 private:
  Result<std::string> run(const std::string& input) const;

  const std::string binary_;
  const Duration timeout_;
  std::mutex mutex_;
  std::map<std::string, Result<std::vector<crds::Field>>> answers_;  // by hash of the question
};

}  // namespace tidegate::controllers
