// What S3 answers, in words and names. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidegate::sinks {

// The keys of a page of ListObjectsV2, as they stand in its XML: what Tidegate names needs no entities.
std::vector<std::string> keys_of(std::string_view xml);

// "403 AccessDenied: may the access key …": status, code and what to do about it. `body`: the XML of an error, or
// anything else that a proxy says.
std::string s3_problem(int status, std::string_view body, const std::string& bucket);

}  // namespace tidegate::sinks
