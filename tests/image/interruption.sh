#!/usr/bin/env bash
# Preparations that are killed, interrupted, run twice at once, or find no room: nothing half-made is ever used, and nothing
# stays behind.
# shellcheck disable=SC2016 # texts for the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_images
on_exit() { umount "$work/small" 2>/dev/null || true; }
start_gate

tiny_root root
pack root root.tar
layout oci root.tar >/dev/null
image_project app oci:../oci
good at app build
wait_for_upkeep
cp app/larder.lock first.lock
state() { image_layers | sort; }
before=$(state)

# Leaves what the caller of larder cannot delete, and then waits at the gate.
slow="mkdir -p /closed/folder; touch /closed/folder/file; chown -R 7:8 /closed; chmod 0 /closed; echo half >/etc/half; nc 127.0.0.1 $gate </dev/null"

# start NAME: a build of app in the background, as $pid, with its output in $work/NAME.
start() {
    : >"$work/$1" # what an earlier one has said must not be taken for this one's words
    (cd app && exec "$larder" build >"$work/$1" 2>&1 </dev/null) &
    pid=$!
}

wait_for_gate() {
    until_true 60 test -e reached
    rm reached
}

# end_of PID: its exit code is in $status.
end_of() {
    status=0
    wait "$1" || status=$?
}

no_sandbox() { ! grep -lqsF "$work" /proc/[0-9]*/mountinfo; }

image_project app oci:../oci "prepare = [\"$slow\"]"

say 'killed: nothing of it is used'
for round in 1 2; do
    start killed
    wait_for_gate
    kill -KILL "$pid"
    end_of "$pid"
    expect_equal "$status" 137 "the exit code of round $round"
    expect cmp app/larder.lock first.lock
    expect_equal "$(state)" "$before" 'the images'
done
run at app build --offline
expect_status 3
expect_err 'missing: `mkdir -p /closed/folder'

say 'interrupted: one error, and nothing stays behind'
start interrupted
wait_for_gate
kill -INT "$pid"
end_of "$pid"
expect_equal "$status" 130
expect grep -q '^error: the preparation of an image was interrupted' interrupted
expect_equal "$(grep -c '^error:' interrupted)" 1
expect cmp app/larder.lock first.lock
expect_equal "$(state)" "$before" 'the images'
expect_no_leftovers

say 'killed, and cleaned up by the next build'
start killed
wait_for_gate
kill -KILL "$pid"
end_of "$pid"
image_project other oci:../oci
good at other build
until_true 60 no_sandbox
expect_no_leftovers

say 'two at once: one works, the other waits and takes it'
start one
first=$pid
wait_for_gate
start two
second=$pid
until_true 60 grep -q 'larder, preparing `mkdir' two
[[ ! -e reached ]] || fail 'the second one works too'
touch open
end_of "$first"
expect_equal "$status" 0
end_of "$second"
expect_equal "$status" 0
expect_equal "$(grep -c '| preparing `mkdir' one)" 1
expect_equal "$(grep -c '| preparing `mkdir' two || true)" 0
expect_equal "$(state | wc -l)" 2
expect_equal "$(grep -c '^\[\[image\]\]' app/larder.lock)" 2

say 'the one that waits goes on if the first is killed'
rm -f open reached
image_project app oci:../oci "prepare = [\"$slow; echo again\"]"
start one
first=$pid
wait_for_gate
start two
second=$pid
until_true 60 grep -q 'larder, preparing `mkdir' two
kill -KILL "$first"
end_of "$first"
wait_for_gate
touch open
end_of "$second"
expect_equal "$status" 0
expect_no_leftovers
good at app run "$own_target" -- cat /etc/half
expect_out half
expect_equal "$(find "$LARDER_STORE/layers" ! -user "$(id -u)")" '' "not the caller's"

say 'waiting for another, and interrupted'
rm -f open
image_project app oci:../oci "prepare = [\"$slow; echo a third time\"]"
start one
first=$pid
wait_for_gate
start two
second=$pid
until_true 60 grep -q 'larder, preparing `mkdir' two
kill -INT "$second"
end_of "$second"
expect_equal "$status" 130
kill -INT "$first"
end_of "$first"
expect_no_leftovers
good "$larder" cache verify

say 'a disk that is too full'
if ((EUID)); then
    printf 'only root can have a small disk\n'
    exit 0
fi
touch open
mkdir small
mount -t tmpfs -o size=1200m tmpfs small
export LARDER_STORE=$work/small/store
image_project app oci:../oci
good at app build
cp app/larder.lock full.lock
image_project app oci:../oci 'prepare = ["while :; do cat /bin/busybox /bin/busybox >>/etc/large; done"]'
run at app build
expect_status 3
expect_err 'error: the disk is too full to prepare `while'
expect_equal "$(grep -c '^error:' "$work/stderr")" 1
expect cmp app/larder.lock full.lock
expect_no_leftovers
image_project app oci:../oci
good at app build
expect_prepared 0
wait_for_upkeep
