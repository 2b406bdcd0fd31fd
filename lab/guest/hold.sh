#!/bin/sh
# Holds the mount namespaces of the lab's nodes. Each line of stdin names a node and a network namespace; what to mount
# and which sysctls to write stand in /run/lab/NODE.fstab and /run/lab/NODE.sysctls (lines of `file value`).
# Answers `NODE PID` for each once it is ready, or `NODE failed` after a line that says why.
exec 2>&1
# The sysctls come first: mounting the node's own /run hides /run/lab.
hold='
while read -r file value; do echo "$value" >"$file" || exit 1; done <"/run/lab/$1.sysctls" &&
mount --all --fstab "/run/lab/$1.fstab" &&
echo "$1 $$" && exec sleep infinity'
while read -r node namespace; do
  {
    nsenter --net="/run/netns/$namespace" unshare --mount --propagation private sh -c "$hold" hold "$node" </dev/null ||
      echo "$node failed"
  } &
done
wait
