# etcd, the API server and the controllers.
# shellcheck shell=bash disable=SC2154

start_control_plane() {
  start_etcd
  start_apiserver
  wait_until 60 kube-apiserver answers "https://127.0.0.1:$(cat "$state/port")/readyz"
  start_controller_manager
  wait_until 30 kube-controller-manager answers https://127.0.0.1:10257/healthz
}

# Data is thrown away with the cluster, so there is no reason to wait for the disk.
start_etcd() {
  start etcd etcd --data-dir "$state/etcd" --unsafe-no-fsync --logger zap --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster default=http://127.0.0.1:2380
  wait_until 30 etcd answers http://127.0.0.1:2379/health
}

start_apiserver() {
  local keys=$state/keys
  start kube-apiserver kube-apiserver \
    --etcd-servers=http://127.0.0.1:2379 \
    --bind-address=0.0.0.0 --secure-port="$(cat "$state/port")" --advertise-address="$node_ip" \
    --service-cluster-ip-range="$service_network" \
    --tls-cert-file="$keys/apiserver.crt" --tls-private-key-file="$keys/apiserver.key" --client-ca-file="$keys/ca.crt" \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$keys/service-accounts.pub" --service-account-signing-key-file="$keys/service-accounts.key" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
    --kubelet-client-certificate="$keys/admin.crt" --kubelet-client-key="$keys/admin.key" \
    --kubelet-certificate-authority="$keys/ca.crt" --kubelet-preferred-address-types=InternalIP
}

start_controller_manager() {
  local keys=$state/keys
  start kube-controller-manager kube-controller-manager --kubeconfig="$keys/kube-controller-manager.kubeconfig" \
    --service-account-private-key-file="$keys/service-accounts.key" --root-ca-file="$keys/ca.crt" \
    --cluster-signing-cert-file="$keys/ca.crt" --cluster-signing-key-file="$keys/ca.key" \
    --use-service-account-credentials --leader-elect=false --allocate-node-cidrs=false --cluster-cidr="$pod_network"
}
