# Certificates and the kubeconfig files made of them.
# shellcheck shell=bash disable=SC2154

write_keys() {
  [ -s "$state/kubeconfig" ] && return # written last
  rm -rf "$state/keys" # a killed openssl leaves half a file, on which the next one fails
  mkdir -p "$state/keys"
  (
    trap '[ $? = 0 ] || tail -3 "$state/log/keys.log" >&9' EXIT
    cd "$state/keys" || exit
    new_key ca
    openssl req -x509 -new -key ca.key -out ca.crt -days 3650 -subj "/CN=tidegate-$name"
    new_key service-accounts
    openssl pkey -in service-accounts.key -pubout -out service-accounts.pub
    certificate apiserver /CN=kube-apiserver "$(apiserver_names)"
    certificate kubelet "/O=system:nodes/CN=system:node:$node_name" "DNS:$node_name,IP:$node_ip"
    certificate admin /O=system:masters/CN=admin
    certificate kube-controller-manager /CN=system:kube-controller-manager
    certificate kube-scheduler /CN=system:kube-scheduler
    certificate kube-proxy /CN=system:kube-proxy
  ) 9>&2 2>"$state/log/keys.log"
  local user
  for user in kubelet kube-controller-manager kube-scheduler kube-proxy; do kubeconfig "$user" >"$state/keys/$user.kubeconfig"; done
  kubeconfig admin >"$state/kubeconfig.new"
  mv "$state/kubeconfig.new" "$state/kubeconfig"
}

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

apiserver_names() {
  local dns
  for dns in localhost kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local; do printf 'DNS:%s,' "$dns"; done
  echo "IP:127.0.0.1,IP:$api_service_ip,IP:$node_ip"
}

# certificate FILE SUBJECT [ALTERNATIVE_NAMES]
certificate() {
  new_key "$1"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out "$1.crt" \
      -extfile <(echo "subjectAltName=${3:-DNS:$1}")
}

# Everything is inside the file, so that it may be copied elsewhere.
kubeconfig() {
  cat <<EOF
apiVersion: v1
kind: Config
current-context: $name
clusters: [{name: $name, cluster: {server: "https://127.0.0.1:$(cat "$state/port")", certificate-authority-data: $(base64 -w0 "$state/keys/ca.crt")}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$state/keys/$1.crt"), client-key-data: $(base64 -w0 "$state/keys/$1.key")}}]
contexts: [{name: $name, context: {cluster: $name, user: $1}}]
EOF
}
