#!/usr/bin/env bash
# Images of strangers: whatever their layers hold, nothing outside of the image's own folder changes, neither while it is
# unpacked nor when something is prepared or built on it.
# shellcheck disable=SC2016 # texts for the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_images
on_exit() { umount "$work/small" 2>/dev/null || true; }

mkdir canary hostile
echo secret >canary/secret
chmod 640 canary/secret
state_of_canary() { find "$work/canary" -printf '%p %y %m %U %G %n %s %C@\n' | sort && cat canary/secret; }
before=$(state_of_canary)

tiny_root root
ln -s ../run/nowhere/resolv.conf root/etc/resolv.conf # as on many machines
pack root root.tar
python3 "$tests/image/hostile_layers.py" hostile "$work/canary"

# One error with a cause, and no more.
expect_clear_error() {
    expect_status 3
    expect_equal "$(grep -c '^error:' "$work/stderr")" 1 'the number of errors'
    expect_err 'hint:'
}

# Of all images in the store: only a root filesystem and a record, and nothing in them that is somebody else's.
expect_harmless_store() {
    local layer
    while read -r layer; do
        expect_equal "$(ls -A "$layer")" $'image.json\nrootfs' "what $layer has"
        json 'data["digest"]' "$layer/image.json" >/dev/null
    done < <(image_layers)
    expect_equal "$(find "$LARDER_STORE/layers" -perm /6000)" '' 'set-user-id'
    expect_equal "$(find "$LARDER_STORE/layers" ! -user "$(id -u)" -o ! -group "$(id -g)")" '' "not the caller's"
    expect_equal "$(find "$LARDER_STORE/layers" -type b -o -type p -o -type s)" '' 'devices'
    expect_equal "$(find "$LARDER_STORE/layers" -type c -exec stat -c '%t:%T' {} + | grep -v '^0:0$' || true)" '' 'devices'
    command -v getcap >/dev/null || return 0
    expect_equal "$(getcap -r "$LARDER_STORE/layers")" '' 'capabilities'
}

# A build on a hostile image, with a command on top.
attack() {
    local name=$1 outcome=refused
    layout "oci-$name" root.tar "hostile/$name.tar" >/dev/null
    image_project "project-$name" "oci:../oci-$name" 'prepare = ["echo more >/more"]'
    last_command="a build on $name"
    status=0
    at "project-$name" build >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
    if ((status == 0)); then
        outcome=contained
        expect cmp "$(program "project-$name" program)" /bin/busybox
        good at "project-$name" run "$own_target" -- sh -c 'for place in / /etc /home /run /root /tmp; do echo x >$place/evil; done; true' 2>/dev/null
    else
        expect_clear_error
    fi
    expect_equal "$(state_of_canary)" "$before" "the canary after $name"
    printf '%-24s %s\n' "$name" "$outcome: $(grep -m 1 '^error:' "$work/stderr" || true)"
}

say 'layers that try to get out'
for tar in hostile/*.tar; do
    name=${tar##*/}
    attack "${name%.tar}"
    expect_harmless_store
done
expect_no_leftovers

say 'commands in an image that try the same'
image_project commands oci:../oci-devices 'prepare = ["cp /bin/busybox /bin/su; chmod 6755 /bin/su; chown 5:5 /bin/su; chmod 4755 /bin/su; ln /bin/su /bin/su2; ln -s / /away; rm -rf /tmp/x"]'
good at commands build
expect_harmless_store

say 'a blob that is not what its digest says'
layout broken --broken root.tar hostile/devices.tar >/dev/null
image_project project-broken oci:../broken
run at project-broken build
expect_clear_error
expect grep -qiE 'digest|checksum' "$work/stderr"
expect_no_leftovers

say 'a layer that is small and unpacks to more than the disk has'
if ((EUID)); then
    printf 'only root can have a small disk\n'
    exit 0
fi
mkdir small
mount -t tmpfs -o size=1300m tmpfs small
python3 "$tests/image/hostile_layers.py" --bomb bomb.tar.gz
layout bomb root.tar bomb.tar.gz >/dev/null
image_project project-bomb oci:../bomb
LARDER_STORE=$work/small/store run at project-bomb build
expect_clear_error
expect_err 'the disk is too full'
[[ ! -e project-bomb/larder.lock ]] || fail 'larder.lock names an image that was not made'
wait_for_upkeep "$work/small/store"
LARDER_STORE=$work/small/store expect_no_leftovers
(($(df --output=used -B1M small | tail -n 1) < 20)) || fail 'the disk is still full'
image_project project-bomb oci:../oci-devices
LARDER_STORE=$work/small/store good at project-bomb build
wait_for_upkeep "$work/small/store"
