# A mount namespace shared by containerd and the kubelet. Their mounts are seen by nobody else and vanish with it, and the folders
# they use whatever their settings say are folders of the cluster's own state there.
# shellcheck shell=bash disable=SC2154

fixed_folders=(/run/containerd /var/lib/cni /var/lib/kubelet /var/log/containers /usr/libexec/kubernetes /opt/containerd)

mounts_up() {
  mounts_work && return
  mkdir -p "$state/mounts"
  unmount_everything
  # The kernel keeps a mount namespace only in a folder that is private itself.
  mount --bind "$state/mounts" "$state/mounts"
  mount --make-private "$state/mounts"
  touch "$state/mounts/namespace"
  unshare --mount="$state/mounts/namespace" --propagation private -- \
    bash -c "$(declare -f enter_folders mounts_below); enter_folders \"\$@\"" - "$state" "$tidegate_state" "${fixed_folders[@]}"
}

on_node() { nsenter --net="$netns" --mount="$state/mounts/namespace" -- "$@"; }

# A start killed half-way leaves a namespace without all its folders; the last of them tells.
mounts_work() { [ -e "$state/mounts/namespace" ] && on_node mountpoint -q "${fixed_folders[-1]}" 2>/dev/null; }

# Runs inside. Copies of what other clusters have mounted must not be kept alive from here.
enter_folders() {
  local state=$1 all_states=$2 target
  shift 2
  { mounts_below "$all_states" && mounts_below /run/netns; } | while read -r target; do umount --lazy "$target"; done
  # Where both versions of cgroups are mounted, crun refuses to guess; what runs pods only sees the first one.
  ! mountpoint -q /sys/fs/cgroup/unified || umount --lazy /sys/fs/cgroup/unified
  for target in "$@"; do
    mkdir -p "$target" "$state/node$target"
    mount --bind "$state/node$target" "$target"
  done
}

# Innermost first.
mounts_below() { awk -v prefix="$1/" 'index($5, prefix) == 1 {print $5}' /proc/self/mountinfo | tac; }

unmount_everything() {
  local target
  mounts_below "$state" | while read -r target; do umount --lazy "$target"; done
}
