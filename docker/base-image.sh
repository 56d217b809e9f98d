#!/usr/bin/env bash
# Makes a base image where no registry can be reached: Debian 12 with its own Python 3.11, by debootstrap, from the
# Debian mirror that this machine uses. Where a registry answers, `docker pull python:3.11-slim-bookworm` is all there is
# to do. Needs root and a Docker engine.
#
#   docker/base-image.sh [TAG]          default: python:3.11-slim-bookworm
#
# The authorities that this machine trusts go into the image, so that pip works in a build behind a proxy as outside.
set -euo pipefail
tag=${1:-python:3.11-slim-bookworm}
authorities=/etc/ssl/certs/ca-certificates.crt

if docker image inspect "$tag" >/dev/null 2>&1; then
  echo "$tag is there already"
  exit 0
fi
if ! command -v debootstrap >/dev/null; then
  "$(dirname "${BASH_SOURCE[0]}")/install-here.sh" --no-install-recommends debootstrap
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed -n 1p)
packages=ca-certificates,python3,python3-pip,python3-venv
debootstrap --variant=minbase --include="$packages" bookworm "$root" "${mirror:-http://deb.debian.org/debian}"

ln -s python3 "$root/usr/bin/python"
rm "$root/usr/lib/python3.11/EXTERNALLY-MANAGED"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
cp "$authorities" "$root$authorities"
tar --create --directory "$root" . | docker import \
  --change 'CMD ["python3"]' --change "ENV PIP_CERT=$authorities" --change "ENV SSL_CERT_FILE=$authorities" - "$tag"
