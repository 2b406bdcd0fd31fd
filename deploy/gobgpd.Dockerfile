# The sidecar: Debian 12's gobgpd 3.10, the version that fairlead is tested with.
#   docker build -f deploy/gobgpd.Dockerfile -t fairlead-gobgpd:dev deploy
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends gobgpd \
  && rm -rf /var/lib/apt/lists/*
# A socket that a killed gobgpd left behind would keep the next one from starting. No TCP port is opened for the API,
# which has no password, and none for profiles.
ENTRYPOINT ["/bin/sh", "-c", "rm -f /run/gobgp/gobgp.sock && exec gobgpd --api-hosts unix:///run/gobgp/gobgp.sock --pprof-disable"]
