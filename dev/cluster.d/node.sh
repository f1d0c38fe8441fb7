# The node: container runtime, kubelet, service proxy, and the scheduler that fills it.
# shellcheck shell=bash disable=SC2154

start_runtime() {
  mkdir -p "$state"/{containerd,cni}
  write_runtime_config
  mounts_up
  start_on_node containerd containerd --config "$state/containerd/config.toml"
}

start_node() {
  start kube-scheduler kube-scheduler --kubeconfig="$state/keys/kube-scheduler.kubeconfig" --leader-elect=false
  wait_until 30 containerd ctr_node version # the kubelet gives up when it comes first
  import_images "$("$dev_dir/images/build-cluster-images")"/*.tar
  write_node_config
  start_on_node kubelet kubelet --config="$state/kubelet.yaml" --kubeconfig="$state/keys/kubelet.kubeconfig" \
    --root-dir="$state/kubelet" --hostname-override="$node_name" --node-ip="$node_ip"
  start kube-proxy kube-proxy --config="$state/kube-proxy.yaml"
  wait_until 60 kubelet answers http://127.0.0.1:10248/healthz
  wait_until 60 kubelet kubectl wait --for=condition=Ready "node/$node_name" --timeout=5s
  wait_until 30 kube-scheduler answers https://127.0.0.1:10259/healthz
  wait_until 30 kube-proxy answers http://127.0.0.1:10256/livez
}

ctr_node() { ctr --address "$state/containerd/containerd.sock" --namespace k8s.io "$@"; }

# restrict_oom_score_adj: machines that withhold CAP_SYS_RESOURCE otherwise fail every sandbox.
# netns_mounts_under_state_dir: the pods' network namespaces would otherwise leave files in the machine's /run/netns.
# crun starts a container with a fraction of runc's work, which many pods at once on few processors feel.
write_runtime_config() {
  write_file "$state/containerd/config.toml" <<EOF
version = 2
root = "$state/containerd/root"
state = "$state/containerd/state"
[grpc]
  address = "$state/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "tidegate.local/dev/pause:1"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "/usr/bin/crun"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$state/cni"
EOF
  write_file "$state/cni/10-bridge.conflist" <<EOF
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_network"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "$state/cni/addresses"}}]}
EOF
}

# Image garbage collection is off: there is no registry to fetch an image from again.
# Eviction thresholds are low because the machine's disk and memory serve other work too.
write_node_config() {
  : >"$state/resolv.conf"
  write_file "$state/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, x509: {clientCAFile: $state/keys/ca.crt}, webhook: {enabled: true}}
authorization: {mode: Webhook}
tlsCertFile: $state/keys/kubelet.crt
tlsPrivateKeyFile: $state/keys/kubelet.key
containerRuntimeEndpoint: unix://$state/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /tidegate-$name
failCgroupV1: false
failSwapOn: false
clusterDNS: [$dns_service_ip]
clusterDomain: cluster.local
resolvConf: $state/resolv.conf
podLogsDir: $state/pod-logs
maxPods: 200
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
EOF
  write_file "$state/kube-proxy.yaml" <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $state/keys/kube-proxy.kubeconfig}
mode: iptables
clusterCIDR: $pod_network
hostnameOverride: $node_name
conntrack: {maxPerCore: 0, min: 0}
EOF
}
