#include "crds/container.h"

#include "crds/parts.h"

namespace tidegate::crds {
namespace {

EnvVariable read_variable(const Reader& at) {
  EnvVariable out{at["name"].required_text(), at["value"].text(), {}};
  if (at["value"].present() == at["valueSecretRef"].present())
    at.fail("exactly one of value and valueSecretRef must be given");
  if (at["valueSecretRef"].present()) out.secret = read_secret_ref(at["valueSecretRef"]);
  return out;
}

}  // namespace

Container read_container(const Reader& at) {
  Container out;
  out.image = at["image"].required_text();
  out.command = at["command"].texts();
  out.args = at["args"].texts();
  for (const Reader& item : at["env"].items()) out.env.push_back(read_variable(item));
  out.resources = read_resources(at["resources"], out.resources);
  return out;
}

}  // namespace tidegate::crds
