#!/usr/bin/env bash
# Images prepared with apt as the machine has it: over https with an authority of its own, by a list of mirrors, by a proxy of apt's or of
# the environment's, with a password; beside a stranger's repository of the same suite; as root and as an ordinary user. The mirror is
# this machine's loopback, and its distribution two packages, of which one is all that an image needs.
# shellcheck disable=SC2016 # texts for make
if ((EUID == 0)) && [[ -z ${LARDER_TEST_APT-} ]]; then
    LARDER_TEST_APT=1 exec unshare --mount --propagation private bash "$0" "$@"
fi
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_debian_images
need_user
need_program gpg openssl python3 dpkg-deb skopeo umoci docker-registry

say 'a distribution'
# key NAME: a key, and its keyring NAME.gpg.
key() {
    mkdir -m 700 "$work/$1.home"
    gpg --homedir "$work/$1.home" --batch --quiet --passphrase '' --quick-generate-key "$1" ed25519 sign never 2>/dev/null
    gpg --homedir "$work/$1.home" --export >"$work/$1.gpg"
}
key debian
key stranger
# What dpkg and apt need, from this machine: root_of FOLDER
root_of() {
    local file library
    mkdir -p "$1"/usr/{bin,sbin,lib,lib64} "$1"/{etc/apt/{apt.conf.d,sources.list.d,trusted.gpg.d},tmp,root,dev,proc} "$1"/var/{log/apt,lib/dpkg,cache/apt/archives/partial}
    for file in bin sbin lib lib64; do ln -s "usr/$file" "$1/$file"; done
    printf '#!/bin/sh\n' >"$1/usr/sbin/ldconfig"
    cp "$1/usr/sbin/ldconfig" "$1/usr/sbin/start-stop-daemon"
    chmod 755 "$1"/usr/sbin/*
    printf 'root:x:0:0::/root:/bin/sh\n_apt:x:100:65534::/:/bin/false\n' >"$1/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$1/etc/group"
    for file in /usr/bin/{sh,env,cat,chmod,cp,cut,cmp,dd,diff,dirname,basename,id,ln,readlink,stat,tail,uniq,wc,find,grep,head,ls,mkdir,mktemp,mv,rm,sed,sha256sum,sort,tar,tee,touch,tr,awk} \
        /usr/bin/{gpgv,apt-key,apt-get,apt-cache,apt-config,dpkg,dpkg-deb,dpkg-query,dpkg-split,dpkg-trigger} \
        /usr/lib/apt/methods/{file,gpgv,http,https,mirror,mirror+file,mirror+https,store} /usr/share/dpkg/{cputable,ostable,tupletable}; do
        install -D "$file" "$1/$file"
        { ldd "$file" 2>/dev/null || true; } | { grep -oE '/[^ ]+' || true; } | while read -r library; do
            [[ -e $1/usr/${library#/usr} || -e $1/$library ]] || install -D "$library" "$1/$library"
        done
    done
}
# package NAME ROOT [FIELD...]
package() {
    local name=$1 root=$2
    mkdir -p "$root/DEBIAN"
    { printf 'Package: %s\nVersion: 1\nArchitecture: amd64\nMaintainer: Ann <ann@example.org>\nDescription: %s\n' "$name" "$name" && printf '%s\n' "${@:3}"; } | grep . >"$root/DEBIAN/control"
    dpkg-deb -Znone --root-owner-group --build "$root" "$work/www/debian/pool/$name.deb" >/dev/null
}
mkdir -p "$work"/www/debian/{pool,dists/bookworm/main/binary-amd64}
root_of system
mkdir -p system/usr/share/keyrings
cp debian.gpg system/usr/share/keyrings/debian-archive-keyring.gpg
package apt system 'Essential: yes' 'Priority: required'
mkdir -p certificates/usr/share/certificates
package ca-certificates certificates
for name in one two; do
    mkdir -p "$name/usr/share/$name"
    package "$name" "$name" "Conflicts: $([[ $name == one ]] && echo two || echo one)"
done
mkdir -p failing/DEBIAN
printf '#!/bin/sh\necho there is no moon >&2\nexit 3\n' >failing/DEBIAN/postinst
chmod 755 failing/DEBIAN/postinst
package failing failing

# release FOLDER KEY: the lists of a repository, signed.
release() {
    local deb folder=$work/www/$1
    for deb in "$folder"/pool/*.deb; do
        dpkg-deb --field "$deb"
        printf 'Filename: pool/%s\nSize: %s\nSHA256: %s\n\n' "${deb##*/}" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
    done >"$folder/dists/bookworm/main/binary-amd64/Packages"
    (
        cd "$folder/dists/bookworm"
        printf 'Origin: Debian\nSuite: oldstable\nCodename: bookworm\nArchitectures: amd64\nComponents: main\nDate: %s\nSHA256:\n' "$(date -Ru)"
        printf ' %s %s main/binary-amd64/Packages\n' "$(sha256sum main/binary-amd64/Packages | cut -d ' ' -f 1)" "$(stat -c %s main/binary-amd64/Packages)"
    ) >"$work/Release"
    gpg --homedir "$work/$2.home" --batch --quiet --yes --clearsign --output "$folder/dists/bookworm/InRelease" "$work/Release" 2>/dev/null
}
release debian debian
mkdir -p www/stranger/pool www/stranger/dists/bookworm/main/binary-amd64
mkdir evil
mkdir -p evil/DEBIAN
printf 'Package: one\nVersion: 9\nArchitecture: amd64\nMaintainer: Eve <eve@example.org>\nDescription: evil\n' >evil/DEBIAN/control
dpkg-deb -Znone --build evil www/stranger/pool/one.deb >/dev/null
release stranger stranger

