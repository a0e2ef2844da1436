#!/usr/bin/env bash
# release.sh DIR: makes what a release consists of, for x86_64 Linux, from the commit that is checked out:
#
#   fanfold-VERSION-x86_64-linux.tar.gz   the program, man pages, completions, README.md, LICENSE
#   fanfold_VERSION_amd64.deb             the same, each in its place
#   fanfold-VERSION-py3-none-….whl        the program and the Python module
#   fanfold-VERSION.cdx.json              which crates it is made of (SBOM, CycloneDX 1.5)
#   SHA256SUMS
#
# Two runs at one commit make the same bytes, wherever the clone lies. The program is linked statically here and not by
# a build script, so that `cargo build` stays what it is everywhere: against glibc, whose malloc is what the benchmarks
# are made with (musl's takes a lock for each call), as a static PIE. fanfold loads no library and asks no name service,
# so nothing of glibc is missing in it.
#
# Needs a Rust toolchain, a C compiler with the static libc (gcc, libc6-dev), dpkg-deb, python3 with venv, git, network.
set -euo pipefail
[ $# = 1 ] || { echo 'usage: release.sh DIR' >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
maturin=1.16.0
triple=x86_64-unknown-linux-gnu

umask 022
export LC_ALL=C TZ=UTC
SOURCE_DATE_EPOCH=$(git -C "$repository" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source=$work/source

step() { printf '== %s\n' "$1" >&2; }

step 'a clean clone'
git clone -q --no-hardlinks "$repository" "$source"
git -C "$source" checkout -q --detach "$(git -C "$repository" rev-parse HEAD)"
[ -z "$(git -C "$repository" status --porcelain)" ] || echo 'what is not committed is left out' >&2
cp "$source/LICENSE" "$source/.packaging/python/"

step 'tools'
if [ "$(maturin --version 2>/dev/null)" != "maturin $maturin" ]; then
    python3 -m venv "$work/tools"
    "$work/tools/bin/pip" install -q --disable-pip-version-check "maturin==$maturin"
    PATH=$work/tools/bin:$PATH
fi

step 'the wheel, and with it the program'
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export CARGO_TARGET_DIR=$source/target CARGO_PROFILE_RELEASE_STRIP=symbols CARGO_INCREMENTAL=0
export RUSTFLAGS="-C target-feature=+crt-static -C relocation-model=pie --remap-path-prefix=$source=/fanfold --remap-path-prefix=$cargo_home=/cargo"
export CFLAGS="-ffile-prefix-map=$source=/fanfold -ffile-prefix-map=$cargo_home=/cargo"
(
    cd "$source/.packaging/python"
    # Nothing is linked dynamically, so it runs wherever pip takes it for fit.
    maturin build --quiet --release --locked --target "$triple" --auditwheel skip \
        --compatibility manylinux2014 --out "$work/wheel"
)
program=$source/target/$triple/release/fanfold
version=$("$program" --version)
version=${version#fanfold }
! grep -qaF -e "$work" -e "$cargo_home" "$program" || { echo "the program holds paths of this machine" >&2; exit 1; }

step 'man pages, completions, licences, SBOM'
extra=$work/extra
mkdir -p "$extra/man" "$extra/completions"
"$program" man >"$extra/man/fanfold.1"
# The pages that the first one refers to: fanfold\-run(1), fanfold\-exit\-codes(7).
grep -oE 'fanfold(\\-[a-z]+)+\([17]\)' "$extra/man/fanfold.1" | tr -d '\\' | sort -u |
    while IFS='()' read -r page section _; do
        "$program" man "${page#fanfold-}" >"$extra/man/$page.$section"
    done
"$program" completions bash >"$extra/completions/fanfold.bash"
"$program" completions zsh >"$extra/completions/_fanfold"
"$program" completions fish >"$extra/completions/fanfold.fish"
python3 "$source/.packaging/crates.py" "$source" "$triple" "$extra/fanfold.cdx.json" "$extra/THIRD-PARTY.txt"

step 'the tarball'
name=fanfold-$version-x86_64-linux
mkdir "$work/$name"
cp "$program" "$source/README.md" "$source/LICENSE" "$extra/THIRD-PARTY.txt" "$work/$name/"
cp -r "$extra/man" "$extra/completions" "$work/$name/"
tar -C "$work" --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    -cf - "$name" | gzip -9n >"$work/$name.tar.gz"

step 'the .deb'
# By dpkg-deb alone: cargo-deb would be built from 150 crates to write this control file.
deb=$work/deb
install -D -m 755 "$program" "$deb/usr/bin/fanfold"
install -D -m 644 "$extra/completions/fanfold.bash" "$deb/usr/share/bash-completion/completions/fanfold"
install -D -m 644 "$extra/completions/_fanfold" "$deb/usr/share/zsh/vendor-completions/_fanfold"
install -D -m 644 "$extra/completions/fanfold.fish" "$deb/usr/share/fish/vendor_completions.d/fanfold.fish"
install -D -m 644 "$source/README.md" "$deb/usr/share/doc/fanfold/README.md"
{
    cat "$source/LICENSE"
    printf '\nThe program contains the following crates.\n\n'
    cat "$extra/THIRD-PARTY.txt"
} >"$deb/usr/share/doc/fanfold/copyright"
for page in "$extra"/man/*; do
    install -D -m 644 "$page" "$deb/usr/share/man/man${page##*.}/${page##*/}"
done
gzip -9n "$deb"/usr/share/man/man?/*
(cd "$deb" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$work/md5sums"
size=$(du -sk --apparent-size "$deb/usr" | cut -f1)
mkdir "$deb/DEBIAN"
mv "$work/md5sums" "$deb/DEBIAN/"
cat >"$deb/DEBIAN/control" <<CONTROL
Package: fanfold
Version: $version
Architecture: amd64
Maintainer: The fanfold authors <fanfold@localhost>
Installed-Size: $size
Section: utils
Priority: optional
Description: Do one thing to every file, on all cores, and fold the results
 fanfold runs a command for each file, or reads the files itself, compressed
 or not, and filters, counts and sorts their lines, on all cores and in bounded
 memory. It takes the command lines of xargs and GNU parallel too.
CONTROL
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$deb" "$work/fanfold_${version}_amd64.deb" >/dev/null

step 'sums'
cp "$extra/fanfold.cdx.json" "$work/fanfold-$version.cdx.json"
files=("$work/$name.tar.gz" "$work/fanfold_${version}_amd64.deb" "$work"/wheel/*.whl "$work/fanfold-$version.cdx.json")
rm -f "$out/SHA256SUMS"
cp "${files[@]}" "$out/"
(cd "$out" && sha256sum "${files[@]##*/}" >SHA256SUMS && cat SHA256SUMS)
