# shellcheck shell=bash
# Starts and stops the registry and the webhook. Sourced by deploy/quickstart.sh.

REGISTRY_PID=""
WEBHOOK_PID=""
WEBHOOK_NAME=leangate.leangate.svc # as an API server calls it: <service>.<namespace>.svc

# free_port FIRST: the first loopback port from there on that nobody listens on.
free_port() {
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    port=$((port + 1))
  done
  echo "$port"
}

# wait_for WHAT PID COMMAND...: until the command succeeds; fails when the process ends before.
wait_for() {
  local what=$1 pid=$2 tries
  shift 2
  for ((tries = 0; tries < 100; ++tries)); do
    if "$@" >/dev/null 2>&1; then
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "$what did not start; its log ends with:" >&2
  tail -n 20 "$RUN/$what.log" >&2
  return 1
}

# start_registry DATA: sets REGISTRY, its host and port.
start_registry() {
  local data=$1
  mkdir -p "$data"
  REGISTRY=127.0.0.1:$(free_port 15000)
  cat >"$RUN/registry.yaml" <<YAML
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: "$data"}}
http: {addr: "$REGISTRY"}
YAML
  docker-registry serve "$RUN/registry.yaml" >"$RUN/registry.log" 2>&1 </dev/null &
  REGISTRY_PID=$!
  wait_for registry "$REGISTRY_PID" curl --fail --silent "http://$REGISTRY/v2/"
}

# Writes the certificate that the service would have in a cluster.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -keyout "$RUN/tls.key" -out "$RUN/tls.crt" -subj "/CN=$WEBHOOK_NAME" \
    -addext "subjectAltName=DNS:$WEBHOOK_NAME" 2>/dev/null
}

# start_webhook FLAG...: sets WEBHOOK_PORT and OPERATIONS_PORT.
start_webhook() {
  WEBHOOK_PORT=$(free_port 10250)
  OPERATIONS_PORT=$(free_port 18080)
  "$LEANGATE" serve --config "$RUN/leangate.yaml" --policies "$RUN/policy.yaml" \
    --listen "127.0.0.1:$WEBHOOK_PORT" --ops-listen "127.0.0.1:$OPERATIONS_PORT" \
    --tls-cert "$RUN/tls.crt" --tls-key "$RUN/tls.key" "$@" >"$RUN/webhook.log" 2>&1 </dev/null &
  WEBHOOK_PID=$!
  wait_for webhook "$WEBHOOK_PID" curl --fail --silent "http://127.0.0.1:$OPERATIONS_PORT/readyz"
}

stop_webhook() {
  stop_process "$WEBHOOK_PID"
  WEBHOOK_PID=""
}

stop_registry() {
  stop_process "$REGISTRY_PID"
  REGISTRY_PID=""
}

stop_process() {
  if [[ -n $1 ]] && kill -TERM "$1" 2>/dev/null; then
    wait "$1" 2>/dev/null || true
  fi
}
