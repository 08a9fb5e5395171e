#!/usr/bin/env bash
# Images from a registry and from OCI layouts: what is prepared, how often, and what larder.lock says of it.
# shellcheck disable=SC2016 # texts for make and for the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_images
start_registry

# Two layers: the second replaces a file, deletes one and a folder's content, and makes a folder anew.
tiny_root first
mkdir -p first/data/old second/data second/again second/usr/local/bin first/again
echo lower >first/data/replaced
touch first/data/deleted first/data/old/file first/again/hidden
echo upper >second/data/replaced
touch second/data/.wh.deleted second/data/.wh.old second/again/.wh..wh..opq second/again/shown
printf '#!/bin/sh\necho "tool of the image"\n' >second/usr/local/bin/tool
chmod 755 second/usr/local/bin/tool
pack first first.tar
pack second second.tar
gzip -n second.tar
digest=$(layout oci --env PATH=/usr/local/bin:/usr/bin:/bin --env GREETING='good morning' first.tar second.tar.gz)
push oci tiny:1
image=$registry/tiny:1

say 'a build on an image from a registry, by its tag'
image_project app "$image"
cd app
good "$larder" build
expect_prepared 1
expect cmp "$(program . program)" /bin/busybox
inside() { run "$larder" run "$own_target" -- "$@"; }
inside sh -c 'cat /data/replaced; ls -A /data /again; tool; echo "$GREETING, $PATH"'
expect_status 0
expect_equal "$(<"$work/stdout")" "upper
/again:
shown

/data:
replaced
tool of the image
good morning, /usr/local/bin:/usr/bin:/bin"

say 'larder.lock pins it'
expect grep -qxF "digest = \"$digest\"" larder.lock
expect grep -qxF "source = \"$digest\"" larder.lock
expect grep -qxF "base = \"$image\"" larder.lock
expect_equal "$(grep -c '^\[\[image\]\]' larder.lock)" 1
cp larder.lock "$work/first.lock"

say 'a second build, and another project, prepare nothing'
good "$larder" build
expect_prepared 0
expect cmp larder.lock "$work/first.lock"
image_project ../other "$image"
good at ../other build
expect_prepared 0
expect cmp larder.lock ../other/larder.lock

say 'a build changes nothing in the image'
inside sh -c 'touch /data/new && rm /data/replaced && ls /data'
expect_status 0
expect_equal "$(<"$work/stdout")" new
inside ls /data
expect_equal "$(<"$work/stdout")" replaced

say 'the tag moves on: what is pinned stays, without a network too'
echo newer >../second/data/replaced
pack ../second ../newer.tar
newer=$(layout ../newer --env PATH=/usr/bin:/bin ../first.tar ../newer.tar)
push ../newer tiny:1
good "$larder" build --locked
good "$larder" build --locked --offline
expect_prepared 0
inside cat /data/replaced
expect_equal "$(<"$work/stdout")" upper

say 'a pinned image is fetched by its digest'
LARDER_STORE=$work/second-store good "$larder" build --locked
expect_prepared 1
run env LARDER_STORE="$work/second-store" "$larder" run "$own_target" -- cat /data/replaced
expect_equal "$(<"$work/stdout")" upper
forget_store "$work/second-store"

say 'by digest, with and without a tag'
for name in "$registry/tiny@$newer" "$registry/tiny:any@$newer"; do
    image_project ../by-digest "$name"
    rm -f ../by-digest/larder.lock
    good at ../by-digest build
    expect grep -qxF "source = \"$newer\"" ../by-digest/larder.lock
done
image_project ../by-digest "$registry/tiny@$newer"
good at ../by-digest run "$own_target" -- cat /data/replaced
expect_equal "$(<"$work/stdout")" newer

say 'the same image by another name is pinned by that name'
push ../oci tiny:latest
for name in "$registry/tiny" "$registry/tiny:latest"; do
    mkdir ../named
    image_project ../named "$name"
    good at ../named build
    expect grep -qxF "base = \"$name\"" ../named/larder.lock
    good at ../named build
    expect_prepared 0
    rm -rf ../named
done

