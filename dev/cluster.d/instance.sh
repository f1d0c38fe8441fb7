# Which cluster a command is about, and where its things are.
# shellcheck shell=bash disable=SC2034,SC2154

# Every instance has a network namespace without an uplink, so all of them use the same addresses.
node_ip=10.210.0.1
pod_network=10.211.0.0/24
service_network=10.212.0.0/24
api_service_ip=10.212.0.1
dns_service_ip=10.212.0.10
node_name=node0

use_instance() {
  name=${1:-${TIDEGATE_CLUSTER:-tidegate}}
  [[ $name =~ ^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$ ]] || fail "a cluster's name is made of a-z, 0-9 and -, at most 32 characters"
  state=$tidegate_state/$name
  netns=/run/netns/tidegate-$name
  owner=/run/tidegate-dev/$name
  PATH=$(go_bin kubernetes):$(debian_bin):$PATH
  export KUBECONFIG=$state/kubeconfig
}

change_instance() {
  use_instance "$1"
  lock_instance
}

# One command at a time changes an instance. Long-running children close descriptor 8, so the lock ends with the command.
lock_instance() {
  [ "$(id -u)" = 0 ] || fail "needs root"
  mkdir -p "$(dirname "$owner")"
  exec 8>"$owner.lock"
  flock --timeout 300 8 || fail "another command has been working on cluster $name for five minutes"
  # `down` removes the file: whoever waited meanwhile holds a lock nobody else sees, and asks again.
  [ "$owner.lock" -ef /proc/self/fd/8 ] || lock_instance
}

# A name is unique on the machine whatever the state folder: network namespace and cgroup carry it.
claim_instance() {
  mkdir -p "$state"/{run,log}
  chmod 0700 "$state" # it holds the keys
  ln -s "$state" "$owner" 2>/dev/null || true
  [ "$(readlink "$owner")" = "$state" ] || fail "a cluster named $name already lives in $(readlink "$owner")"
  cgroup_up
  choose_port
}

# The API server listens on this port inside the namespace and the forwarder on the same port outside: one kubeconfig serves both.
choose_port() {
  local candidate
  exec 7>/run/tidegate-dev/port.lock
  flock 7
  if [ ! -s "$state/port" ]; then
    for ((candidate = 16443; candidate < 17443; candidate++)); do
      grep -qsx "$candidate" /run/tidegate-dev/*.port || port_taken "$candidate" || break
    done
    echo "$candidate" >"$state/port"
  fi
  cp "$state/port" "$owner.port"
  exec 7>&-
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

remove_files() {
  # Removing a folder that something is still mounted in would remove what is mounted.
  ! mounts_below "$state" | grep -q . || fail "still mounted below $state: $(mounts_below "$state" | head -3)"
  rm -rf --one-file-system "$state"
  rmdir --ignore-fail-on-non-empty "$tidegate_state" 2>/dev/null || true
  rm -f "$owner" "$owner.port" "$owner.lock"
}
