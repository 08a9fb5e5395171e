#!/usr/bin/env bash
# Images of strangers, by the hundred: each is refused by one clear error, or reaches no further than its own image; nothing outside
# changes, and none takes long or much memory. hostile.sh also builds on some. As root, with LARDER_TEST_ALL, all of them.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_images

mkdir -p canary layouts root/{bin,etc,usr,tmp,proc}
echo secret >canary/secret
chmod 640 canary/secret
echo '#' >root/bin/sh
pack root root.tar
# shellcheck disable=SC2086 # names of layouts, for a run by hand
python3 "$tests/image/hostile_layouts.py" "$larder" layouts root.tar "$work/canary" ${LARDER_TEST_LAYOUTS-} || fail 'see above'

say 'nothing is left of those that were refused'
wait_for_upkeep
expect_empty "$LARDER_STORE/transactions"
expect_equal "$(find "$LARDER_STORE/layers" -perm /6000)" '' 'set-user-id'
expect_equal "$(find "$LARDER_STORE/layers" ! -user "$(id -u)" -o ! -group "$(id -g)")" '' "not the caller's"
expect_equal "$(find "$LARDER_STORE/layers" -type b -o -type p -o -type s)" '' 'devices'
expect_equal "$(find "$LARDER_STORE/layers" -type c -exec stat -c '%t:%T' {} + | grep -v '^0:0$' || true)" '' 'devices'
