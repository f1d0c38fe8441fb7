#include "worker/sinks/http_sink.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "common/base/text.h"
#include "worker/codec/kafka_metadata.h"
#include "worker/codec/row_reader.h"
#include "worker/sinks/http_client.h"
#include "worker/sinks/http_request.h"
#include "worker/sinks/secret_file.h"
#include "worker/sinks/waiting.h"

namespace tidegate::sinks {
namespace {

constexpr Duration patience{9'500};           // of one write(), the last request included
constexpr Duration begin_requests{4'500};     // none begins later, so that each has five seconds for its answer
constexpr Duration longest_pause{300'000};    // that a target may ask for
constexpr std::size_t requests_a_batch = 16;  // until it is known how fast the target is
constexpr std::size_t most_records = 8192;
constexpr std::size_t longest_answer = 300;  // bytes of it in a dead letter

class HttpSink final : public Sink {
 public:
  HttpSink(const stage::HttpSinkSettings& settings, codec::Schema schema, std::string stage, std::string topic,
           Clock clock)
      : settings_(settings),
        stage_(std::move(stage)),
        topic_(std::move(topic)),
        clock_(std::move(clock)),
        reader_(std::move(schema)),
        most_(static_cast<std::size_t>(settings.max_records)) {}

  Result<void> open() override;
  Result<WriteOutcome> write(std::span<const kafka::Record> records) override;
  std::size_t largest_batch() const override { return std::min(most_records, requests_a_batch * most_); }

 private:
  // Partition, offset and time: another record of the same offset, of a topic made anew, is not mistaken for it.
  using Id = std::tuple<int, std::int64_t, std::int64_t>;
  static Id id_of(const HttpLine& line) { return {line.partition, line.offset, line.timestamp_ms}; }

  void encode(std::span<const kafka::Record> records, WriteOutcome& outcome);
  Result<void> send(std::size_t first, std::size_t last, SteadyTime begin);
  Result<HttpAnswer> post(std::span<const HttpLine> lines, Duration timeout);
  Error waiting(std::string_view problem);

  const stage::HttpSinkSettings settings_;
  const std::string stage_;
  const std::string topic_;
  const Clock clock_;
  codec::RowReader reader_;

  std::optional<HttpClient> client_;
  std::string token_;
  std::string secret_;
  std::size_t most_;         // records a request; shrinks when the target says or shows that it is too many
  SteadyTime not_before_{};  // the target asked for a pause
  std::vector<HttpLine> lines_;
  std::map<Id, std::string> settled_;  // records that the target took, or why it refused them; of the batch under way
};

Error HttpSink::waiting(std::string_view problem) {
  client_.reset();
  return waiting_for("HTTP", problem);
}

Result<void> HttpSink::open() {
  client_.reset();
  if (const auto left = not_before_ - clock_.steady(); left > Duration{0}) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    return waiting(cat("the target asked for a pause, ", std::to_string(seconds), " s are left"));
  }
  auto token = read_secret(settings_.token_file);
  if (!token) return waiting(token.error().message);
  auto secret = read_secret(settings_.signing_file);
  if (!secret) return waiting(secret.error().message);
  if (!secret->empty() && webhook_signature(*secret, "", 0, "").empty()) {
    return waiting(cat("the secret in ", settings_.signing_file, " begins with whsec_ and is no base64"));
  }
  token_ = *std::move(token);
  secret_ = *std::move(secret);
  client_.emplace(settings_.ca_file);
  return {};
}

Result<WriteOutcome> HttpSink::write(std::span<const kafka::Record> records) {
  if (!client_) return waiting("not ready");
  WriteOutcome outcome;
  encode(records, outcome);
  std::map<Id, std::string> settled;
  for (const HttpLine& line : lines_) {
    if (auto known = settled_.extract(id_of(line))) settled.insert(std::move(known));
  }
  settled_ = std::move(settled);
  std::vector<HttpLine> all = lines_;
  std::erase_if(lines_, [&](const HttpLine& line) { return settled_.contains(id_of(line)); });

  const SteadyTime begin = clock_.steady();
  for (std::size_t first = 0; first < lines_.size();) {
    const std::size_t last = end_of_request(lines_, first, most_);
    if (auto sent = send(first, last, begin); !sent) return std::move(sent).error();
    first = last;
  }
  for (const HttpLine& line : all) {
    const std::string& refusal = settled_.at(id_of(line));
    if (refusal.empty()) {
      ++outcome.acknowledged;
      continue;
    }
    outcome.refused.push_back({line.index, "Rejected", refusal, refusal.substr(0, refusal.find(':'))});
  }
  outcome.taken = static_cast<std::int64_t>(records.size() - outcome.refused.size());
  settled_.clear();
  std::sort(outcome.refused.begin(), outcome.refused.end(),
            [](const Refusal& a, const Refusal& b) { return a.index < b.index; });
  return outcome;
}

// Fills lines_ with the records that fit the schema.
void HttpSink::encode(std::span<const kafka::Record> records, WriteOutcome& outcome) {
  lines_.clear();
  outcome.nulls.assign(reader_.schema().size(), 0);
  for (std::size_t index = 0; index < records.size(); ++index) {
    const kafka::Record& record = records[index];
    const codec::Metadata metadata = codec::metadata_of(record, reader_.schema());
    if (auto fits = reader_.read(record.value.value_or(std::string_view()), &metadata); !fits) {
      outcome.refused.push_back({index, fits.error().reason, fits.error().message, reader_.summary()});
    } else {
      for (std::size_t field = 0; field < outcome.nulls.size(); ++field) {
        outcome.nulls[field] += reader_.is_null(field) ? 1 : 0;
      }
      lines_.push_back({index, record.partition, record.offset, record.timestamp_ms, *record.value});
    }
  }
}

// Lines that the target refuses together are halved down to those at fault.
Result<void> HttpSink::send(std::size_t first, std::size_t last, SteadyTime begin) {
  const auto spent = std::chrono::duration_cast<Duration>(clock_.steady() - begin);
  if (spent > begin_requests) {
    return waiting(cat("the target is slow: ", std::to_string(settled_.size()), " records taken in ",
                       std::to_string(spent.count()), " ms"));
  }
  const std::span<const HttpLine> lines(lines_.data() + first, last - first);
  const Result<HttpAnswer> answer = post(lines, patience - spent);
  if (!answer) {
    if (answer.error().reason == "Timeout") most_ = std::max<std::size_t>(1, lines.size() / 2);
    return waiting(answer.error().message);
  }
  const std::string status = cat("status ", std::to_string(answer->status));
  const auto settle = [&](const std::string& refusal) {
    for (const HttpLine& line : lines) settled_[id_of(line)] = refusal;
    return Result<void>();
  };
  switch (verdict_of(answer->status)) {
    case HttpVerdict::accepted:
      return settle("");
    case HttpVerdict::wait:
      not_before_ = clock_.steady() + std::min(answer->retry_after, longest_pause);
      return waiting(cat("the target answered with ", status));
    case HttpVerdict::too_large:
      most_ = std::max<std::size_t>(1, lines.size() / 2);
      break;
    case HttpVerdict::refused:
      break;
  }
  if (lines.size() == 1) return settle(cat(status, ": ", truncate_utf8(trim(answer->body), longest_answer)));
  const std::size_t middle = first + lines.size() / 2;
  if (auto sent = send(first, middle, begin); !sent) return sent;
  return send(middle, last, begin);
}

Result<HttpAnswer> HttpSink::post(std::span<const HttpLine> lines, Duration timeout) {
  const std::string body = http_body(lines, settings_.array);
  const std::string key = idempotency_key(stage_, topic_, lines);
  std::vector<std::string> headers = {
      settings_.array ? "Content-Type: application/json" : "Content-Type: application/x-ndjson",
      cat("Idempotency-Key: ", key), cat("Tidegate-Records: ", position_of(topic_, lines))};
  if (!token_.empty()) headers.push_back(cat("Authorization: Bearer ", token_));
  if (!secret_.empty()) {
    const std::int64_t now = epoch_ms(clock_.wall()) / 1000;
    headers.push_back(cat("webhook-id: ", key));
    headers.push_back(cat("webhook-timestamp: ", std::to_string(now)));
    headers.push_back(cat("webhook-signature: ", webhook_signature(secret_, key, now, body)));
  }
  return client_->send({"POST", settings_.url, std::move(headers), body, timeout});
}

}  // namespace

Result<std::unique_ptr<Sink>> make_http_sink(const stage::HttpSinkSettings& settings, codec::Schema schema,
                                             const std::string& stage, const std::string& topic, Clock clock) {
  if (!settings.url.starts_with("http://") && !settings.url.starts_with("https://")) {
    return Error{"InvalidSettings", "sink.http.url: must begin with http:// or https://"};
  }
  return std::unique_ptr<Sink>(std::make_unique<HttpSink>(settings, std::move(schema), stage, topic, std::move(clock)));
}

}  // namespace tidegate::sinks
