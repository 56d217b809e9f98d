#!/usr/bin/env bash
# Makes a Docker engine and the base image available where that is possible, and says why where it is not: an engine
# that answers is taken as it is; root starts dockerd, and on a CI machine (CI=true) installs Debian's packages before,
# and the registry that tests/docker push to. The engine stays up.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
log=/var/log/slipway-dockerd.log
base=python:3.11-slim-bookworm

if ! docker info >/dev/null 2>&1; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "no Docker engine answers, and only root can start one" >&2
    exit 1
  fi
  if ! command -v dockerd >/dev/null; then
    if [ "${CI:-}" != true ] || ! command -v apt-get >/dev/null; then
      echo "no Docker engine is installed" >&2
      exit 1
    fi
    "$here/install-here.sh" docker.io iptables
  fi
  setsid nohup dockerd >>"$log" 2>&1 </dev/null &
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && break
    sleep 1
  done
fi

if ! docker info >/dev/null 2>&1; then
  echo "dockerd did not come up; its last words in $log:" >&2
  tail -n 5 "$log" >&2
  exit 1
fi
if ! docker image inspect "$base" >/dev/null 2>&1 && ! docker pull --quiet "$base" >/dev/null 2>&1; then
  echo "no registry answers: making $base from Debian's packages"
  "$here/base-image.sh" "$base"
fi
if [ "${CI:-}" = true ] && [ "$(id -u)" -eq 0 ] && ! command -v docker-registry >/dev/null; then
  "$here/install-here.sh" --no-install-recommends docker-registry || echo "without it, the tests that push to it skip"
fi
echo "docker engine $(docker info --format '{{.ServerVersion}}'), base image $base"
