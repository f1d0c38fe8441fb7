# What the image builds share: a store of their own and a machine's mirror and certificates. Sourced, never run.
# shellcheck shell=bash
# shellcheck source=dev/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# shellcheck disable=SC2034 # used by those who source this
base_image=docker.io/library/debian:bookworm-slim
# A bundle that a network with its own certificate authority needs; no image keeps it.
ca_bundle=${BUILD_CA_BUNDLE-${SSL_CERT_FILE:-}}

# The store keeps the layers between builds. Deleting it costs time only.
store() {
  local where=$tidegate_cache/image-store
  mkdir -p "$where"
  # Temporary files beside the store: this also is where `RUN --mount=type=cache` lives.
  mkdir -p "$where/tmp"
  TMPDIR=$where/tmp buildah --root "$where/root" --runroot "$where/run" --storage-driver overlay "$@"
}

# machine_apt DIR: how this machine's apt reaches Debian (mirror, proxy, certificates), as DIR/{sources.list,sources.list.d,machine.conf}.
# Nothing on a machine that is not Debian 12; then the images' own settings have to do.
machine_apt() {
  grep -q bookworm /etc/os-release || return 0
  mkdir -p "$1/sources.list.d"
  cp /etc/apt/sources.list "$1" 2>/dev/null || touch "$1/sources.list"
  cp /etc/apt/sources.list.d/debian.sources "$1/sources.list.d" 2>/dev/null || true
  { apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' || true; } >"$1/machine.conf"
  [ -z "$ca_bundle" ] || echo 'Acquire::https::CAInfo "/run/build-ca.crt";' >>"$1/machine.conf"
}
