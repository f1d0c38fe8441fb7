// What the API server means when it says no.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::kube {

// From a metav1.Status: its reason, or one that follows from its code.
Error status_error(const Json& status);
// From any response that is not a success; a body that is no Status (a proxy's page) is left out.
Error response_error(int code, const std::string& body);
// True when a resourceVersion or a list's continuation is no longer known. Two reasons, both with code 410.
bool is_expired(const Error& error);

}  // namespace tidegate::kube
