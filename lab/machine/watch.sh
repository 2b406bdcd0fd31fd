#!/bin/sh
# Ends a lab machine when its owner is gone, however that went, and takes away its folder. The owner holds stdin open
# for as long as it lives, and ends this process when it has ended the machine itself.
#   watch.sh GROUP FOLDER    the machine's process group, and a folder or nothing
read -r _
kill -9 "-$1"
[ -z "$2" ] || rm -rf "$2"
