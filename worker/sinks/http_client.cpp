#include "worker/sinks/http_client.h"

#include <curl/curl.h>

#include <algorithm>

namespace tidegate::sinks {
namespace {

constexpr long connect_timeout_ms = 4000;
constexpr std::size_t most_answer = 300;

std::size_t take(const char* bytes, std::size_t, std::size_t size, void* into) {
  auto& body = *static_cast<std::string*>(into);
  body.append(bytes, std::min(size, most_answer - body.size()));
  return size;  // the rest is read too, so that the connection can be used again
}

}  // namespace

struct HttpClient::Handle {
  CURL* curl = curl_easy_init();
  std::string url;
  std::string ca_file;

  ~Handle() { curl_easy_cleanup(curl); }
};

HttpClient::HttpClient(std::string url, std::string ca_file) : handle_(std::make_unique<Handle>()) {
  handle_->url = std::move(url);
  handle_->ca_file = std::move(ca_file);
}

HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::post(const std::vector<std::string>& headers, const std::string& body,
                                    Duration timeout) {
  CURL* const curl = handle_->curl;
  if (curl == nullptr) return Error{"Unreachable", "out of memory"};
  curl_slist* list = nullptr;
  for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
  list = curl_slist_append(list, "Expect:");  // no round trip before the body
  HttpAnswer answer;
  char words[CURL_ERROR_SIZE] = "";
  curl_easy_reset(curl);  // keeps the connection
  curl_easy_setopt(curl, CURLOPT_URL, handle_->url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!handle_->ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, handle_->ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(list);
  if (code != CURLE_OK) {
    return Error{code == CURLE_OPERATION_TIMEDOUT ? "Timeout" : "Unreachable",
                 *words != '\0' ? words : curl_easy_strerror(code)};
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
  answer.status = static_cast<int>(status);
  answer.retry_after = std::chrono::seconds(std::max<curl_off_t>(seconds, 0));
  return answer;
}

}  // namespace tidegate::sinks
