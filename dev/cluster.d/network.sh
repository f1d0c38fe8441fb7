# The cluster's network namespace, and the way into its API server from the machine. There is no way out.
# shellcheck shell=bash disable=SC2154

network_up() {
  namespace_works || create_namespace
  inside sysctl -qw net.ipv4.ip_forward=1
  inside sysctl -qw net.bridge.bridge-nf-call-iptables=1
  inside ip link set lo up
  inside ip link show "$node_name" >/dev/null 2>&1 || inside ip link add "$node_name" type bridge
  inside ip addr replace "$node_ip/32" dev "$node_name"
  inside ip link set "$node_name" up
  # Without a default route, packets to service addresses die before iptables can turn them towards a pod.
  inside ip route replace default dev "$node_name"
  start_forwarder
}

# nsenter rather than `ip netns exec`, which hides the cgroup mounts from the kubelet.
inside() { nsenter --net="$netns" -- "$@"; }

# A killed `ip netns add` leaves a plain file that is no namespace.
namespace_works() { [ -e "$netns" ] && inside true 2>/dev/null; }

create_namespace() {
  rm -f "$netns"
  ip netns add "$(basename "$netns")"
}

network_down() {
  [ ! -e "$netns" ] || ip netns del "$(basename "$netns")"
}

# Two relays joined by a socket file: one end listens on the machine's 127.0.0.1, the other connects inside the namespace.
start_forwarder() {
  local port socket=$state/run/api.sock
  port=$(cat "$state/port")
  start forward-inside socat "UNIX-LISTEN:$socket,fork,unlink-early" "TCP:127.0.0.1:$port"
  launch forward-host socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" "UNIX-CONNECT:$socket"
}