say 'its mirror'
openssl req -x509 -newkey rsa:2048 -nodes -keyout own.key -out own.pem -days 3 -subj /CN=localhost -addext 'subjectAltName=IP:127.0.0.1' -addext 'basicConstraints=critical,CA:true' 2>/dev/null
cat >mirror.py <<'END_OF_FILE'
"""A mirror: http, https, a proxy for any host, and the same behind a password (below /closed)."""
import base64, http.server, pathlib, ssl, sys, threading

work = pathlib.Path(sys.argv[1])
login = "Basic " + base64.b64encode(b"bob:hunter@2").decode()


class Mirror(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("http://"):
            (work / "proxied").touch()
            self.path = "/" + self.path.split("/", 3)[3]
        if self.path.startswith("/closed/"):
            if self.headers.get("Authorization") != login:
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.path = self.path[len("/closed") :]
        super().do_GET()

    def log_message(self, *_):
        pass


def serve(name, wrap):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Mirror(*a, directory=str(work / "www")))
    server.socket = wrap(server.socket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (work / (name + ".new")).write_text(str(server.server_address[1]))
    (work / (name + ".new")).rename(work / (name + ".port"))


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(work / "own.pem", work / "own.key")
serve("http", lambda socket: socket)
serve("https", lambda socket: context.wrap_socket(socket, server_side=True))
threading.Event().wait()
END_OF_FILE
python3 mirror.py "$work" &
until_true 20 test -e https.port
http=http://127.0.0.1:$(<http.port) https=https://127.0.0.1:$(<https.port)

# The machine's settings, keyrings and certificates are the test's own, for what runs below this script.
mkdir -p etc/{sources.list.d,apt.conf.d,preferences.d,auth.conf.d,mirrors} keyrings certs
cp debian.gpg keyrings/debian-archive-keyring.gpg
cp own.pem certs/ca-certificates.crt
mount --bind etc /etc/apt
mount --bind keyrings /usr/share/keyrings
mount --bind certs /etc/ssl/certs
chmod -R go=rX etc keyrings certs www

# The machine's settings of one case; the next one forgets them. source_list LINE...
source_list() {
    rm -rf etc/*/* etc/sources.list
    printf '%s\n' "$@" >etc/sources.list
}
deb822() {
    rm -rf etc/*/* etc/sources.list
    printf 'Types: deb\nURIs: %s\nSuites: bookworm\nComponents: main\n' "$1" >etc/sources.list.d/debian.sources
}
project() {
    mkdir -p "$1"
    cat >"$1/larder.toml" <<END_OF_FILE
[project]
targets = ["x64"]
[build]
$2
[recipe]
name = "copy"
[recipe.build]
commands = [["true"]]
[recipe.artifacts]
include = ["none"]
END_OF_FILE
}
# prepare VARIABLE=VALUE...: makes the image anew, as $who.
prepare() {
    [[ ! -e $store ]] || forget_store "$store"
    rm -f "$place/larder.lock"
    if [[ $who == root ]]; then
        run env "$@" "$larder" image build -C "$place"
    else
        chown -R larder-test "$place"
        run as_user env "$@" "$work/larder" image build -C "$place"
    fi
}
# What is Debian's is in the image, and no password anywhere; it is the same whatever mirror has given it.
expect_image() {
    expect_status 0
    [[ -e first.lock ]] || cp "$place/larder.lock" first.lock
    expect cmp "$place/larder.lock" first.lock
    expect grep -qF '"one:amd64=1"' "$place/larder.lock"
    ! grep -rq 'hunter' "$store" "$place" stdout stderr || fail 'a password is where it must not be'
    ! grep -rqE "127.0.0.1:|mirror.invalid" "$store"/layers/*/tree/rootfs/etc || fail 'the mirror is in the image'
}

printf '#!/bin/sh\necho %s\n' "$http" >find-proxy
chmod 755 find-proxy

for who in root user; do
    case $who in
        root) store=$LARDER_STORE place=$work/root ;;
        user) store=$work/user/store place=$work/user/project ;;
    esac
    project "$place" 'packages = ["one"]'

    say "$who: over http, beside a stranger's repository, a disc and a source that is off"
    source_list "deb $http/debian bookworm main" "deb $http/stranger bookworm main" "deb [signed-by=/etc/apt/x.gpg] http://127.0.0.1:1 bookworm main" \
        'deb cdrom:[Debian 12 _Bookworm_]/ bookworm main' '# deb http://127.0.0.1:1 bookworm main'
    prepare
    expect_image

    say "$who: by a list of mirrors, over https"
    deb822 mirror+file:///etc/apt/mirrors/debian.list
    echo "$https/debian" >etc/mirrors/debian.list
    prepare
    expect_image

    say "$who: by a proxy of apt's own settings, and by one of the environment"
    deb822 http://mirror.invalid/debian
    case $who in
        root) echo "Acquire::http::Proxy \"$http\";" ;;
        user) echo "Acquire::http::Proxy-Auto-Detect \"$work/find-proxy\";" ;;
    esac >etc/apt.conf.d/proxy
    rm -f proxied
    prepare
    expect_image
    expect test -e proxied
    rm etc/apt.conf.d/proxy
    prepare http_proxy="$http"
    expect_image

    say "$who: with a password"
    if [[ $who == root ]]; then
        source_list "deb ${https/\/\//\/\/bob:hunter%402@}/closed/debian bookworm main"
        chmod 600 etc/sources.list
    else
        source_list "deb $https/closed/debian bookworm main"
        echo "machine $https/closed login bob password hunter@2" >etc/auth.conf.d/mirror.conf
    fi
    prepare
    expect_image
    say "$who: a line of prepare sees no password, and the error says what has one"
    project "$place" 'prepare = ["apt-get update && apt-get install one"]'
    prepare
    expect_status 3
    expect_err 'error: an image cannot be prepared: `apt-get update && apt-get install one` failed with exit code 100'
    expect_err 'let Larder install by `packages = ["…"]`'
    ! grep -rq 'hunter' "$store" "$place" stdout stderr || fail 'a password is where it must not be'
    project "$place" 'packages = ["one"]'
done

say 'what the user may not read is named'
chmod 600 etc/auth.conf.d/mirror.conf
prepare
expect_status 3
expect_err 'a mirror wants a login'
expect_err 'this user cannot read /etc/apt/auth.conf.d/mirror.conf'
deb822 "$http/debian"
chmod 600 etc/sources.list.d/debian.sources
prepare
expect_status 3
expect_err '/etc/apt/sources.list.d/debian.sources is closed'
install -D -m 644 /dev/stdin user/home/.config/larder/config.toml <<<"mirror = \"$http/debian\""
prepare
expect_image

say 'a mirror that does not answer is called that; once it does, the same image is made'
who=root store=$LARDER_STORE place=$work/root
deb822 http://127.0.0.1:1/debian
echo 'Acquire::Retries "0";' >etc/apt.conf.d/retries
prepare
expect_status 3
expect_err 'a mirror cannot be reached: http://127.0.0.1:1/debian'
expect_err 'missing: debian:bookworm; 1 package: one'
refuse_err '--image host'
run "$larder" image build -C "$place" --offline
expect_err 'missing: debian:bookworm; 1 package: one; `--offline` forbids to fetch it'
project "$place" ''
prepare
expect_err "with this machine's own tools: \`--image host\`"
project "$place" 'packages = ["one"]'
deb822 "$http/debian"
good "$larder" image build -C "$place"
expect cmp "$place/larder.lock" first.lock
project "$place" 'prepare = ["apt-get update && apt-get install two"]'
good "$larder" image build -C "$place"
expect grep -qF '"two:amd64=1"' "$place/larder.lock"

say 'what cannot be installed is told by what apt and dpkg say of it'
# refused PACKAGES TEXT...
refused() {
    project "$place" "packages = [$1]"
    run "$larder" image build -C "$place"
    expect_status 3
    shift
    sed -n '/^error:/,$p' stderr >error
    for text; do grep -qF -- "$text" error || fail "the error does not say: $text"; done
}
refused '"onne", "no-such-thing", "one:arm64"' 'there is no package onne (near: one)' 'there is no package no-such-thing' \
    'there is no package one:arm64 (one is there for amd64)'
refused '"one++"' 'there is no package one++'
refused '"one", "two"' 'one : Conflicts: two'
refused '"failing"' 'there is no moon' 'error processing package failing' 'exit status 3'
printf 'Package: two\nPin: version *\nPin-Priority: -1\n' >etc/preferences.d/away
refused '"two"' "two is kept away by a pin of this machine's apt"
rm etc/preferences.d/away

say 'a shell in the image finds packages'
project "$place" 'packages = ["one"]'
good "$larder" image shell -C "$place" -- apt-cache search tw
expect_out 'two - two'

say 'a base from a registry, where the machine cannot make one'
start_registry
mkdir few
for program in /usr/bin/* /usr/sbin/*; do [[ ${program##*/} == mmdebstrap ]] || ln -sf "$program" few/; done
chmod 755 few
# A base as registries have them: with apt sources of its own, downloads thrown away, and no certificates.
cp -a "$(dirname "$(grep -l '"kind": "base"' "$LARDER_STORE"/layers/*/tree/image.json | head -n 1)")/rootfs" base
echo 'deb http://mirror.invalid/debian bookworm main' >base/etc/apt/sources.list.d/debian.list
echo 'APT::Update::Post-Invoke { "false"; };' >base/etc/apt/apt.conf.d/docker-clean
rm -f base/var/lib/dpkg/info/ca-certificates.* base/etc/dpkg/dpkg.cfg.d/* base/usr/sbin/policy-rc.d
python3 -c 'import pathlib, sys; f = pathlib.Path(sys.argv[1]); f.write_text("\n\n".join(p for p in f.read_text().split("\n\n") if "Package: ca-certificates\n" not in p))' base/var/lib/dpkg/status
pack base base.tar
push_base() { # WORD: what tells it from another
    rm -rf base-layout
    base_digest=$(layout base-layout --env PATH=/other --env "WORD=$1" base.tar)
    push base-layout library/debian:bookworm
}
push_base one
for home in home user/home; do
    install -D -m 644 /dev/stdin "$home/.config/larder/config.toml" <<<"debian_image = \"$registry/library/debian\""
done
few=PATH=$work/few
deb822 "$http/debian"
for who in root user; do
    case $who in
        root) store=$LARDER_STORE place=$work/root ;;
        user) store=$work/user/store place=$work/user/project ;;
    esac
    prepare "$few"
    expect_status 0
    expect_err "x64 | larder: debian:bookworm is taken from $registry/library/debian:bookworm: there is no program mmdebstrap"
    expect grep -qxF "source = \"$base_digest\"" "$place/larder.lock"
    expect grep -qF '"one:amd64=1"' "$place/larder.lock"
    expect grep -qF '"ca-certificates:amd64=1"' "$place/larder.lock"
    [[ -e registry.lock ]] || cp "$place/larder.lock" registry.lock
    expect cmp "$place/larder.lock" registry.lock
    ! grep -rqE "127.0.0.1:|mirror.invalid" "$store"/layers/*/tree/rootfs/etc || fail 'a mirror is in the image'
    ! ls "$store"/layers/*/tree/rootfs/etc/apt/apt.conf.d/docker-clean 2>/dev/null || fail 'what apt downloads is thrown away'
    ! grep -q '"path": "/other"' "$store"/layers/*/tree/image.json || fail 'it is not as the other base is'
done
source_list "deb $https/closed/debian bookworm main"
echo "machine $https/closed login bob password hunter@2" >etc/auth.conf.d/mirror.conf
prepare "$few"
expect_status 0
expect cmp "$place/larder.lock" registry.lock
! grep -rq 'hunter' "$store" "$place" stdout stderr || fail 'a password is where it must not be'
deb822 "$http/debian"
who=root store=$LARDER_STORE place=$work/root

say 'a machine without sources of Debian has those of the base, and is told where that has none'
cp -a base-layout one-layout
one_digest=$base_digest
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $http/debian bookworm main" >base/etc/apt/sources.list.d/debian.list
pack base base.tar
push_base own-sources
rm -rf etc/*/* etc/sources.list
prepare "$few"
expect_status 0
expect grep -qF '"one:amd64=1"' "$place/larder.lock"
rm base/etc/apt/sources.list.d/debian.list
pack base base.tar
push_base no-sources
prepare "$few"
expect_status 3
expect_err 'no apt source of this machine has packages of Debian'
expect_err '`mirror = "…"`'
push one-layout library/debian:bookworm
base_digest=$one_digest
cp registry.lock "$place/larder.lock"
deb822 "$http/debian"

say 'the lock says which base it is, whatever the machine would take'
forget_store
good "$larder" image build -C "$place" --locked
expect_err "debian:bookworm is taken from $registry/library/debian:bookworm: larder.lock pins it there"
expect cmp "$place/larder.lock" registry.lock
good "$larder" image build -C "$place" --locked --offline
rm "$place/larder.lock"
good "$larder" image build -C "$place" # as this machine makes it, although the store has the other one
expect cmp "$place/larder.lock" first.lock
good env "$few" "$larder" image build -C "$place" --locked
forget_store
run env "$few" "$larder" image build -C "$place"
expect_status 3
expect_err "larder.lock pins it as mmdebstrap makes it of Debian's packages, and there is no program mmdebstrap"
expect cmp "$place/larder.lock" first.lock
good env "$few" "$larder" image update -C "$place"
expect_out "debian:bookworm of Debian's packages → ${base_digest:7:12}"
expect cmp "$place/larder.lock" registry.lock

say 'without the keyring of Debian the one of the base counts'
forget_store
rm "$place/larder.lock" keyrings/debian-archive-keyring.gpg
good "$larder" image build -C "$place"
expect_err 'there is no /usr/share/keyrings/debian-archive-keyring.gpg'
expect cmp "$place/larder.lock" registry.lock

say 'the tag moves on: what is pinned stays, until it is updated'
good "$larder" image outdated -C "$place"
push_base two
good "$larder" image build -C "$place" --locked
run "$larder" image outdated -C "$place" --json --exit-code
expect_status 1
expect_equal "$(json '[(o["kind"], o["name"], o["newest"]) for o in data["outdated"]]')" "('base', 'debian:bookworm', '$base_digest')"
good "$larder" image update -C "$place"
expect grep -qxF "source = \"$base_digest\"" "$place/larder.lock"

say 'a registry that cannot be reached: both ways are named'
stop_registry
forget_store
rm "$place/larder.lock"
run "$larder" image build -C "$place"
expect_status 3
expect_err 'error: an image cannot be prepared: debian:bookworm'
expect_err "$registry/library/debian:bookworm has to be reached"
expect_err 'install the package debian-archive-keyring'
expect_err 'missing: debian:bookworm; 1 package: one'
expect_equal "$(grep -c '^error:' stderr)" 1
cp registry.lock "$place/larder.lock"
run "$larder" image build -C "$place"
expect_err '`larder image update` pins another base'
expect cmp "$place/larder.lock" registry.lock
