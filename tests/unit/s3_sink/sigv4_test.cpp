// The examples of "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference.
#include "worker/sinks/sigv4.h"

#include <doctest/doctest.h>

#include "common/base/encoding.h"
#include "common/base/text.h"

using namespace tidegate;
using namespace tidegate::sinks;

namespace {

const AwsCredentials credentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

std::string signature(AwsRequest request) {
  request.headers["host"] = "examplebucket.s3.amazonaws.com";
  sign(request, credentials, "us-east-1", *parse_rfc3339("2013-05-24T00:00:00Z"));
  return request.headers["authorization"];
}

std::string expected(const std::string& headers, const std::string& signature) {
  return cat("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=",
             headers, ",Signature=", signature);
}

}  // namespace

TEST_CASE("an object that is read is signed as the reference says") {
  CHECK(signature({"GET", "/test.txt", {}, {{"range", "bytes=0-9"}}, sha256_hex("")}) ==
        expected("host;range;x-amz-content-sha256;x-amz-date",
                 "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST_CASE("an object that is written is signed as the reference says") {
  CHECK(signature({"PUT",
                   "/" + percent_encode("test$file.text", "/"),
                   {},
                   {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                   sha256_hex("Welcome to Amazon S3.")}) ==
        expected("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                 "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST_CASE("a subresource is signed as the reference says") {
  CHECK(signature({"GET", "/", {{"lifecycle", ""}}, {}, sha256_hex("")}) ==
        expected("host;x-amz-content-sha256;x-amz-date",
                 "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST_CASE("a listing is signed as the reference says") {
  CHECK(signature({"GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, sha256_hex("")}) ==
        expected("host;x-amz-content-sha256;x-amz-date",
                 "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}
