// AWS Signature Version 4 for S3, in the Authorization header and with a signed payload ("Authenticating Requests:
// Using the Authorization Header", Amazon S3 API Reference). Pure.
#pragma once

#include <map>
#include <string>

#include "common/base/clock.h"

namespace tidegate::sinks {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
};

// What is to be signed. Names and values of `query` and `path` are encoded by percent_encode() already, the slashes of
// `path` kept.
struct AwsRequest {
  std::string method;
  std::string path;                            // begins with '/'
  std::map<std::string, std::string> query;    // sorted, as the signature wants them
  std::map<std::string, std::string> headers;  // lower-case names; `host` among them
  std::string payload_sha256;                  // lower-case hexadecimal
};

// "max-keys=2&prefix=J"; without parameters "".
std::string query_text(const AwsRequest& request);

// "20130524T000000Z", the value of `x-amz-date`.
std::string aws_time(WallTime time);

// Adds `x-amz-date`, `x-amz-content-sha256` and `authorization` to the headers; all of those that were there are
// signed.
void sign(AwsRequest& request, const AwsCredentials& credentials, const std::string& region, WallTime now);

}  // namespace tidegate::sinks
