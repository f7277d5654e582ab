#!/bin/sh
# Installs what ./build left in out/: programs, units, an example. As root. 'packaging/install.sh --remove' takes it away again.
set -eu
cd "$(dirname "$(readlink -f "$0")")/.."
[ "$(id -u)" = 0 ] || { echo "packaging/install.sh: run it as root" >&2; exit 1; }
if [ "${1:-}" = --remove ]; then
    systemctl disable --now waymarkd.service waymark-guard.service 2>/dev/null || true
    [ ! -x /usr/lib/waymark/waymarkd ] || /usr/lib/waymark/waymarkd erase
    rm -rf /usr/lib/waymark /usr/sbin/waymarkd /usr/bin/waymark /lib/systemd/system/waymarkd.service /lib/systemd/system/waymark-guard.service
    systemctl daemon-reload
    echo "Removed. /etc/waymark and /var/lib/waymark are left: yours to delete."
    exit 0
fi
[ -x out/waymarkd ] || { echo "packaging/install.sh: out/waymarkd is missing: run ./build first" >&2; exit 1; }
install -d /usr/lib/waymark /etc/waymark/policy.d
install -m 755 out/waymark out/waymarkd /usr/lib/waymark/
install -m 644 out/*.so /usr/lib/waymark/
ln -sf ../lib/waymark/waymarkd /usr/sbin/waymarkd
ln -sf ../lib/waymark/waymark /usr/bin/waymark
install -m 644 packaging/waymarkd.service packaging/waymark-guard.service /lib/systemd/system/
systemctl daemon-reload
echo "Installed. Start with: systemctl enable --now waymarkd    (and waymark-guard.service for 'strict at boot')"
