#!/bin/sh
# Makes /out/opt/venv from requirements/$1.txt: hashes checked, listed in an SBOM, without what no step needs, compiled.
set -eu
lock=/build/requirements/$1.txt
epoch=${SOURCE_DATE_EPOCH:?}
# Bytecode that a tool leaves behind would carry the time of this build.
export PYTHONDONTWRITEBYTECODE=1

uv venv --quiet --python python3 /opt/venv
# A package without a wheel is built with the very setuptools that the lock names, to the same bytes every time.
export CFLAGS=-g0 LDFLAGS=-Wl,--strip-all,--build-id=none
uv pip sync --quiet --require-hashes --build-constraints "$lock" --python /opt/venv/bin/python "$lock"
echo /opt/slipway >/opt/venv/lib/python3.11/site-packages/slipway.pth

mkdir -p /opt/venv/share
/opt/sbom/bin/cyclonedx-py environment --output-reproducible --output-format JSON \
  --output-file /opt/venv/share/sbom.cdx.json /opt/venv/bin/python

sh /build/trim-packages.sh /opt/venv
if [ "$BYTECODE" = yes ]; then
  # Without a look at the source's time. What does not compile is a template, and need not.
  /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib >/dev/null || true
fi
chmod -R a+rX,go-w /opt/venv
mkdir -p /out/opt
mv /opt/venv /out/opt/
find /out -exec touch --no-dereference --date "@$epoch" {} +
