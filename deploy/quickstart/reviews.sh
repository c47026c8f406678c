# shellcheck shell=bash
# Sends pods to the webhook as an API server does, prints what kubectl would print, and compares with
# what is expected. Sourced by deploy/quickstart.sh.
# shellcheck disable=SC2016  # $argument is jq's variable

MISTAKES=0
ANSWER="" # the last AdmissionReview that came back

# apply POD: POD names a manifest in pods/.
apply() {
  local manifest=$RUN/pods/$1.json uid
  uid=$(cat /proc/sys/kernel/random/uuid)
  printf '\n$ kubectl apply -f %s.json\n' "$1"
  jq --arg uid "$uid" --arg now "$(date -u +%Y-%m-%dT%H:%M:%SZ)" -f "$QUICKSTART/review.jq" \
    "$manifest" >"$RUN/review.json"
  ANSWER=$(curl --silent --show-error --fail --cacert "$RUN/tls.crt" \
    --resolve "$WEBHOOK_NAME:$WEBHOOK_PORT:127.0.0.1" \
    --header 'Content-Type: application/json' --header 'Accept: application/json, */*' \
    --user-agent kube-apiserver-admission --data-binary @"$RUN/review.json" \
    "https://$WEBHOOK_NAME:$WEBHOOK_PORT/validate?timeout=10s")
  print_as_kubectl "$1"
  expect "the review's uid" '.response.uid == $argument' "$uid"
}

print_as_kubectl() {
  jq --raw-output --arg file "$1" '
    (.response.warnings // [] | map("Warning: " + .)[]),
    if .response.allowed then "pod/\($file) created"
    else
      "Error from server (\(.response.status.reason)): error when creating \"\($file).json\": "
      + "admission webhook \"pods.validate.leangate.io\" denied the request: "
      + .response.status.message
    end' <<<"$ANSWER"
}

# expect WHAT FILTER [ARGUMENT]: the jq filter must hold for the last answer.
expect() {
  if ! jq --exit-status --arg argument "${3-}" "$2" <<<"$ANSWER" >/dev/null; then
    mistake "$1"
  fi
}

mistake() {
  echo "UNEXPECTED: not so: $1" >&2
  MISTAKES=$((MISTAKES + 1))
}

expect_denied() {
  expect "it is denied" '.response.allowed == false and .response.status.code == 403'
}

expect_allowed() {
  expect "it is allowed" '.response.allowed == true'
  expect "it is allowed without a warning" '.response.warnings // [] == []'
}

# expect_message TEXT...: the denial holds every one of these regular expressions.
expect_message() {
  local pattern
  for pattern in "$@"; do
    expect "the message matches /$pattern/" '.response.status.message // "" | test($argument)' \
      "$pattern"
  done
}

# expect_exit STATUS COMMAND...: shows the command as the user would type it, and runs it.
expect_exit() {
  local expected=$1 status=0
  shift
  printf '\n$ leangate %s\n' "${*//$RUN\//}"
  (cd "$RUN" && "$LEANGATE" "$@") || status=$?
  if [[ $status -ne $expected ]]; then
    mistake "exit status $expected (it is $status)"
  fi
}