say 'commands: a changed list is prepared on top, a removed line goes back'
image_project . "$image" 'prepare = ["echo one >/etc/one"]'
good "$larder" build
expect_prepared 1
inside cat /etc/one
expect_equal "$(<"$work/stdout")" one
expect_equal "$(grep -c '^\[\[image\]\]' larder.lock)" 2
expect grep -qxF "from = \"$digest\"" larder.lock
expect grep -qE '^run = "sha256:[0-9a-f]{64}"$' larder.lock
image_project . "$image" 'prepare = ["echo one >/etc/one", "echo $GREETING >/etc/two; chmod 700 /etc/two; chown 7:8 /etc/two"]'
good "$larder" build
expect_prepared 1
inside cat /etc/one /etc/two
expect_equal "$(<"$work/stdout")" $'one\ngood morning'
image_project . "$image" 'prepare = ["echo one >/etc/one"]'
good "$larder" build
expect_prepared 0
inside ls /etc/two
[[ $status != 0 ]] || fail 'the removed command has still been run'
image_project ../other "$image" 'prepare = ["echo one >/etc/one"]'
good at ../other build
expect_prepared 0

say 'what images share is counted once, to the byte as du does'
wait_for_upkeep
good "$larder" image list --json
cp "$work/stdout" ../list.json
du_of() { du -s --block-size=1 "$@" | cut -f 1; }
for record in "$LARDER_STORE"/layers/*/tree/image.json; do printf '%s %s\n' "$(json 'data["digest"]' "$record")" "$(du_of "${record%/tree/image.json}")"; done >../layers.txt
good "$larder" cache list --json
good python3 - ../list.json "$work/stdout" ../layers.txt <<'END_OF_FILE'
import json, sys
images = {image["digest"]: image for image in json.load(open(sys.argv[1]))["images"]}
volumes = {volume["image"]: volume for volume in json.load(open(sys.argv[2]))["volumes"] if volume["class"] == "image"}
layers = {digest: int(size) for digest, size in map(str.split, open(sys.argv[3]))}
assert len(images) > 3 and images.keys() == volumes.keys() == layers.keys()
for digest, image in images.items():
    size, at = 0, image
    while at:
        size, at = size + layers[at["digest"]], images.get(at["from"])
    made_from_it = any(other["from"] == digest for other in images.values())
    assert (image["disk_bytes"], image["own_bytes"]) == (size, 0 if made_from_it else layers[digest]), image
    volume = volumes[digest]
    assert (volume["size_bytes"], volume["size_bytes"] - volume["shared_bytes"]) == (size, image["own_bytes"]), volume
END_OF_FILE
good "$larder" cache stats --json
expect_equal "$(json 'data["disk_bytes"]')" "$(du_of "$LARDER_STORE")" 'stats and du'

say 'a command that fails says why, and leaves nothing'
image_project . "$image" 'prepare = ["echo one >/etc/one", "echo no such thing >&2; false"]'
cp larder.lock "$work/before.lock"
layers=$(image_layers | sort)
run "$larder" build
expect_status 3
expect_err 'error: an image cannot be prepared: `echo no such thing >&2; false` failed with exit code 1'
expect_err 'no such thing'
expect_err 'log: '
expect cmp larder.lock "$work/before.lock"
expect_equal "$(image_layers | sort)" "$layers"
expect_no_leftovers
good "$larder" image shell -- cat /etc/one
expect_out one
expect_err 'note: this is what that step runs on'

say '--locked and --offline'
image_project . "$image" 'prepare = ["echo three >/etc/three"]'
run "$larder" build --locked
expect_status 3
expect_err 'error: larder.lock does not pin `echo three >/etc/three`'
expect_err '--locked'
run "$larder" build --offline
expect_status 3
expect_err "error: the image $image is not all here"
expect_err 'missing: `echo three >/etc/three`'
expect_prepared 0
expect cmp larder.lock "$work/before.lock"
good "$larder" build --dry-run --offline
expect cmp larder.lock "$work/before.lock"
rm larder.lock
image_project . "$image"
run "$larder" build --locked
expect_status 3
expect_err "larder.lock does not pin $image"
good "$larder" build --offline
expect cmp larder.lock "$work/first.lock"

say 'OCI layouts: a folder, relative to the project, and one of its tags'
cp -r ../oci layout
layout layout --tag newer --env PATH=/usr/bin:/bin ../first.tar ../newer.tar >/dev/null
image_project ../layout-project oci:../oci
good at ../layout-project build
expect grep -qxF "source = \"$digest\"" ../layout-project/larder.lock
image_project . oci:layout:newer
rm larder.lock
good "$larder" build
expect grep -qxF "source = \"$newer\"" larder.lock
expect grep -qxF 'base = "oci:layout:newer"' larder.lock
cp -r . ../moved
good at ../moved build --locked
expect_prepared 0
image_project . oci:layout
run "$larder" build
expect_status 3
expect_err 'more than one image'
image_project . oci:nowhere
run "$larder" build
expect_status 2
expect_err 'nowhere is no OCI image layout'

say 'what is not there, is not for this machine, or is no image at all'
for name in "$registry/tiny:unknown" "$registry/unknown:1" "$registry/tiny@sha256:$(printf '%064d' 1)"; do
    image_project . "$name"
    run "$larder" build
    expect_status 3
    expect_err "error: an image cannot be prepared: $name"
    expect_equal "$(grep -c '^error:' "$work/stderr")" 1
    expect grep -qE 'manifest unknown|unknown|not found' "$work/stderr"
done
layout ../foreign --architecture "$other_architecture" ../first.tar >/dev/null
push ../foreign foreign:1
image_project . "$registry/foreign:1"
run "$larder" build
expect_status 3
expect_err "is for $other_architecture"
image_project . 'no image at all'
run "$larder" build
expect_status 2
expect_err "'no image at all' names no image"

say 'programs that are missing'
mkdir ../few
for program in /usr/bin/* /bin/* /usr/sbin/*; do
    case ${program##*/} in skopeo | umoci | mmdebstrap | podman | docker) ;; *) ln -sf "$program" ../few/ ;; esac
