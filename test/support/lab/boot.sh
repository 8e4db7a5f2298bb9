#!/bin/sh
# First process of a host, in namespaces of its own inside the lab's: wire, disk, devices, init.
# Arguments: lab's folder, network, host's number, checkout, options of overlay mounts; the cgroup that makes it a
# host with systemd.
set -e
folder=$1 network=$2 number=$3 checkout=$4 options=$5 cgroup=${6-}
name=h$number host=$1/h$number disk=$1/disks/h$number
exec 3>&1 >>"$host/console" 2>&1 </dev/null
[ -z "$cgroup" ] || echo 0 >"$cgroup/cgroup.procs"

# /proc is the lab's still: its first process lives where the bridge is. As with a real card, the hardware
# address stays over a boot.
lab=${network##*.}
ip link add eth0 address "$(printf '02:78:00:00:%02x:%02x' "$lab" "$number")" type veth peer name "$name" netns /proc/1/ns/net
nsenter --net=/proc/1/ns/net ip link set "$name" master br0 up
ip link set lo up
ip address add "$network.$number/24" dev eth0
ip link set eth0 up
ip route add default via "$network.254"

# Each top folder is laid over the machine's own: the whole of / a user namespace may not take.
# Where the machine's users do not exist in it, an overlay could not be written: then copies, and a plain /usr.
lay_over() {
  mkdir -p "$disk/upper/$1" "$disk/work/$1"
  local over="lowerdir=/$1,upperdir=$disk/upper/$1,workdir=$disk/work/$1"
  mount -t overlay -o "$over$options" disk "$1"
}
copy() {
  case $1 in
    usr)
      mkdir -p "$disk/bin"
      mount --rbind /usr usr
      mount --bind "$disk/bin" usr/local/bin
      ;;
    etc) [ -e "$disk/made" ] || cp -rL /etc/. etc/ || echo 'not all of /etc may be read' ;;
    var)
      mkdir -p var/lib/dpkg var/log var/cache
      mount --bind /var/lib/dpkg var/lib/dpkg
      ;;
  esac
}
mkdir -p "$disk/root" "$host/root"
mount --bind "$disk/root" "$host/root"
cd "$host/root"
mkdir -p proc sys run tmp dev
for top in bin etc lib lib64 opt root sbin srv usr var; do
  if [ -L "/$top" ]; then
    [ -L "$top" ] || cp -P "/$top" .
  elif [ -d "/$top" ]; then
    mkdir -p "$top"
    if [ -w "/$top" ]; then lay_over "$top"; else copy "$top"; fi
  fi
done

mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys || mount --rbind /sys sys
mount -t tmpfs -o mode=0755,nosuid,nodev,noexec run run
mount -t tmpfs -o mode=1777,nosuid,nodev tmp tmp
mount -t tmpfs -o mode=0755,nosuid dev dev
mkdir run/lock run/init run/old dev/pts dev/shm
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

# Labs do not see each other, hosts see the checkout but cannot change it, and share what it compiles to.
mkdir -p ".${folder%/*}"
mount -t tmpfs -o mode=0755,size=4k labs ".${folder%/*}"
mkdir -p ".$checkout" var/cache/kato
mount --bind "$checkout" ".$checkout"
mount -o remount,bind,ro ".$checkout"
mount --bind "$folder/cache" var/cache/kato

if [ ! -e "$disk/made" ]; then
  rm -rf var/lib/kato var/log/kato etc/kato
  rm -rf etc/systemd/system/* etc/rc?.d/* etc/fstab # nothing of the machine's own starts in a host
  echo "$name" >etc/hostname
  cp "$folder/hosts" etc/hosts
  tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
  ln -sfn "$checkout/bin/kato" usr/local/bin/kato
  : >"$disk/made"
fi
hostname "$(cat etc/hostname)"

pivot_root . run/old
umount -l /run/old
rmdir /run/old
[ -z "$cgroup" ] || exec unshare --cgroup "$checkout/test/support/lab/systemd.sh"
echo ready >&3
exec 3>&- s6-svscan /run/init
