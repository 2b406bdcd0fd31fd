#!/bin/sh
# What the start script of the frr image does, for the daemons that /etc/frr/daemons switches on. bgpd is the process
# whose end counts; zebra goes with it.
set -e
run=/run/frr options='-u frr -g frr -f /etc/frr/frr.conf'
mkdir -p $run
chown frr:frr $run
/usr/lib/frr/zebra $options &
while [ ! -S $run/zserv.api ]; do sleep 0.05; done
if grep -q '^bfdd=yes' /etc/frr/daemons; then /usr/lib/frr/bfdd $options & fi
exec /usr/lib/frr/bgpd $options
