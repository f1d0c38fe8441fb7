# Starting and ending the long-running components. All of them live in one cgroup, whose member list says for certain what
# belongs to the cluster: also what a killed script or a killed component left behind.
# shellcheck shell=bash disable=SC2154

components() {
  echo etcd kube-apiserver kube-controller-manager forward-inside forward-host
  [ "$1" = apiserver-only ] || echo kube-scheduler containerd kubelet kube-proxy
}

known_component() {
  [[ " $(components full | tr '\n' ' ') " == *" $1 "* ]] || fail "no component '$1'; there are: $(components full | tr '\n' ' ')"
}

# With cgroup v1 every controller has a tree of its own; with v2 (untested) there is one. Some machines mount both.
cgroup_roots() { awk '$3 ~ /^cgroup2?$/ {print $2}' /proc/mounts; }
cgroup_tracker() { if [ -d /sys/fs/cgroup/pids ]; then echo /sys/fs/cgroup/pids; else echo /sys/fs/cgroup; fi; }

# The kubelet's pods go below the same cgroup: a kubelet ends whatever it does not know below its root, so instances must not share one.
cgroup_up() {
  local root
  for root in $(cgroup_roots); do
    mkdir -p "$root/tidegate-$name/components"
    if [ -f "$root/cpuset.cpus" ]; then # a new v1 cpuset is empty, and an empty one takes no process
      cat "$root/cpuset.cpus" >"$root/tidegate-$name/cpuset.cpus"
      cat "$root/cpuset.mems" >"$root/tidegate-$name/cpuset.mems"
    elif [ -f "$root/cpu.shares" ]; then # else all pods together weigh as much as one process beside the cluster
      echo $((1024 * $(nproc))) >"$root/tidegate-$name/cpu.shares"
    elif [ "$root" = /sys/fs/cgroup ]; then # v2 hands controllers down only when told
      sed 's/[a-z]*/+&/g' "$root/cgroup.controllers" | tee "$root/cgroup.subtree_control" >"$root/tidegate-$name/cgroup.subtree_control"
    fi
  done
}

# A 0 stands for a process that cannot be seen from here; to `kill` it would mean ourselves.
cgroup_pids() { find "$(cgroup_tracker)/tidegate-$name" -name cgroup.procs -exec cat {} + 2>/dev/null | grep -vx 0; }

pid_of() { cat "$state/run/$1.pid" 2>/dev/null; }

# A pid counts only while it is a member of the cluster's own cgroup: the machine may have given the number to someone else.
# One that is dying is still a member, but has no program any more.
running() {
  local pid
  pid=$(pid_of "$1") && grep -qx "$pid" "$(cgroup_tracker)/tidegate-$name/components/cgroup.procs" 2>/dev/null &&
    readlink "/proc/$pid/exe" >/dev/null
}

memory_of() { awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$(pid_of "$1")/status"; }

# start COMPONENT CMD...: inside the cluster's network, unless it runs already; start_on_node: inside the node's mounts too.
start() { launch "$1" nsenter --net="$netns" -- "${@:2}"; }
start_on_node() { launch "$1" nsenter --net="$netns" --mount="$state/mounts/namespace" -- "${@:2}"; }

# The process itself joins the cgroup and then writes its pid, before it becomes the component: no moment exists in which a killed
# script leaves a component that nobody knows of. Nearly all are Go programs, which collect garbage four times less often with GOGC.
launch() {
  local component=$1
  shift
  running "$component" && return
  # shellcheck disable=SC2016
  GOGC=400 setsid bash -c 'echo $$ >"$1" && echo $$ >"$2" && shift 2 && exec "$@"' - \
    "$(cgroup_tracker)/tidegate-$name/components/cgroup.procs" "$state/run/$component.pid" \
    "$@" >>"$state/log/$component.log" 2>&1 </dev/null 7>&- 8>&- 9>&- &
}

stop() {
  local pid try
  running "$1" || return 0
  pid=$(pid_of "$1")
  kill "$pid"
  for ((try = 0; try < 30; try++)); do # the API server lingers for open watches
    running "$1" || return 0
    sleep 0.1
  done
  kill -KILL "$pid" || true
  while running "$1"; do sleep 0.1; done
}

# wait_until SECONDS COMPONENT CMD...: until the command succeeds; shows the component's last words when it takes too long.
wait_until() {
  local limit=$((SECONDS + $1)) component=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$limit" ]; then
      tail -5 "$state/log/$component.log" >&2
      fail "$component is not ready; its log is $state/log/$component.log"
    fi
    sleep 0.2
  done
}

# answers URL: asks from inside the cluster's network.
answers() { nsenter --net="$netns" -- curl --silent --fail --insecure --max-time 2 "$1"; }

kill_everything() {
  local pids try
  for ((try = 0; try < 100; try++)); do
    pids=$(cgroup_pids || true)
    [ -n "$pids" ] || break
    # shellcheck disable=SC2086
    kill -KILL $pids 2>/dev/null || true
    sleep 0.1
  done
  [ -z "$pids" ] || fail "processes survive SIGKILL: $pids"
  local root
  for root in $(cgroup_roots); do
    [ ! -d "$root/tidegate-$name" ] || find "$root/tidegate-$name" -depth -type d -exec rmdir {} +
  done
}
