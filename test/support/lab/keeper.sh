#!/bin/sh
# First process of a lab, in namespaces of its own: makes the wire. With it, everything of the lab ends.
# Arguments: lab's folder, network (10.78.1), where disks lie (disk or tmpfs), options of overlay mounts.
set -e
folder=$1 network=$2 disks=$3 options=$4
exec 3>&1 >>"$folder/console" 2>&1 </dev/null

mount -t proc proc /proc
mkdir -p "$folder/disks" "$folder/init"
[ "$disks" = disk ] || mount -t tmpfs -o mode=0755 disks "$folder/disks"

ip link set lo up
ip link add br0 type bridge forward_delay 0
ip address add "$network.254/24" dev br0
ip link set br0 up

# A lab that could not give its hosts disks is found out here, before there are any.
trial=$folder/disks/trial works=yes
mkdir -p "$trial/upper" "$trial/work" "$trial/root"
mount -t overlay -o "lowerdir=/srv,upperdir=$trial/upper,workdir=$trial/work$options" \
  trial "$trial/root" || works=no
[ $works = no ] || umount "$trial/root"
rm -rf "$trial"
[ $works = yes ]

echo ready >&3
exec 3>&- s6-svscan "$folder/init"
