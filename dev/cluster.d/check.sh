# Can this machine run a node?
# shellcheck shell=bash disable=SC2154

cannot() {
  echo "a Kubernetes node cannot run here: $*" >&2
  exit 3
}

check_machine() {
  [ "$(uname -s)" = Linux ] || cannot "this is not Linux"
  [ "$(id -u)" = 0 ] || cannot "it needs root"
  command -v apt-get >/dev/null || cannot "the programs it needs are installed with apt-get, which is missing"
  local root
  for root in $(cgroup_roots); do
    { mkdir -p "$root/tidegate-check" && rmdir "$root/tidegate-check"; } 2>/dev/null || cannot "cgroups cannot be created below $root"
  done
  [ -n "$(cgroup_roots)" ] || cannot "no cgroup file system is mounted"
  unshare --net --mount true 2>/dev/null || cannot "network and mount namespaces cannot be created"
  unshare --net ip link add probe type bridge 2>/dev/null || cannot "the kernel makes no bridge devices"
  unshare --mount bash -c 'mount -t tmpfs none /tmp && cd /tmp && mkdir a b c d && mount -t overlay none -o lowerdir=a,upperdir=b,workdir=c d' \
    2>/dev/null || cannot "the kernel mounts no overlay file systems"
}
