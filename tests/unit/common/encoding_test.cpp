#include "common/base/encoding.h"

#include <doctest/doctest.h>

using namespace tidegate;

TEST_CASE("everything but unreserved characters is encoded") {
  CHECK(percent_encode("a/b c~d_e-f.g", "/") == "a/b%20c~d_e-f.g");
  CHECK(percent_encode("day=1/ü") == "day%3D1%2F%C3%BC");
}

// RFC 4231, test case 2.
TEST_CASE("HMAC-SHA-256 of the standard vector") {
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("percent-encoding can be undone") {
  const std::string bytes("a b/%c\xff\0", 8);
  CHECK(percent_decode(percent_encode(bytes)) == bytes);
  CHECK(percent_decode("%41%zz%4") == "A%zz%4");
}
