#!/usr/bin/env bash
# A pipeline tells a verdict (1) from its own mistake (2) and from a lookup that failed (3) by the exit
# status alone. LEANGATE_BINARY is the binary.
set -euo pipefail

failures=0

# exits STATUS ARGUMENT...
exits() {
  local expected=$1 status=0
  shift
  "$LEANGATE_BINARY" "$@" >/dev/null 2>&1 </dev/null || status=$?
  if [[ $status -ne $expected ]]; then
    echo "leangate $*: exit status $status, expected $expected"
    failures=$((failures + 1))
  fi
}

exits 0 --help
exits 0 version
exits 0 rules
exits 0 policy show builtin:baseline
for command in serve check inspect rules policy version; do
  exits 0 "$command" --help
done

exits 2
exits 2 no-such-command
exits 2 check
exits 2 check --no-such-flag image
exits 2 check --fail-on never image
exits 2 check --policies builtin:no-such-policy image
exits 2 check --policies /no/such/file image
exits 2 serve --config /no/such/file
exits 2 serve --enforcement Perhaps
exits 2 inspect
exits 2 policy show builtin:no-such-policy
exits 2 policy validate /no/such/file

# Nobody listens on the discard port of this machine.
exits 3 check --plain-http 127.0.0.1:9 127.0.0.1:9/no/such:image

[[ $failures -eq 0 ]]
