#include "worker/sinks/s3_store.h"

#include <optional>
#include <utility>

#include "common/base/encoding.h"
#include "common/base/text.h"
#include "worker/sinks/http_client.h"
#include "worker/sinks/s3_answer.h"
#include "worker/sinks/secret_file.h"
#include "worker/sinks/sigv4.h"
#include "worker/sinks/waiting.h"

namespace tidegate::sinks {
namespace {

constexpr std::size_t longest_page = 1 << 20;
constexpr const char* keys_a_page = "1000";  // the most that S3 gives

class S3Store final : public objects::Store {
 public:
  S3Store(const stage::S3Settings& settings, Clock clock) : settings_(settings), clock_(std::move(clock)) {
    const std::size_t host_at = settings.endpoint.find("://") + 3;
    const std::string endpoint_host = settings.endpoint.substr(host_at);
    host_ = settings.path_style ? endpoint_host : cat(settings.bucket, ".", endpoint_host);
    base_ = settings.endpoint.substr(0, host_at) + host_;
    root_ = settings.path_style ? cat("/", settings.bucket, "/") : "/";
  }

  Result<void> open() override {
    client_.reset();
    auto id = read_secret(settings_.access_key_id_file);
    if (!id) return waiting(id.error().message);
    auto key = read_secret(settings_.secret_access_key_file);
    if (!key) return waiting(key.error().message);
    credentials_ = {*std::move(id), *std::move(key)};
    client_.emplace(settings_.ca_file);
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& folder, const std::string& after,
                                        Duration timeout) override {
    AwsRequest request;
    request.method = "GET";
    request.path = root_;
    request.query = {{"list-type", "2"},
                     {"max-keys", keys_a_page},
                     {"prefix", percent_encode(folder)},
                     {"start-after", percent_encode(folder + after)}};
    auto answer = send(request, {}, timeout);
    if (!answer) return std::move(answer).error();
    std::vector<std::string> names;
    for (const std::string& key : keys_of(answer->body)) {
      if (key.starts_with(folder)) names.push_back(key.substr(folder.size()));
    }
    return names;
  }

  Result<void> put(const std::string& path, std::string_view bytes, Duration timeout) override {
    AwsRequest request;
    request.method = "PUT";
    request.path = root_ + percent_encode(path, "/");
    auto answer = send(request, bytes, timeout);
    if (!answer) return std::move(answer).error();
    return {};
  }

 private:
  Result<HttpAnswer> send(AwsRequest request, std::string_view body, Duration timeout) {
    if (!client_) return waiting("not ready");
    request.headers = {{"host", host_}};
    request.payload_sha256 = sha256_hex(body);
    sign(request, credentials_, settings_.region, clock_.wall());
    const std::string query = query_text(request);
    HttpRequest http{request.method, cat(base_, request.path, query.empty() ? "" : "?", query), {}, body, timeout,
                     longest_page};
    for (const auto& [name, value] : request.headers) {
      if (name != "host") http.headers.push_back(cat(name, ": ", value));
    }
    auto answer = client_->send(http);
    if (!answer) return waiting(answer.error().message);
    if (answer->status == 200) return answer;
    return waiting(s3_problem(answer->status, answer->body, settings_.bucket));
  }

  Error waiting(const std::string& problem) {
    client_.reset();
    return waiting_for("S3", problem);
  }

  const stage::S3Settings settings_;
  const Clock clock_;
  std::string host_;
  std::string base_;  // scheme and host
  std::string root_;  // of the bucket's objects
  AwsCredentials credentials_;
  std::optional<HttpClient> client_;
};

}  // namespace

Result<std::unique_ptr<objects::Store>> make_s3_store(const stage::S3Settings& settings, Clock clock) {
  if (!settings.endpoint.starts_with("http://") && !settings.endpoint.starts_with("https://")) {
    return Error{"InvalidSettings", "sink.s3.endpoint: must begin with http:// or https://"};
  }
  return std::unique_ptr<objects::Store>(std::make_unique<S3Store>(settings, std::move(clock)));
}

}  // namespace tidegate::sinks
