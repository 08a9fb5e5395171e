#!/usr/bin/env bash
# The image of Larder that scripts/release-image makes of Debian's packages: its size, and what is in it. It is left in LARDER_TEST_IMAGE_TAR, for
# anywhere/container.sh.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_program python3 mmdebstrap dpkg
file=${LARDER_TEST_IMAGE_TAR:-$work/image.tar}
rm -f "$file"

run "$repository/scripts/release-image" --quick "$larder" "$file"
! grep -qE 'E: Failed to fetch|apt-get update.* failed' "$work/stderr" || skip 'there is no mirror of Debian'
expect_status 0
size=$(sed -n 's/.* \([0-9]*\)[0-9.]* MB compressed.*/\1/p' "$work/stdout")
[[ $size ]] || fail 'it does not say the size'
((size < 200)) || fail "the image has $size MB"
tail -n 1 "$work/stdout"
chmod 644 "$file"

tar -xf "$file" -C "$work"
expect grep -q '"imageLayoutVersion":"1.0.0"' "$work/oci-layout"
json '[digest for digest in [data["manifests"][0]["digest"]] if digest.startswith("sha256:")][0].split(":")[1]' "$work/index.json" >"$work/digest"
(cd "$work/blobs/sha256" && for blob in *; do sha256sum --quiet --check <<<"$blob  $blob"; done) || fail 'a blob is not what its name says'
layer=$(json 'data["layers"][0]["digest"].split(":")[1]' "$work/blobs/sha256/$(<"$work/digest")")
tar -tf "$work/blobs/sha256/$layer" >"$work/names"
for name in usr/bin/larder usr/bin/bwrap usr/bin/newuidmap usr/bin/mmdebstrap usr/bin/skopeo usr/bin/umoci usr/bin/git usr/bin/tini usr/lib/larder/entry usr/lib/larder/wrapper; do
    expect grep -qxF "./$name" "$work/names"
done

say 'names that are none, and programs that are not there'
run "$repository/scripts/release-image" --name 'a b' "$larder" "$work/other"
expect_status 3
expect_err '"a b" is no name of an image'
run "$repository/scripts/release-image" "$work/nothing" "$work/other"
expect_status 3
expect_err "there is no $work/nothing"
