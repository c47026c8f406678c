# shellcheck shell=bash
# Runs the stages of tests/run.sh one after the other, times them, and ends with a table and the
# totals. Sourced by tests/run.sh.

readonly RESULTS=build/results # ctest's JUnit files
stage_rows=()
stage_group=""

# run_stage NAME COMMAND...: a stage that fails ends the run.
run_stage() {
  local name=$1 started=$SECONDS status=0
  shift
  printf '\n==== %s\n' "$name"
  # A process group of its own: whatever the stage starts can be found again and ended.
  set -m
  "$@" </dev/null &
  set +m
  stage_group=$!
  wait "$stage_group" || status=$?
  if end_group "$stage_group" && [[ $status -eq 0 ]]; then
    echo "stage $name left processes behind" >&2
    status=1
  fi
  stage_group=""
  add_row "$name" "$((SECONDS - started))" "$status"
  if [[ $status -ne 0 ]]; then
    finish 1
  fi
}

# Ends every process of the group; fails when there was none.
end_group() {
  kill -TERM -- "-$1" 2>/dev/null || return 1
  local tries
  for ((tries = 0; tries < 50; ++tries)); do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}

add_row() {
  local verdict=ok
  if [[ $3 -ne 0 ]]; then
    verdict="FAILED ($3)"
  fi
  stage_rows+=("$(printf '%-12s %4d:%02d  %s' "$1" "$(($2 / 60))" "$(($2 % 60))" "$verdict")")
}

leave_out() {
  stage_rows+=("$(printf '%-12s %7s  left out: %s' "$1" - "$2")")
}

# Prints the table and, last and alone on its line, the totals; exits.
finish() {
  local status=$1
  trap - EXIT
  printf '\n%-12s %7s  %s\n' stage m:ss result
  printf '%s\n' "${stage_rows[@]}"
  python3 "${BASH_SOURCE[0]%/*}/totals.py" "$status" "$RESULTS"/*.xml || status=1
  exit "$status"
}

# For the EXIT trap: an interrupted run ends its stage, and never looks like a passed one.
interrupted() {
  if [[ -n $stage_group ]]; then
    end_group "$stage_group" || true
  fi
  echo "interrupted" >&2
  finish 1
}
