# What runs in every cluster: DNS and volumes.
# shellcheck shell=bash disable=SC2154

apply_addons() {
  local manifests
  manifests=$(sed -e "s#@dns_service_ip@#$dns_service_ip#" -e "s#@volumes@#$state/volumes#" "$dev_dir"/cluster.d/addons/*.yaml)
  # Applying takes a second and more: only when they have changed.
  if [ "$manifests" != "$(cat "$state/addons.yaml" 2>/dev/null)" ]; then
    kubectl apply -f - <<<"$manifests" >/dev/null
    echo "$manifests" >"$state/addons.yaml"
  fi
  wait_until 90 kubelet kubectl -n kube-system wait --for=condition=Available deployment/coredns --timeout=10s
  wait_until 90 kubelet kubectl -n local-path-storage wait --for=condition=Available deployment/local-path-provisioner --timeout=10s
}
