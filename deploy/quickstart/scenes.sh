# shellcheck shell=bash
# What the quickstart shows: pods, commands, and what must come of them. Sourced by
# deploy/quickstart.sh.

# The manifests, the policy and the configuration, with the registry's real port in them.
prepare_run_folder() {
  local file
  mkdir -p "$RUN/pods"
  for file in policy.yaml leangate.yaml pods/{single-stage,multi-stage,large,two-platforms}.json; do
    sed "s/127\.0\.0\.1:15000/$REGISTRY/g" "$QUICKSTART/$file" >"$RUN/$file"
  done
  make_certificate
}

# Compressed sizes as the registry has them.
print_sizes() {
  local tag
  for tag in library/debian:12 library/debian:12-slim ml/sentiment:{single-stage,multi-stage,large}; do
    skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/$tag" |
      jq --raw-output --arg image "$REGISTRY/$tag" '
        "\([.layers[].size] | add / 1048576 * 10 | round / 10) MiB\t\(.layers | length) layers\t\($image)"'
  done
}

play_admission() {
  apply single-stage
  expect_denied
  expect_message 'total-size: [0-9.]+ MiB compressed' 'limit of 120 MiB' 'Layer [0-9]+ of [0-9]+' \
    'RUN apt-get update && apt-get install' 'slim-base: .*library/debian:12' 'proven by its layers' \
    'Fix: ' 'Policy quickstart'

  apply multi-stage
  expect_allowed

  apply large
  expect_denied
  expect_message 'total-size: ' 'layer-size: ' '100 MiB|100\.[0-9]+ MiB' 'made by several instructions at once'

  apply two-platforms
  expect_denied
  expect_message 'ml/weights:1.0' 'linux/arm64' 'layer-size: '
}

play_command_line() {
  local flags=(--plain-http "$REGISTRY" --policies policy.yaml)
  expect_exit 1 check "${flags[@]}" "$REGISTRY/ml/sentiment:single-stage"
  expect_exit 0 check "${flags[@]}" "$REGISTRY/ml/sentiment:multi-stage"
  expect_exit 1 check "${flags[@]}" "$REGISTRY/ml/sentiment:large"
  expect_exit 1 check "${flags[@]}" --platform all -f pods/two-platforms.json
  expect_exit 0 inspect --plain-http "$REGISTRY" "$REGISTRY/ml/sentiment:single-stage"
  expect_exit 0 inspect --plain-http "$REGISTRY" "$REGISTRY/ml/sentiment:multi-stage"
  expect_exit 0 inspect --plain-http "$REGISTRY" --platform all "$REGISTRY/ml/weights:1.0"
}

play_dry_run() {
  apply single-stage
  expect_allowed
  expect "the audit annotation would-deny" '.response.auditAnnotations | has("would-deny")'
  jq --raw-output '.response.auditAnnotations | to_entries[] | "audit: \(.key)=\(.value)"' \
    <<<"$ANSWER"
}

print_what_to_try() {
  cat <<TEXT

Still running: the registry (process $REGISTRY_PID) and the webhook (process $WEBHOOK_PID).

  cd $RUN
  $LEANGATE inspect --plain-http $REGISTRY $REGISTRY/ml/sentiment:large
  $LEANGATE check --output json --plain-http $REGISTRY --policies policy.yaml $REGISTRY/ml/sentiment:large
  curl http://127.0.0.1:$OPERATIONS_PORT/metrics
  buildah push --tls-verify=false YOUR_IMAGE docker://$REGISTRY/YOUR_IMAGE

Stop both with: kill $WEBHOOK_PID $REGISTRY_PID; rm -r $RUN
TEXT
}
