#include "worker/sinks/s3_answer.h"

#include <doctest/doctest.h>

using namespace tidegate::sinks;

TEST_CASE("the keys of a page are read") {
  CHECK(keys_of(R"(<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>lake</Name><Prefix>p/0/</Prefix>
    <KeyCount>2</KeyCount><Contents><Key>p/0/a</Key><Size>3</Size></Contents><Contents><Key>p/0/b</Key></Contents>
    </ListBucketResult>)") == std::vector<std::string>{"p/0/a", "p/0/b"});
  CHECK(keys_of("<ListBucketResult><Contents><Key>cut o").empty());
  CHECK(keys_of("").empty());
}

TEST_CASE("a refusal is told with its code and what to do") {
  CHECK(s3_problem(404, "<Error><Code>NoSuchBucket</Code><Message>x</Message></Error>", "lake") ==
        "404 NoSuchBucket for bucket lake: create the bucket, or correct s3.bucket");
  CHECK(s3_problem(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", "lake") ==
        "403 SignatureDoesNotMatch for bucket lake: correct the Secret of secretAccessKeySecretRef, or s3.region");
}

TEST_CASE("a refusal that is not known is told in the words of the server") {
  CHECK(s3_problem(503, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
                   "lake") == "503 SlowDown for bucket lake: Please reduce your request rate.");
  CHECK(s3_problem(502, "<html>bad gateway</html>", "lake") == "502 for bucket lake");
}
