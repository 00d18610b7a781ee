#!/bin/sh
# Installs a released cdx: downloads the archive for this machine, and unpacks it only
# if it has the SHA-256 that the release's checksums.txt names. Needs curl and tar, on
# Windows unzip.
#
#   INSTALL_VERSION   the release, such as 1.2.3
#   INSTALL_DIR       the folder to put the program in
#   INSTALL_FROM      where releases are, if not at GitHub; https, or http on this machine
set -eu

fail() {
  echo "cdx: $1" >&2
  exit 1
}

version=${INSTALL_VERSION:?is missing: the release to install, such as 1.2.3}
dir=${INSTALL_DIR:?is missing: the folder to put cdx in}
version=${version#v}
case $version in
  *[!0-9A-Za-z.+-]*) fail "INSTALL_VERSION is no version: give one such as 1.2.3" ;;
esac

system=$(uname -s)
machine=$(uname -m)
type=tar.gz
program=cdx
case $system in
  Linux) os=linux ;;
  Darwin) os=darwin ;;
  MINGW* | MSYS* | CYGWIN*) os=windows type=zip program=cdx.exe ;;
  *) fail "there is no release for $system" ;;
esac
case $machine in
  x86_64 | amd64) arch=amd64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) fail "there is no release for $machine" ;;
esac

from=${INSTALL_FROM:-https://github.com/cdx-deploy/cdx/releases/download}
protocol='=https'
case $from in
  http://127.0.0.1:*) protocol='=http' ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
archive=cdx_${version}_${os}_${arch}.$type
for file in checksums.txt "$archive"; do
  curl --fail --silent --show-error --location --retry 3 --proto "$protocol" --output "$work/$file" "$from/v$version/$file" ||
    fail "could not download $from/v$version/$file"
done

want=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$work/checksums.txt")
test -n "$want" || fail "checksums.txt of release $version does not name $archive"
if command -v sha256sum >/dev/null; then
  got=$(sha256sum <"$work/$archive" | cut -d ' ' -f 1)
else
  got=$(shasum -a 256 <"$work/$archive" | cut -d ' ' -f 1)
fi
test "$got" = "$want" || fail "$archive has SHA-256 $got, not $want: nothing was installed"

if test "$type" = zip; then
  unzip -q "$work/$archive" "$program" -d "$work"
else
  tar -xzf "$work/$archive" -C "$work" "$program"
fi
mkdir -p "$dir"
mv -f "$work/$program" "$dir/$program"
echo "installed cdx $version in $dir" >&2
