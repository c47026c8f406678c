# shellcheck shell=bash
# Debian 12's packages that leangate is built, tested and shown with, and how they get installed.
# Sourced by deploy/quickstart.sh and tests/run.sh.

# shellcheck disable=SC2034  # read by those who source this file
BUILD_PACKAGES=(
  g++ cmake ninja-build ccache pkg-config git ca-certificates
  libcpp-httplib-dev libssl-dev libcurl4-openssl-dev nlohmann-json3-dev libspdlog-dev libfmt-dev
  libyaml-cpp-dev libtomlplusplus-dev libcli11-dev prometheus-cpp-dev libsqlite3-dev
  zlib1g-dev
)

# shellcheck disable=SC2034
DEMO_PACKAGES=(docker-registry buildah skopeo debootstrap openssl curl jq)

# Runs a command as root: directly, or through sudo, which asks for a password only at a terminal.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif [[ -t 0 ]]; then
    sudo -- "$@"
  else
    sudo --non-interactive -- "$@"
  fi
}

# Prints those of the packages that are not installed, one a line.
missing_packages() {
  local package
  for package in "$@"; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      printf '%s\n' "$package"
    fi
  done
}

# Installs what is missing; asks the network for nothing where everything is there.
ensure_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [[ ${#missing[@]} -eq 0 ]]; then
    return
  fi
  printf 'installing: %s\n' "${missing[*]}"
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
}