done
image_project . "$registry/tiny:other"
PATH=$work/few run "$larder" build
expect_status 3
expect_err "no engine here can run the image $registry/tiny:other"
expect_err 'hint: sudo apt install skopeo umoci uidmap'
PATH=$work/few run "$larder" build --engine native
expect_err 'there is no program skopeo'
expect_err 'hint: sudo apt install skopeo umoci uidmap'
ln -sf /usr/bin/skopeo ../few/
PATH=$work/few run "$larder" build --engine native
expect_err 'there is no program umoci'
image_project . debian:bookworm
PATH=$work/few run "$larder" build
expect_status 3
expect_err 'there is no program mmdebstrap'

say 'a registry that has gone: what is here still builds, all else is one error'
stop_registry
rm -f larder.lock
image_project . "$image" 'prepare = ["echo one >/etc/one"]'
good "$larder" build
expect_prepared 0
image_project . "$registry/tiny:2"
run "$larder" build
expect_status 3
expect_equal "$(grep -c '^error:' "$work/stderr")" 1
expect_err 'connection refused'
expect_no_leftovers
good "$larder" cache verify

say 'a registry that wants a login'
python3 -W ignore -c 'import crypt; print("ann:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH)))' >../htpasswd
start_registry "auth: {htpasswd: {realm: larder, path: $work/htpasswd}}"
image_project . "$registry/tiny:1"
rm -f larder.lock
export LARDER_STORE=$work/login-store
run "$larder" build
expect_status 3
expect_err 'unauthorized'
expect_err "hint: \`skopeo login $registry\`"
mkdir -p ../home/.docker ../home/.config/containers ../run/containers
for file in home/.docker/config.json home/.config/containers/auth.json run/containers/auth.json; do
    # It knows another registry only, so the search goes on.
    [[ $file == run/* ]] || echo '{"auths": {"example.org": {"auth": "YTpi"}}}' >../run/containers/auth.json
    skopeo login --tls-verify=false --authfile "$work/login.json" --username ann --password secret "$registry" >/dev/null
    mv "$work/login.json" "$work/$file"
    forget_store
    good env HOME="$work/home" XDG_RUNTIME_DIR="$work/run" "$larder" build
    rm "$work/$file"
done
good env HOME="$work/home" XDG_RUNTIME_DIR="$work/run" "$larder" build --offline
