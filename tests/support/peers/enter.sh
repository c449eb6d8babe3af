#!/bin/sh
# Runs in new mount, network and pid namespaces: makes the peer's folder the root, then becomes the peer's daemon.
# Arguments: the folder of this instance (root's overlay, data, shared), the pristine root, then the daemon's command.
set -e
work=$1 pristine=$2
shift 2
mount --make-rprivate /
mkdir -p "$work/upper" "$work/overlay" "$work/root" "$work/shared" "$work/docker" "$work/containers" "$work/containerd"
mount -t overlay overlay -o "lowerdir=$pristine,upperdir=$work/upper,workdir=$work/overlay" "$work/root"
cd "$work/root"
mkdir -p proc sys dev run tmp shared var/lib/docker var/lib/containers var/lib/containerd etc/containers old
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount --bind /tmp tmp
mount --bind "$work/shared" shared
mount --bind "$work/docker" var/lib/docker
mount --bind "$work/containers" var/lib/containers
mount --bind "$work/containerd" var/lib/containerd
cp /etc/resolv.conf etc/resolv.conf
# Hard limits cannot be raised here, and podman would try.
printf '[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]\n' > etc/containers/containers.conf
pivot_root . old
umount -l /old
ip link set lo up
# The first process of the pid namespace reaps, and takes every other one along when it is killed.
exec tini -- "$@"
