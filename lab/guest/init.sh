#!/bin/sh
# The first process of a lab machine. At its start / is the root of the host, read only or in a private mount
# namespace. It makes the machine's own root - the host's, with the unpacked Debian packages put over its /usr and /etc, and all
# that is written going to memory -, moves into it and runs the guest process on the channel.
# $LAB names the folder with the settings and the guest process' code: see lab/machine/payload.ts.
set -eu
. "$LAB/settings.sh"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 LAB_KIND LAB_CHECKOUT LAB_GOBGPDS
stage=/mnt root=/mnt/root # any folder that every host has will do as a place to build on

case $LAB_KIND in native) ;; *) mount -t proc proc /proc ;; esac
mount -t tmpfs -o mode=755 lab $stage
mkdir $stage/upper $stage/work $root
if [ "$LAB_KIND" = uml ]; then
  # kmod is many programs by its name, and the links to it in the unpacked packages lead to where it is not yet.
  ln -s "$LAB_KMOD" $stage/modprobe
  LD_LIBRARY_PATH=$LAB_LIBRARIES $stage/modprobe -d "$LAB_ROOT" overlay
fi
mount -t overlay -o "lowerdir=/,upperdir=$stage/upper,workdir=$stage/work" lab $root

# The packages lie below / themselves, and layers must not hold one another: so they go over /usr and /etc alone.
for part in usr etc; do
  mkdir $stage/$part-upper $stage/$part-work
  layers="lowerdir=$LAB_ROOT/$part:/$part,upperdir=$stage/$part-upper,workdir=$stage/$part-work"
  printf '%s\n' "$part $root/$part overlay $layers" >>$stage/fstab
done
printf '%s\n' "proc $root/proc proc defaults" "sys $root/sys sysfs defaults" "run $root/run tmpfs mode=755" >>$stage/fstab
if [ "$LAB_KIND" = native ]; then
  # The checkout may lie on a mount of its own, which the layer of / does not show; it too is only written in memory.
  mkdir $stage/own-upper $stage/own-work
  printf '%s\n' "/dev $root/dev none rbind" \
    "lab $root$LAB_CHECKOUT overlay lowerdir=$LAB_CHECKOUT,upperdir=$stage/own-upper,workdir=$stage/own-work" >>$stage/fstab
else
  printf '%s\n' "dev $root/dev devtmpfs defaults" "pts $root/dev/pts devpts X-mount.mkdir" \
    "shm $root/dev/shm tmpfs X-mount.mkdir" >>$stage/fstab
fi
mount --all --fstab $stage/fstab

cd $root
pivot_root . mnt
exec </dev/null
umount -l /mnt
if [ "$LAB_KIND" = native ]; then # kernel modules and the power switch are the host's
  exec "$LAB_NODE" --single-threaded "$LAB/main.mjs" <&3 >&4 3<&- 4>&-
fi
modprobe -qa $LAB_MODULES || true
stty raw -echo <"$LAB_CHANNEL"
"$LAB_NODE" --single-threaded "$LAB/main.mjs" <"$LAB_CHANNEL" >"$LAB_CHANNEL" || true
echo o >/proc/sysrq-trigger
sleep 10
