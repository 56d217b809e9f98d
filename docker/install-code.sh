#!/bin/sh
# Compiles Slipway below /out and gives every file a date that does not depend on the checkout.
set -eu
python3 -m compileall -q -j 1 --invalidation-mode unchecked-hash -s /out /out/opt/slipway
chmod -R a+rX,go-w /out
find /out -exec touch --no-dereference --date "@${SOURCE_DATE_EPOCH:?}" {} +
