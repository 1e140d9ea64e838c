#!/usr/bin/env bash
# Makes a Debian or Ubuntu machine that has Swift ready for `make demo` and `make test`. Run again it does nothing.
#
#   scripts/set-up.sh           what the build needs
#   scripts/set-up.sh --tests   also what the tests need: curl, faketime, groff, openssl, Python, and virtual environments in
#                               .build/venv and .build/python-sdk
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'set-up: %s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

missing_packages() {
    [ -e /usr/include/sqlite3.h ] || echo libsqlite3-dev
    [ -e /usr/include/zstd.h ] || echo libzstd-dev
    command -v pkg-config >/dev/null || echo pkg-config
    command -v sqlite3 >/dev/null || echo sqlite3
    [ "$1" = --tests ] || return 0
    command -v curl >/dev/null || echo curl
    command -v groff >/dev/null || echo groff
    command -v faketime >/dev/null || echo faketime
    command -v openssl >/dev/null || echo openssl
    python3 -c 'import ensurepip, venv' 2>/dev/null || printf '%s\n' python3 python3-venv
}

install_packages() {
    local as_root=()
    command -v apt-get >/dev/null || fail "install these first: $*"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "neither root nor sudo here; install these first: $*"
        as_root=(sudo)
    fi
    say "installing with apt-get: $*"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

# The copy of the requirements in the environment says what is installed there; it is written last.
make_environment() {
    local requirements="$1" environment="$2" package="${3:-}"
    if cmp -s "$requirements" "$environment/requirements.txt" && "$environment/bin/python" -c '' 2>/dev/null; then
        return
    fi
    say "making a Python environment for the tests in $environment"
    python3 -m venv --clear "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    if [ -n "$package" ]; then
        "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation -e "$package"
    fi
    cp "$requirements" "$environment/requirements.txt"
}

command -v swift >/dev/null || fail "Swift 6.2 or newer is needed: https://www.swift.org/install/linux/"
mapfile -t packages < <(missing_packages "${1:-}")
if [ "${#packages[@]}" -gt 0 ]; then install_packages "${packages[@]}"; fi
if [ "${1:-}" = --tests ]; then
    make_environment Tests/Oracle/requirements.txt .build/venv
    make_environment clients/python/requirements.txt .build/python-sdk clients/python
fi
