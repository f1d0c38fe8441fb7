# Image archives for the node: there is no registry.
# shellcheck shell=bash disable=SC2154

import_images() {
  local file present
  present=$(ctr_node images ls | awk '{print $1, $3}')
  for file in "$@"; do
    [ -f "$file" ] || fail "no such image archive: $file"
    grep -qxF "$(image_identity "$file")" <<<"$present" || ctr_node images import "$file" >/dev/null
  done
}

# The name and digest an OCI archive carries, as `ctr images ls` shows them.
image_identity() {
  tar -xOf "$1" index.json | jq -r '.manifests[0] | .annotations["org.opencontainers.image.ref.name"] + " " + .digest'
}
