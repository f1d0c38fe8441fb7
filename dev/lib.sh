# Shell helpers shared by the scripts of this folder. Sourced, never run.
# shellcheck shell=bash disable=SC2034

dev_dir=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
tidegate_cache=${TIDEGATE_CACHE:-$HOME/.cache/tidegate}
tidegate_state=${TIDEGATE_STATE:-/var/lib/tidegate-dev}

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# content_hash FILE...: a short name for what the files hold.
content_hash() { cat "$@" | sha256sum | cut -c1-12; }

# Folders of programs in the cache. Each is named by what decides its content, so a stale one is never used.
go_bin() { echo "$tidegate_cache/go-$1-$(find "$dev_dir/go/$1" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | content_hash)/bin"; }
debian_bin() { echo "$tidegate_cache/debian-$(content_hash "$dev_dir/kube/install-debian")/usr/bin"; }
helm_bin() { echo "$tidegate_cache/helm-$(content_hash "$dev_dir/kube/install-helm")/$1"; }

# write_file FILE < TEXT: leaves a file that already says so alone, for those who watch it.
write_file() {
  local text
  text=$(cat)
  [ "$text" = "$(cat "$1" 2>/dev/null)" ] || echo "$text" >"$1"
}

# only_one NAME: makes a second run of the same job wait for the first, and forgets the wait when the caller ends.
only_one() {
  mkdir -p "$tidegate_cache"
  exec 9>"$tidegate_cache/$1.lock"
  flock 9
}
