#!/bin/busybox sh
# The first process of a QEMU machine, in a file system of its own in memory: makes the host's root, shared over 9p and
# read only, the root, and goes on with lab/guest/init.sh as the other kinds of machine do.
export PATH=/bin
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
for module in /modules/*; do busybox insmod "$module"; done
busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /host
busybox umount /proc /dev
exec busybox switch_root /host /bin/sh "$LAB_INIT"
