#!/bin/sh
# Takes out of the base image what no step needs at run time: package managers, compilers' leftovers, documentation,
# translations, iconv's tables, Python's installers, tests and graphical tools. dpkg's database stays: scanners read it.
set -eu

python=$(readlink -f "$(command -v python3)")
library=$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')

rm -rf /usr/share/doc /usr/share/info /usr/share/lintian /usr/share/locale /usr/share/man /usr/share/python-wheels \
  /usr/share/perl* /usr/lib/*/perl* /usr/lib/*/perl-base /usr/bin/perl* \
  /usr/lib/*/gconv /usr/share/zoneinfo/posix /usr/share/zoneinfo/right \
  /usr/bin/apt* /usr/lib/apt /usr/lib/*/libapt-* /usr/share/bash-completion \
  /etc/apt /var/lib/apt /var/cache /var/log /var/backups \
  /usr/bin/pip* /usr/local/bin/pip* /usr/bin/wheel /usr/local/bin/wheel /usr/local/bin/idle* /usr/local/bin/2to3* \
  /usr/lib/python3/dist-packages/* /usr/local/lib/python3.*/site-packages/* /usr/local/include /usr/include /usr/src \
  "$library/ensurepip" "$library/idlelib" "$library/test" "$library/tkinter" "$library/turtledemo" \
  "$library"/config-3.* "$library/lib2to3/tests" /root/.cache
mkdir -p /var/cache /var/log /opt/venv /opt/slipway
find / -xdev -type f -name '*.a' -delete
# Nothing here may give a process more rights than it has.
find / -xdev -type f -perm /6000 -exec chmod a-s {} +

echo 'slipway:x:65532:65532:Slipway step:/tmp:/usr/sbin/nologin' >>/etc/passwd
echo 'slipway:x:65532:' >>/etc/group

# Bytecode that needs no look at the source's time: the same bytes in every build.
find "$library" -name __pycache__ -prune -exec rm -rf {} +
"$python" -m compileall -q -j 1 --invalidation-mode unchecked-hash "$library"

rm -rf /tmp/*
