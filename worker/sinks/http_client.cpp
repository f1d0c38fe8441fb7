#include "worker/sinks/http_client.h"

#include <curl/curl.h>

#include <algorithm>

namespace tidegate::sinks {
namespace {

constexpr long connect_timeout_ms = 4000;

struct Body {
  std::string& text;
  std::size_t most;
};

std::size_t take(const char* bytes, std::size_t, std::size_t size, void* into) {
  auto& [text, most] = *static_cast<Body*>(into);
  text.append(bytes, std::min(size, most - text.size()));
  return size;  // the rest is read too, so that the connection can be used again
}

}  // namespace

struct HttpClient::Handle {
  CURL* curl = curl_easy_init();
  std::string ca_file;

  ~Handle() { curl_easy_cleanup(curl); }
};

HttpClient::HttpClient(std::string ca_file) : handle_(std::make_unique<Handle>()) {
  handle_->ca_file = std::move(ca_file);
}

HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::send(const HttpRequest& request) {
  CURL* const curl = handle_->curl;
  if (curl == nullptr) return Error{"Unreachable", "out of memory"};
  curl_slist* list = nullptr;
  for (const std::string& header : request.headers) list = curl_slist_append(list, header.c_str());
  list = curl_slist_append(list, "Expect:");  // no round trip before the body
  HttpAnswer answer;
  Body body{answer.body, request.most_answer};
  char words[CURL_ERROR_SIZE] = "";
  curl_easy_reset(curl);  // keeps the connection
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!handle_->ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, handle_->ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data() == nullptr ? "" : request.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
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
