#!/usr/bin/env bash
# Everything CI runs, and the same on a developer's machine.
#
#   tests/run.sh [--quick | --full]
#
# --quick leaves out what takes minutes: sanitizers, clang-tidy, the quickstart.
# --full adds what would take a run over an hour: clang-tidy over the tests, a minute of every fuzzer.
#
# Installs what is missing (Debian 12; root or sudo), stops at the first stage that fails, prints the
# time of each and ends with one line: "N passed, N failed, N skipped".
# shellcheck source-path=SCRIPTDIR/..
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/packages.sh
source tests/workshop/stages.sh
source tests/workshop/checks.sh

mode=default
case "${1-}" in
  "") ;;
  --quick | --full) mode=${1#--} ;;
  -h | --help)
    sed -n '2,/^# shellcheck/{/^# shellcheck/d;s/^# \{0,1\}//;p}' tests/run.sh
    exit 0
    ;;
  *)
    echo "usage: tests/run.sh [--quick | --full]" >&2
    exit 2
    ;;
esac

if [[ $EUID -ne 0 && -t 0 ]]; then
  sudo --validate # now, while there is somebody to ask: stages have no terminal
fi
rm -rf "$RESULTS"
mkdir -p "$RESULTS"
trap interrupted EXIT
trap 'exit 130' INT TERM HUP

run_stage packages install_packages
run_stage format check_format
run_stage shellcheck check_scripts
run_stage registries tests/workshop/registries.sh
run_stage dev build_and_test dev 'unit|golden|integration|fuzz'
if [[ $mode == quick ]]; then
  for stage in asan tsan tidy quickstart e2e; do
    leave_out "$stage" --quick
  done
else
  run_stage asan build_and_test asan 'unit|golden|integration|fuzz'
  run_stage tsan build_and_test tsan 'unit|golden|integration'
  run_stage tidy build tidy leangate
  run_stage quickstart deploy/quickstart.sh
  run_stage e2e run_tests dev e2e
fi
if [[ $mode == full ]]; then
  run_stage tidy-tests build tidy
  run_stage fuzz fuzz_all 60
else
  leave_out tidy-tests "clang-tidy over the tests is for --full"
  leave_out fuzz "minutes of fuzzing are for --full"
fi
finish 0
