# Where the Go-built programs of the development cluster live; sourced by install, go and ../lib.sh.
# shellcheck shell=bash

kube_dir=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
kube_cache=${TIDEGATE_CACHE:-$HOME/.cache/tidegate}

# kube_bin MODULE: the folder that holds the programs of one module, named by the content that decides them.
kube_bin() {
  local hash
  hash=$(cat "$kube_dir/$1"/*.go "$kube_dir/$1"/go.* "$kube_dir/$1"/build | sha256sum | cut -c1-12)
  echo "$kube_cache/kube-$1-$hash/bin"
}
