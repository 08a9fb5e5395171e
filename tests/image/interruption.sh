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

# start NAME [FOLDER]: a build of app, or of the folder, in the background, as $pid, with its output in $work/NAME.
start() {
    : >"$work/$1" # what an earlier one has said must not be taken for this one's words
    (cd "${2-app}" && exec env --default-signal=INT "$larder" build >"$work/$1" 2>&1 </dev/null) &
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

say 'killed while a base is fetched'
# A registry of one image: each large blob stops in its middle, makes $work/reached, and goes on once $work/open is there.
cat >registry.py <<'END_OF_FILE'
import http.server, json, pathlib, sys, time

work = pathlib.Path(sys.argv[1])
blobs = work / "oci/blobs/sha256"
manifest = json.loads((work / "oci/index.json").read_text())["manifests"][0]


class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.rsplit("/", 1)[1]
        what = manifest["digest"] if "/manifests/" in self.path else name if name.startswith("sha256:") else ""
        body = (blobs / what.removeprefix("sha256:")).read_bytes() if what else b'{"name": "tiny", "tags": ["1"]}'
        self.send_response(200)
        self.send_header("Content-Type", manifest["mediaType"] if "/manifests/" in self.path else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        if what:
            self.send_header("Docker-Content-Digest", what)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[: len(body) // 2])
        if len(body) > 100000:
            (work / "reached").touch()
            while not (work / "open").exists():
                time.sleep(0.02)
        self.wfile.write(body[len(body) // 2 :])

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
(work / "held.new").write_text(str(server.server_address[1]))
(work / "held.new").rename(work / "held")
server.serve_forever()
END_OF_FILE
python3 registry.py "$work" &
until_true 20 test -e held
image_project fetched "127.0.0.1:$(<held)/tiny:1"
for round in 1 2; do
    start killed fetched
    wait_for_gate
    kill -KILL "$pid"
    end_of "$pid"
    expect_equal "$status" 137 "the exit code of round $round"
    [[ ! -e fetched/larder.lock ]] || fail 'a base that is not here is pinned'
    expect_equal "$(state)" "$before" 'the images'
done
run at fetched build --offline
expect_status 3
expect_err 'missing: 127.0.0.1:'
touch open
good at fetched build
expect_prepared 1
rm -f open reached
before=$(state)

say 'killed while packages are installed'
# A root with a package manager whose one package stops at the gate when half of it is there.
tiny_root packaged
for name in awk sed grep tee sort head cut tr; do ln -s busybox "packaged/bin/$name"; done
mkdir packaged/var/lib/dpkg
cat >packaged/usr/bin/apt-get <<END_OF_FILE
#!/bin/sh
case "\$*" in
    *--simulate* | update* | autoclean) exit 0 ;;
esac
echo half >/etc/half
nc 127.0.0.1 $gate </dev/null
printf 'Package: one\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n' >>/var/lib/dpkg/status
END_OF_FILE
printf '#!/bin/sh\necho %s\n' "$own_architecture" >packaged/usr/bin/dpkg
chmod 755 packaged/usr/bin/{apt-get,dpkg}
pack packaged packaged.tar
layout packaged-oci packaged.tar >/dev/null
image_project installed oci:../packaged-oci 'packages = ["one"]' 'prepare = ["echo more >/etc/more"]'
for round in 1 2; do
    start killed installed
    wait_for_gate
    kill -KILL "$pid"
    end_of "$pid"
    expect_equal "$status" 137 "the exit code of round $round"
    [[ ! -e installed/larder.lock ]] || fail 'what is not all here is pinned'
done
run at installed build --offline
expect_status 3
expect_err 'missing: 1 package: one; `echo more'
expect_equal "$(state | wc -l)" "$(($(wc -l <<<"$before") + 1))" 'the base is there'
touch open
good at installed build
expect_prepared 2
expect grep -qF '"one:all=1"' installed/larder.lock
good at installed run "$own_target" -- cat /etc/half /etc/more
rm -f open reached
rm -r fetched installed
before=$(state)

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
expect_equal "$(state | wc -l)" "$(($(wc -l <<<"$before") + 1))" 'the number of images'
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
