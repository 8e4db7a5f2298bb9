#!/bin/sh
# First process of a host with systemd, after boot.sh: becomes systemd, which is given a cgroup of its own and,
# like in a container, no way to change the machine: its kernel, its clock, its modules.
set -e
[ -x /lib/systemd/systemd ] || { echo 'there is no /lib/systemd/systemd' && exit 1; }
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
less=-sys_module,-sys_rawio,-sys_time,-audit_control
echo ready >&3
exec 3>&- setpriv --bounding-set=$less env container=lab /lib/systemd/systemd
