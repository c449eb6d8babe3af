#!/bin/sh
# Runs inside `unshare --mount --net --pid`: builds a root of its own for a peer engine and starts it there, so that its
# iptables rules, bridges and mounts stay in its namespaces.
# Usage: enter.sh PACKAGES FOLDER IPTABLES PROGRAM [ARG...]
#   PACKAGES  unpacked Debian packages    FOLDER  writable: root/ state/ shared/ are made in it    IPTABLES  nft or legacy
set -eu
packages=$1 folder=$2 iptables=$3
shift 3
mount --make-rprivate /
mkdir -p "$folder/root" "$folder/state" "$folder/shared"
new=$folder/root
mount -t tmpfs -o mode=755 tmpfs "$new"
cd "$new"
mkdir -p usr etc proc sys dev run tmp var/lib var/tmp root state shared
mount -t overlay -o "ro,lowerdir=$packages/usr:/usr" overlay usr
for name in bin sbin lib lib64; do [ ! -h "/$name" ] || ln -s "usr/$name" "$name"; done
cp -a /etc/. etc
[ ! -d "$packages/etc" ] || cp -a "$packages/etc/." etc
mkdir -p etc/alternatives
for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  family=${tool%%-*} verb=${tool#"${tool%%-*}"}
  ln -sfn "/usr/sbin/$family-$iptables$verb" "etc/alternatives/$tool"
done
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount --rbind /dev dev
mount --bind /tmp tmp
mount -t tmpfs tmpfs run
mount --bind "$folder/state" state
mount --bind "$folder/shared" shared
mkdir -p old
pivot_root . old
umount -l old
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
ip link set lo up
exec tini -- "$@"
