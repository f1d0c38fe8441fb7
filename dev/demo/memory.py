#!/usr/bin/env python3
"""Working sets of containers, read from the kernel's cgroups (version 1 or 2) as the kubelet reads them.

usage: memory.py NAMESPACE LABEL_SELECTOR    prints one line per container: MiB, pod, container
"""
import json
import pathlib
import subprocess
import sys

V1 = pathlib.Path("/sys/fs/cgroup/memory")
V2 = pathlib.Path("/sys/fs/cgroup")


def working_set(group):
    """Bytes in use less the page cache that the kernel could drop at once."""
    def read(usage, inactive):
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return int((group / usage).read_text()) - int(stat[inactive])
    if (group / "memory.current").exists():
        return read("memory.current", "inactive_file")
    return read("memory.usage_in_bytes", "total_inactive_file")


def group_of(container_id):
    root = V1 if V1.exists() else V2
    return next(root.rglob(f"*{container_id}*"), None)


def containers(namespace, selector):
    """(pod, container, bytes) of every running container of these pods."""
    pods = json.loads(subprocess.run(["kubectl", "-n", namespace, "get", "pods", "-l", selector, "-o", "json"],
                                     check=True, capture_output=True, text=True).stdout)
    found = []
    for pod in pods["items"]:
        for status in pod["status"].get("containerStatuses", []):
            group = group_of(status.get("containerID", "").split("//")[-1] or "no such id")
            if group is not None:
                found.append((pod["metadata"]["name"], status["name"], working_set(group)))
    return found


if __name__ == "__main__":
    for pod_name, container, size in containers(sys.argv[1], sys.argv[2]):
        print(f"  {size / 2**20:6.1f} MiB  {pod_name}  ({container})")
