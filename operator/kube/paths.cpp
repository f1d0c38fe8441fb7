#include "operator/kube/paths.h"

#include "common/base/text.h"

namespace tidegate::kube {

std::string percent_encode(std::string_view text) {
  constexpr std::string_view unreserved = "-._~";
  constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       unreserved.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  return out;
}

std::string object_path(const Resource& resource, const std::string& ns, const std::string& name,
                        const std::string& subresource) {
  std::string path = resource.group.empty() ? cat("/api/", resource.version) : cat("/apis/", resource.api_version());
  if (!ns.empty()) path += "/namespaces/" + percent_encode(ns);
  path += "/" + resource.plural;
  if (!name.empty()) path += "/" + percent_encode(name);
  if (!subresource.empty()) path += "/" + subresource;
  return path;
}

}  // namespace tidegate::kube
