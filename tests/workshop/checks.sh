# shellcheck shell=bash
# What the stages of tests/run.sh do. Sourced by it; the current folder is the repository.

install_packages() {
  ensure_packages "${BUILD_PACKAGES[@]}" "${DEMO_PACKAGES[@]}" \
    catch2 python3 apache2-utils procps shellcheck \
    clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev
}

check_format() {
  git ls-files -z -- '*.h' '*.cpp' | xargs -0 clang-format-14 --dry-run -Werror
}

check_scripts() {
  git ls-files -z -- '*.sh' .ci/run | xargs -0 shellcheck --external-sources
}

# build PRESET [TARGET...]: without a target everything.
build() {
  # clang's and g++'s thread sanitizers want an address space that isn't shuffled too widely, and
  # the build runs the test binaries to learn their test cases.
  fixed_addresses cmake --preset "$1" -Wno-dev >/dev/null
  fixed_addresses cmake --build --preset "$1" -- -j "$(nproc)" "${@:2}"
}

run_tests() {
  local preset=$1 labels=$2
  fixed_addresses ctest --preset "$preset" -L "^($labels)\$" -j "$(nproc)" \
    --output-junit "$PWD/$RESULTS/$preset-${labels%%|*}.xml"
}

build_and_test() {
  build "$1"
  run_tests "$1" "$2"
}

# Runs the command without address space randomisation where the kernel lets us.
fixed_addresses() {
  if setarch --addr-no-randomize true 2>/dev/null; then
    setarch --addr-no-randomize "$@"
  else
    "$@"
  fi
}

# fuzz_all SECONDS: every fuzzer for so long, from its corpus; new inputs go to build/.
fuzz_all() {
  local seconds=$1 fuzzer name found
  build fuzz
  while IFS= read -r fuzzer; do
    name=$(basename "${fuzzer%_fuzzer}")
    found=build/fuzz/found/$name
    mkdir -p "$found"
    printf '%s\n' "-- $name"
    "$fuzzer" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
      -verbosity=0 -artifact_prefix="$found/" "$found" "tests/fuzz/corpus/$name"
  done < <(find build/fuzz/tests/fuzz -maxdepth 1 -name '*_fuzzer' -type f -perm -u+x | sort)
}
