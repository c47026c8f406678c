#!/usr/bin/env bash
# leangate on one machine, with real images: builds it, fills a registry, runs the webhook on it,
# sends pods as an API server would, and compares every verdict with the expected one.
#
#   deploy/quickstart.sh [--keep]
#
# --keep leaves registry and webhook running and says what to try next.
#
# Needs Debian 12 with root or sudo, and nothing but Debian's packages. The images are built once and
# kept under ${XDG_CACHE_HOME:-$HOME/.cache}/leangate/quickstart. LEANGATE_BINARY names a leangate
# that is already built.
# shellcheck source-path=SCRIPTDIR/..
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
QUICKSTART=$PWD/deploy/quickstart
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/leangate/quickstart
LEANGATE=${LEANGATE_BINARY:-$PWD/build/release/leangate}
source deploy/packages.sh
source deploy/quickstart/servers.sh
source deploy/quickstart/images.sh
source deploy/quickstart/reviews.sh
source deploy/quickstart/scenes.sh

keep=no
case "${1-}" in
  "") ;;
  --keep) keep=yes ;;
  -h | --help)
    sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' deploy/quickstart.sh
    exit 0
    ;;
  *)
    echo "usage: deploy/quickstart.sh [--keep]" >&2
    exit 2
    ;;
esac

RUN=$(mktemp -d "${TMPDIR:-/tmp}/leangate-quickstart.XXXXXX")
clean_up() {
  set +e # as far as it goes, whatever fails on the way
  stop_webhook
  stop_registry
  drop_workspace
  rm -rf -- "$RUN"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

title() {
  printf '\n---- %s\n' "$*"
}

title "leangate"
ensure_packages "${DEMO_PACKAGES[@]}"
if [[ -z ${LEANGATE_BINARY-} ]]; then
  ensure_packages "${BUILD_PACKAGES[@]}"
  cmake --preset release -Wno-dev >/dev/null
  cmake --build --preset release
fi
"$LEANGATE" version

title "images"
data=$CACHE/registry-$(images_key)
ensure_images "$data"
start_registry "$data"
prepare_run_folder
print_sizes

title "the webhook on 127.0.0.1, with the policy deploy/quickstart/policy.yaml"
start_webhook
play_admission
title "the same from the command line"
play_command_line

if [[ $keep == no ]]; then
  stop_webhook
  title "dry run: nobody notices, everything is recorded"
  start_webhook --enforcement DryRun
  play_dry_run
fi

if [[ $MISTAKES -ne 0 ]]; then
  printf '\n%d unexpected results\n' "$MISTAKES" >&2
  exit 1
fi
printf '\nEvery verdict was the expected one.\n'
if [[ $keep == yes ]]; then
  print_what_to_try
  trap - EXIT
fi
