#!/usr/bin/env bash
# Where the commit and the day of `larder --version` come from: never from the clock or the machine.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_program cmake git

mkdir -p project/src/cli
cp "$repository/src/cli/commit.txt" project/src/cli/
cp "$repository/.gitattributes" project/
export GIT_AUTHOR_DATE='@1700000000 +0900' GIT_COMMITTER_DATE='@1700000000 +0900'
git -C project init --quiet
git -C project add .
git -C project commit --quiet -m first
commit=$(git -C project rev-parse HEAD)
short=${commit:0:12}

# version FOLDER [OPTION...]: what a build of FOLDER would say.
version() {
    local folder=$1
    shift
    cmake "-DOUT=$work/version.cpp" "-DSOURCE=$folder" -DVERSION=1.2 "$@" -P "$repository/src/cli/version.cmake"
    sed -n 's/.*return "\(.*\)".*/\1/p' version.cpp
}

say 'from git, also where only the time zone differs'
expect_equal "$(version project)" "larder 1.2 ($short 2023-11-14)"
expect_equal "$(TZ=Asia/Tokyo SOURCE_DATE_EPOCH=5 version project)" "larder 1.2 ($short 2023-11-14)"

say 'what has not changed is not written again'
touch -d @1000 version.cpp
version project >/dev/null
expect_equal "$(stat -c %Y version.cpp)" 1000

say 'with changes'
echo >>project/.gitattributes
expect_equal "$(version project)" "larder 1.2 ($short+changes 2023-11-14)"
git -C project checkout --quiet .
touch project/untracked
expect_equal "$(version project)" "larder 1.2 ($short 2023-11-14)"

say 'from an archive of git, also in the folder of another repository'
mkdir project/below
git -C project archive HEAD | tar -x -C project/below
expect_equal "$(version project/below)" "larder 1.2 ($short 2023-11-14)"

say 'from options and the environment'
rm -rf project/below/src
expect_equal "$(version project/below "-DCOMMIT=$commit" -DTIME=86400)" "larder 1.2 ($short 1970-01-02)"
expect_equal "$(SOURCE_DATE_EPOCH=172800 version project/below "-DCOMMIT=$commit")" "larder 1.2 ($short 1970-01-03)"
expect_equal "$(SOURCE_DATE_EPOCH=172800 version project/below)" 'larder 1.2 (1970-01-03)'

say 'from nowhere'
expect_equal "$(version project/below)" 'larder 1.2'
cp "$repository/src/cli/commit.txt" project/below/
expect_equal "$(version project/below)" 'larder 1.2'
mkdir -p broken/.git broken/src/cli
expect_equal "$(version broken)" 'larder 1.2'
