#!/bin/sh
# Installs Debian packages in a build stage; nothing of it reaches an image. python3-dev is left out where Python brought
# its own headers, as the Python project's images do.
set -eu
export DEBIAN_FRONTEND=noninteractive
if [ ! -s /etc/apt/sources.list ] && [ -z "$(ls /etc/apt/sources.list.d 2>/dev/null)" ]; then
  echo 'deb http://deb.debian.org/debian bookworm main' >/etc/apt/sources.list
fi
headers=$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')
for package in "$@"; do
  shift
  if [ "$package" = python3-dev ] && [ -f "$headers/Python.h" ]; then
    continue
  fi
  set -- "$@" "$package"
done
apt-get update -qq
apt-get install -y -qq --no-install-recommends "$@" >/dev/null
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
