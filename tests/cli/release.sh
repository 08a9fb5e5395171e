#!/usr/bin/env bash
# What scripts/release packs: the same bytes at two paths, everything that belongs beside the program, and the dependencies that
# `larder doctor` names. A stand-in builds: what is packed is a script that calls the program of the tests.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_program git python3 zstd dpkg-deb
# The repository may be another user's.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
git -C "$repository" rev-parse HEAD >/dev/null 2>&1 || skip 'this is no repository'
git -C "$repository" cat-file -e HEAD:scripts/release 2>/dev/null || skip 'the commit has no scripts/release'

cat >stand-in <<END_OF_FILE
#!/bin/bash
case \$1 in
    build)
        for triple in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu; do
            mkdir -p target/\$triple/release
            printf '#!/bin/sh\nexec "$larder" "\$@"\n' >target/\$triple/release/larder
            [[ ! -e $work/differ ]] || echo "# \$PWD" >>target/\$triple/release/larder
            chmod +x target/\$triple/release/larder
        done
        ;;
    cache) [[ "\$*" == 'cache clean --all --yes' ]] ;;
    *) exec "$larder" "\$@" ;;
esac
END_OF_FILE
chmod +x stand-in

say 'the same bytes twice'
good env LARDER="$work/stand-in" "$repository/scripts/release" --verify out
expect_out 'gave the same bytes'
version=$("$larder" --version | cut -d' ' -f2)
for file in "larder-$version-x86_64.tar.zst" "larder-$version-aarch64.tar.zst" "larder_${version}_amd64.deb" \
    "larder_${version}_arm64.deb"; do
    expect test -s "out/$file"
    expect grep -q "  $file\$" out/SHA256SUMS
done
(cd out && sha256sum --quiet --check SHA256SUMS) || fail 'the sums are wrong'
expect_equal "$(find out -mindepth 1 | wc -l)" 5 'files that were made'

say 'what is in them'
mkdir archive
tar -x -C archive -f "out/larder-$version-x86_64.tar.zst"
top=archive/larder-$version-x86_64
expect_equal "$(ls archive)" "larder-$version-x86_64"
expect_equal "$("$top/bin/larder" --version)" "$("$larder" --version)"
for file in README.md LICENSE share/larder/larder.schema.json share/larder/apparmor.d/larder share/man/man1/larder-build.1 \
    share/man/man5/larder.toml.5 share/bash-completion/completions/larder; do
    expect test -s "$top/$file"
done
deb=out/larder_${version}_arm64.deb
expect_equal "$(dpkg-deb --field "$deb" Architecture)" arm64
expect_equal "$(dpkg-deb --field "$deb" Depends)" bubblewrap
expect_equal "$(dpkg-deb --field "$deb" Recommends)" 'uidmap, mmdebstrap, skopeo, umoci, ca-certificates'
dpkg-deb --contents "$deb" >contents
expect grep -q ' \./usr/bin/larder$' contents
expect grep -q ' \./usr/share/man/man1/larder-shell.1.gz -> larder-run.1.gz$' contents
expect grep -q ' \./usr/share/zsh/vendor-completions/_larder$' contents
expect test -z "$(grep -v ' root/root ' contents)"

say 'other bytes are noticed'
touch differ
run env LARDER="$work/stand-in" "$repository/scripts/release" --verify other
expect_status 3
expect_err 'two builds gave other bytes'
