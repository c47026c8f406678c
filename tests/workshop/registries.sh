#!/usr/bin/env bash
# Builds into build/go/bin the registries that the tests read beside Debian's docker-registry:
# distribution's current release, olareg, and the token server that distribution comes with. Their
# versions and hashes stand in registries/go.mod and go.sum; they are built when that changes.
#
# Where there is no Go, or the modules can't be had, it says so and succeeds: the tests that need
# them are skipped, and say so as well.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/registries"
readonly BIN=../../../build/go/bin
readonly PATIENCE=600 # seconds; 2 cores need 150 for all of it

skip() {
  echo "skipped: $1; the tests of these registries are skipped"
  exit 0
}

stamp=$(cat go.mod go.sum distribution/main.go | sha256sum)
if [[ -f $BIN/stamp && $(<"$BIN/stamp") == "$stamp" ]]; then
  echo "there already: distribution olareg token-server"
  exit 0
fi
command -v go >/dev/null || skip "there is no Go here"
rm -rf "$BIN"
mkdir -p "$BIN"
if ! log=$(GOFLAGS=-buildvcs=false timeout "$PATIENCE" go build -o "$BIN/" ./distribution \
  github.com/docker/distribution/contrib/token-server github.com/olareg/olareg/cmd/olareg 2>&1); then
  rm -rf "$BIN"
  skip "go build: ${log##*$'\n'}"
fi
echo "$stamp" >"$BIN/stamp"
echo "built: distribution olareg token-server"
