#!/usr/bin/env bash
# Installs Debian packages on this machine. Needs root. Waits up to ten minutes while somebody else installs something.
#
#   docker/install-here.sh [OPTION OF APT-GET]... PACKAGE...
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for _ in $(seq 60); do
  if apt-get update -qq >"$log" 2>&1 \
    && apt-get install -y -qq -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; then
    exit 0
  fi
  grep -q 'Could not get lock' "$log" || break
  sleep 10
done
cat "$log" >&2
echo "apt-get could not install: $*" >&2
exit 1
