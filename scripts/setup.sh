# Sourced by build, test, demo and bench: what a fresh Debian or Ubuntu machine lacks is installed, or named in one sentence.
# shellcheck shell=bash

die() { echo "$(basename "$0"): $*" >&2; exit 1; }

need_sdk() {
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: install it (Debian and Ubuntu: https://learn.microsoft.com/dotnet/core/install/linux) and run again."
    dotnet --list-sdks | grep -q '^10\.' || die "a .NET 10 SDK is needed, but only these are installed: $(dotnet --list-sdks | cut -d' ' -f1 | xargs). Install version 10 and run again."
}

# need_packages COMMAND=PACKAGE...: installs the packages whose command is not there (a header or library is named by its path).
need_packages() {
    local missing=() pair what
    for pair in "$@"; do
        what=${pair%%=*}
        case $what in
            /*) [ -e "$what" ] || missing+=("${pair#*=}") ;;
            *) PATH=$PATH:/usr/sbin:/sbin command -v "$what" >/dev/null || missing+=("${pair#*=}") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "these programs are missing: ${missing[*]} (Debian's package names): install them and run again."
    local as=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "these packages are missing: ${missing[*]}. As root: apt-get install ${missing[*]}"
        as=(sudo)
    fi
    echo "Installing ${missing[*]} ..." >&2
    export DEBIAN_FRONTEND=noninteractive
    "${as[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
        { "${as[@]}" apt-get update -qq >&2 && "${as[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null; } ||
        die "could not install ${missing[*]}: install them by hand and run again."
}

# The runtime that native programs are built for.
runtime() {
    case $(uname -m) in
        x86_64) echo linux-x64 ;;
        aarch64) echo linux-arm64 ;;
        *) die "no NativeAOT for $(uname -m): x86_64 and aarch64 are supported." ;;
    esac
}

NATIVE_PACKAGES=(clang=clang /usr/include/zlib.h=zlib1g-dev)
RUN_PACKAGES=(nft=nftables ip=iproute2 conntrack=conntrack ping=iputils-ping unshare=util-linux nsenter=util-linux)
TEST_PACKAGES=(tcpdump=tcpdump tshark=tshark openssl=openssl iperf3=iperf3 iptables=iptables ps=procps setpriv=util-linux python3=python3-minimal /usr/lib/frr/bfdd=frr afl-fuzz=afl++)

export PATH=$PATH:/usr/sbin:/sbin DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
