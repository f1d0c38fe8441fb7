#!/usr/bin/env bash
# Proves that dev/cluster gives a real Kubernetes, repairs it and leaves nothing behind; about a minute and a half.
# usage: tests/dev/cluster_test.sh    prints one line a case and closes with `N passed, N failed`
set -uo pipefail
cd "$(dirname "$(realpath "$0")")/../.." || exit

first=test-first second=test-second
state_root=${TIDEGATE_STATE:-/var/lib/tidegate-dev}
passed=0 failed=0
log=$(mktemp)
trap clean_up EXIT
export TIDEGATE_CLUSTER=$first

clean_up() {
  dev/cluster down "$first" >/dev/null
  dev/cluster down "$second" >/dev/null
  rm -f "$log" "$before"
}

# expect NAME CMD...: a case passes when the command succeeds; its output is shown only when it fails.
expect() {
  local name=$1 began=$SECONDS
  shift
  if "$@" >"$log" 2>&1; then
    echo "ok    $name ($((SECONDS - began)) s)"
    passed=$((passed + 1))
  else
    echo "FAIL  $name ($((SECONDS - began)) s)"
    sed 's/^/      /' "$log"
    failed=$((failed + 1))
  fi
}

k() { dev/kubectl -n restricted "$@"; }
pid_of() { cat "$state_root/$first/run/$1.pid"; }

# What a cluster may leave on the machine, one line each.
traces() {
  find /sys/fs/cgroup -maxdepth 3 -name "tidegate-test-*" 2>/dev/null
  ip netns list | grep -E 'tidegate-test-|cni-'
  grep -F "$state_root/test-" /proc/self/mountinfo
  grep -slF "$state_root/test-" /proc/[0-9]*/cmdline
  find "$state_root" /run/tidegate-dev -maxdepth 1 -name 'test-*' 2>/dev/null # deeper is what other clusters' images hold
  find /run/containerd /var/log/containers /var/log/pods /var/lib/kubelet /var/lib/cni /opt/containerd -type f,s,l 2>/dev/null
}

start_workload() {
  dev/kubectl create namespace restricted
  dev/kubectl label namespace restricted pod-security.kubernetes.io/enforce=restricted
  until k get serviceaccount default; do sleep 0.2; done
  k apply -f tests/dev/workload.yaml
  k wait --for=condition=Ready pod/app-0 --timeout=60s
}

privileged_pod_refused() { [[ $(k run bad --image=tidegate.local/dev/busybox:1 --privileged 2>&1) == *violates\ PodSecurity* ]]; }

claim_bound() { [ "$(k get pvc data-app-0 -o 'jsonpath={.status.phase}')" = Bound ]; }
volume_writable() { k exec app-0 -- sh -c 'id -u | grep -x 1000 && echo kept >/data/file && ls -ln /data/file'; }
volume_kept() { k exec app-0 -- grep kept /data/file; }
dns_answers() { k exec app-0 -- nslookup app.restricted.svc.cluster.local; }
service_answers() { k exec app-0 -- sh -c 'printf "GET /file HTTP/1.0\r\n\r\n" | nc -w 2 app.restricted.svc.cluster.local 8080 | grep kept'; }
logs_readable() { k logs app-0 | grep 'listening'; }
no_way_out() { k exec app-0 -- sh -c '! nc -w 2 192.0.2.1 80'; }

survives_kill() { # COMPONENT
  kill -9 "$(pid_of "$1")"
  dev/cluster up "$first" && dev/cluster status "$first" && volume_kept
}

# As after a reboot: no process, mount or network is left, the data is.
survives_reboot() {
  # Only members of this cluster's own cgroup end.
  find /sys/fs/cgroup/pids /sys/fs/cgroup -path "*/tidegate-$first/*" -name cgroup.procs -exec cat {} + | sort -u | grep -vx 0 | xargs kill -9
  sleep 1
  umount -l "$state_root/$first/mounts/namespace" "$state_root/$first/mounts"
  ip netns del "tidegate-$first"
  dev/cluster up "$first" && k wait --for=condition=Ready pod/app-0 --timeout=30s && sleep 3 && k wait --for=condition=Ready pod/app-0 --timeout=30s && volume_kept
}

# The script itself killed at several moments of a first start.
survives_killed_up() {
  local moment
  mkdir -p "$state_root/$second/keys"
  : >"$state_root/$second/keys/ca.srl" # what a killed openssl leaves
  for moment in 0.3 0.8 1.2 2 4; do
    timeout --signal=KILL "$moment" dev/cluster up "$second"
  done
  dev/cluster up "$second" && dev/cluster status "$second"
}

images_imported() {
  local folder
  folder=$(dev/images/build-cluster-images)
  dev/cluster images "$first" "$folder"/*.tar && ! dev/cluster images "$first" /no/such.tar
}

# The API server alone is the same code with fewer parts.
apiserver_only() {
  dev/cluster down "$second" && dev/cluster apiserver-only up "$second" &&
    dev/cluster exec "$second" -- dev/kubectl get namespace default &&
    [ "$(TIDEGATE_CLUSTER=$second dev/kubectl get nodes --no-headers 2>/dev/null)" = "" ]
}

side_by_side() {
  TIDEGATE_CLUSTER=$second dev/kubectl get namespace default && ! TIDEGATE_CLUSTER=$second dev/kubectl get namespace restricted
}

# Which process each component is.
pids() { dev/cluster status "$first" | awk '$2 == "running" {print $1, $4}'; }

no_op_starts_nothing() {
  local running
  running=$(pids)
  dev/cluster up "$first"
  [ -n "$running" ] && [ "$(pids)" = "$running" ]
}

leaves_nothing() {
  dev/cluster down "$first"
  dev/cluster down "$second"
  diff "$before" <(traces | sort)
}

before=$(mktemp)
clean_up
traces | sort >"$before"

expect "a cluster starts" dev/cluster up "$first"
expect "its node is ready" dev/kubectl wait --for=condition=Ready node --all --timeout=1s
expect "a second up starts nothing" no_op_starts_nothing
expect "a StatefulSet runs in a restricted namespace" start_workload
expect "a privileged pod is refused there" privileged_pod_refused
expect "its claim is bound" claim_bound
expect "a non-root pod with fsGroup writes to the volume" volume_writable
expect "a name resolves" dns_answers
expect "a service answers" service_answers
expect "logs are readable" logs_readable
expect "nothing leads out" no_way_out
expect "a killed kubelet is repaired" survives_kill kubelet
expect "a killed API server is repaired" survives_kill kube-apiserver
expect "a killed etcd is repaired" survives_kill etcd
expect "a killed containerd is repaired, pods go on" survives_kill containerd
expect "everything killed is repaired, data kept" survives_reboot
expect "a component restarts" dev/cluster restart kube-controller-manager "$first"
expect "an up killed half-way is repaired, beside the first" survives_killed_up
expect "the two do not see each other" side_by_side
expect "images are imported, or refused in plain words" images_imported
expect "an API server alone" apiserver_only
expect "down leaves nothing" leaves_nothing

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
