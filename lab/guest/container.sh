#!/bin/sh
# Runs a command in the root of an image, as a container runtime does: in mount and process namespaces of its own, on a
# root that is read-only once it stands, with the devices and the masked paths of the OCI runtime specification.
#   container.sh FOLDER COMMAND...
# FOLDER holds `image` (the image's folder), `mounts` (lines of `source target ro|rw`), and where /proc/sys is to stay
# writable, `privileged`. `pid` is written there: the namespaces of that process are the container's; of its process
# namespaces, the one for its children.
set -eu
folder=$1
shift
echo $$ >"$folder/pid"
export folder
exec unshare --mount --propagation private --pid --fork --kill-child sh -euc '
mount -t tmpfs -o mode=755 container /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$(cat "$folder/image"),upperdir=/mnt/upper,workdir=/mnt/work" image /mnt/root
mount --move /mnt/root /mnt
mount -t proc proc /mnt/proc
mount -t sysfs -o ro sys /mnt/sys
mount -t tmpfs -o mode=755 dev /mnt/dev
for device in null zero full random urandom tty; do
  : >/mnt/dev/$device
  mount --bind /dev/$device /mnt/dev/$device
done
while read -r source target options; do
  if [ -d "$source" ]; then mkdir -p "/mnt$target"; else mkdir -p "/mnt${target%/*}" && : >"/mnt$target"; fi
  mount --bind "$source" "/mnt$target"
  [ "$options" = rw ] || mount -o remount,bind,ro "/mnt$target"
done <"$folder/mounts"
if [ ! -e "$folder/privileged" ]; then
  for path in bus fs irq sys sysrq-trigger; do
    [ ! -e /mnt/proc/$path ] || { mount --bind /mnt/proc/$path /mnt/proc/$path && mount -o remount,bind,ro /mnt/proc/$path; }
  done
  for path in kcore keys latency_stats timer_list sched_debug; do
    [ ! -e /mnt/proc/$path ] || mount --bind /dev/null /mnt/proc/$path
  done
fi
mount -o remount,bind,ro /mnt
cd /mnt
pivot_root . .
umount -l .
cd /
exec "$@"' container "$@"
