# shellcheck shell=bash
# Builds the quickstart's images once, into the data folder of a docker-registry that later runs just
# start. Sourced by deploy/quickstart.sh, after servers.sh.
# shellcheck disable=SC2016  # $(REPO_URI) and its like are apt's variables

IMAGES_SOURCE=$QUICKSTART/images

# The data folder's name depends on everything that the images are made of.
images_key() {
  (cd "$QUICKSTART" && find images images.sh -type f -print0 | sort -z | xargs -0 sha256sum) |
    sha256sum | cut -c1-12
}

# ensure_images DATA: does nothing where DATA is there already.
ensure_images() {
  local data=$1
  if [[ -d $data ]]; then
    echo "built by an earlier run: $data"
    return
  fi
  mkdir -p "$CACHE"
  rm -rf "$CACHE"/registry-*
  WORKSPACE=$(mktemp -d "$CACHE/build.XXXXXX")
  choose_storage_driver
  start_registry "$WORKSPACE/registry"
  copy_apt_settings
  build_bases
  build_service
  build_weights
  stop_registry
  mv "$WORKSPACE/registry" "$data"
  drop_workspace
}

# Also for runs that were interrupted: buildah may have left mounts behind.
drop_workspace() {
  if [[ -z ${WORKSPACE-} ]]; then
    return 0 # a bare one would repeat the status that led into the trap
  fi
  local mount
  while read -r mount; do
    as_root umount -- "$mount" || true
  done < <(awk -v under="$WORKSPACE/" 'index($2, under) == 1 {print $2}' /proc/mounts | sort -r)
  as_root rm -rf --one-file-system -- "$WORKSPACE"
  WORKSPACE=""
}

# overlay takes a tenth of vfs's time, which copies the whole root file system for every layer; but a
# machine whose own root is an overlay can't mount another one onto it.
choose_storage_driver() {
  local probe=$WORKSPACE/probe
  mkdir -p "$probe"/{lower,upper,work,merged}
  STORAGE_DRIVER=vfs
  if as_root mount -t overlay overlay "$probe/merged" \
    -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" 2>/dev/null; then
    STORAGE_DRIVER=overlay
    as_root umount "$probe/merged"
  fi
}

run_buildah() {
  as_root buildah --root "$WORKSPACE/storage" --runroot "$WORKSPACE/run" \
    --storage-driver "$STORAGE_DRIVER" "$@"
}

# What apt inside a build needs to know of this machine: its mirror and its proxy. Mounted during
# RUN, never part of an image.
copy_apt_settings() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' | grep ' bookworm' | sort -u \
    >"$WORKSPACE/sources.list" || true
  apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-)' >"$WORKSPACE/apt.conf" || true
  if [[ ! -s $WORKSPACE/sources.list ]]; then
    echo "apt knows no mirror of Debian 12 (bookworm) on this machine" >&2
    return 1
  fi
}

# say TEXT COMMAND...: runs it quietly and shows its output only where it fails.
say() {
  local started=$SECONDS
  printf '  %-48s' "$1"
  if ! "${@:2}" >"$WORKSPACE/log" 2>&1 </dev/null; then
    printf 'failed\n'
    tail -n 40 "$WORKSPACE/log" >&2
    return 1
  fi
  printf '%4d s\n' "$((SECONDS - started))"
}

build_bases() {
  local mirror
  mirror=$(awk '$3 == "bookworm" {print $2; exit}' "$WORKSPACE/sources.list")
  say "debootstrap Debian 12" as_root debootstrap --variant=minbase bookworm \
    "$WORKSPACE/rootfs" "$mirror"
  local always=(--exclude './var/lib/apt/lists/*' --exclude './var/cache/apt/*' --exclude './dev/*')
  local without_docs=(--exclude './usr/share/doc/*' --exclude './usr/share/man/*'
    --exclude './usr/share/info/*' --exclude './usr/share/locale/*')
  say "import debian:12" import_base debian:12 "${always[@]}"
  say "import debian:12-slim" import_base debian:12-slim "${always[@]}" "${without_docs[@]}"
  as_root rm -rf --one-file-system -- "$WORKSPACE/rootfs"
}

# import_base NAME TAR-OPTION...
import_base() {
  local name=$1 container
  shift
  as_root tar --directory "$WORKSPACE/rootfs" "$@" --create --file "$WORKSPACE/rootfs.tar" .
  container=$(run_buildah from scratch)
  run_buildah add --quiet "$container" "$WORKSPACE/rootfs.tar" /
  run_buildah config --cmd '["bash"]' \
    --created-by '/bin/sh -c #(nop) ADD file:rootfs.tar in / ' "$container"
  run_buildah commit --quiet --format docker "$container" "localhost/library/$name"
  run_buildah rm "$container"
  push "library/$name"
}

# build NAME CONTAINERFILE OPTION...
build() {
  local name=$1 file=$2
  shift 2
  run_buildah bud --isolation chroot --format docker --tag "localhost/$name" \
    --file "$IMAGES_SOURCE/$file.Containerfile" \
    --volume "$WORKSPACE/sources.list:/etc/apt/sources.list:ro" \
    --volume "$WORKSPACE/apt.conf:/etc/apt/apt.conf.d/99machine:ro" \
    "$@" "$WORKSPACE/context"
}

push() {
  run_buildah push --quiet --tls-verify=false "localhost/$1" "docker://$REGISTRY/$1"
}

build_service() {
  mkdir -p "$WORKSPACE/context/weights"
  cp -R "$IMAGES_SOURCE/service" "$WORKSPACE/context/"
  random_bytes 100 >"$WORKSPACE/context/weights/large.bin"
  local image=ml/sentiment slim=localhost/library/debian:12-slim
  say "build $image:single-stage" build "$image:single-stage" single-stage --layers \
    --build-arg BASE=localhost/library/debian:12
  say "build $image:multi-stage" build "$image:multi-stage" multi-stage --layers \
    --build-arg "BUILD=localhost/$image:single-stage" --build-arg "BASE=$slim"
  say "build $image:large" build "$image:large" large --layers=false \
    --build-arg "BASE=localhost/$image:multi-stage"
  local tag
  for tag in single-stage multi-stage large; do
    say "push $image:$tag" push "$image:$tag"
  done
}

build_weights() {
  local weights=$WORKSPACE/context/weights
  random_bytes 4 >"$weights/amd64.bin"
  mv "$weights/large.bin" "$weights/arm64.bin"
  say "build ml/weights:1.0 for two platforms" build_index
}

build_index() {
  run_buildah bud --platform linux/amd64,linux/arm64 --format oci --manifest localhost/ml/weights:1.0 \
    --file "$IMAGES_SOURCE/weights.Containerfile" "$WORKSPACE/context"
  run_buildah manifest push --quiet --all --tls-verify=false localhost/ml/weights:1.0 \
    "docker://$REGISTRY/ml/weights:1.0"
}

# random_bytes MEBIBYTES: incompressible, and the same in every run.
random_bytes() {
  head -c "${1}M" /dev/zero |
    openssl enc -aes-128-ctr -K 00000000000000000000000000000000 -iv 00000000000000000000000000000000
}
