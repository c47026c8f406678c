#include "policy/rule_catalogue.h"

#include <algorithm>
#include <array>

namespace leangate::policy {
namespace {

// Ids of one family: SZ size and shape, BA base image, CF config, RF reference, PL platforms, EV
// evidence. Numbers are never used a second time.
constexpr std::array kCatalogue{
    CheckDescription{
        "TotalCompressedSize",
        "SZ-001",
        "size",
        "size.maxCompressed",
        Evidence::Manifest,
        "The image is larger than allowed",
        "Every node that starts the pod pulls and unpacks these bytes: they are start-up time, "
        "scale-out time, registry traffic and disk. A python:3.13 image is 413 MB compressed, its "
        "-slim variant 43 MB, and a CUDA devel image several gigabytes.",
        "Counted are the layer blobs of the judged platform as they are pulled, not what they "
        "unpack to. Layers that a node already has from another image are counted all the same; "
        "attestations in the index are not.",
        "Build in a stage of its own and copy the virtual environment or the program into a slim "
        "final "
        "stage; install with pip --no-cache-dir; take CPU wheels where there is no GPU; mount "
        "model "
        "weights instead of copying them."},
    CheckDescription{
        "LayerCompressedSize",
        "SZ-002",
        "size",
        "size.maxLayerCompressed",
        Evidence::Manifest,
        "One layer is larger than allowed",
        "A node fetches layers in parallel and each in one piece: the largest one decides how long "
        "the pull takes, and a change in one file of it sends all of it again.",
        "The size is proven, the instruction that is named comes from the history. It is named "
        "only "
        "where as many entries make layers as there are layers; images that buildah committed at "
        "once have one layer for all instructions, and the message says so.",
        "Clean up in the RUN that made the mess, split weights and data out of the image, and keep "
        "what changes rarely in layers of its own."},
    CheckDescription{
        "LayerCount",
        "SZ-003",
        "layers",
        "layers.max",
        Evidence::Manifest,
        "The image has more layers than allowed",
        "Each layer costs a request, an unpacking and a directory of the overlay; files deleted in "
        "a later layer stay in the image. Runtimes give up at about 128.",
        "Only the number is judged. Many small layers that other images share can be the better "
        "image: give generous limits.",
        "Join RUN instructions that belong together, or copy the result of the build into a final "
        "stage."},
    CheckDescription{
        "LayerMediaType",
        "SZ-009",
        "layers",
        "layers.denyMediaTypes",
        Evidence::Manifest,
        "A layer is of a denied make",
        "Uncompressed layers cost traffic, foreign (non-distributable) ones come from servers that "
        "no registry policy sees, encrypted and nydus ones need nodes that can read them.",
        "Compared is the media type as the manifest states it, letter by letter. Some builders "
        "write the type of another compression than they used: the bytes aren't looked at.",
        "Push the image again with ordinary compressed layers (buildx: compression=zstd,"
        "force-compression=true)."},
    CheckDescription{
        "BaseDenied",
        "BA-001",
        "base",
        "base.deny",
        Evidence::Manifest,
        "The image is built on a denied base",
        "The base decides most of an image's size and all of its patches. A full operating system, "
        "a -devel or a retired one in a final stage is the most common reason for fat images.",
        "Proven when the image begins with all layers of a base that leangate knows: every base "
        "that a policy or the configuration names without a wildcard is known. Else the base "
        "annotation counts, which whoever built the image wrote or inherited; it denies all the "
        "same. A base proven by its layers may have any amount of other things on top.",
        "Start the final stage from a base that is allowed."},
    CheckDescription{
        "BaseAllowed",
        "BA-001",
        "base",
        "base.allow",
        Evidence::Manifest,
        "The image is built on a base that isn't allowed",
        "A short list of bases is patched once, cached on every node, and pulled once.",
        "As for BaseDenied. A base that goes by several names is allowed by any of them. Without "
        "evidence of a base nothing is found unless base.unknown is Fail: see BaseUnknown.",
        "Start the final stage from a base that is allowed."},
    CheckDescription{
        "BaseUnknown",
        "BA-007",
        "base",
        "base.unknown",
        Evidence::Manifest,
        "Nothing tells what the image is built on",
        "A list of allowed bases says nothing about images whose base can't be told. With "
        "base.unknown: Fail they are findings, with Skip a note, with Pass nothing.",
        "BuildKit, kaniko and jib write no base annotation: their images are only recognised by "
        "the layers of known bases. Squashed images are never recognised.",
        "Name the base in the annotation org.opencontainers.image.base.name (buildah does, buildx "
        "takes --annotation), or have its reference added to baseImages of the configuration."},
    CheckDescription{
        "RootUser",
        "CF-001",
        "config",
        "config.denyRootUser",
        Evidence::Config,
        "The image runs as root unless the pod says otherwise",
        "A process that isn't root can't use most ways out of a container, and needs no package "
        "manager and no build tools: lean images go together with plain users.",
        "Judged is the image, not the pod: a runAsUser of the pod or the container isn't looked "
        "at, and neither is /etc/passwd, where another name may have the id 0. Windows images "
        "can't be judged.",
        "End the Dockerfile with USER and a numeric id (USER 65532:65532); a distroless base has a "
        "nonroot variant."},
    CheckDescription{
        "RequiredLabel",
        "CF-002",
        "config",
        "config.requireLabels",
        Evidence::Config,
        "The image lacks a label",
        "Labels such as org.opencontainers.image.source tell whom to ask about an image, and from "
        "what it was built.",
        "The labels of the config count, the annotations of the manifest don't. A label without a "
        "value counts as absent; a base image's labels are inherited and count.",
        "Set it in the Dockerfile (LABEL) or when building (docker build --label)."},
    CheckDescription{
        "ConfigUnknown",
        "CF-003",
        "config",
        "config.unknown",
        Evidence::Config,
        "The image has no config that could be judged",
        "OCI artifacts, as image volumes mount them, have no user and no labels.",
        "Found only with config.unknown: Fail; Skip leaves a note, Pass nothing.",
        "Leave artifacts out of the rule with match.containerTypes, or build an image."},
    CheckDescription{
        "DigestRequired",
        "RF-001",
        "reference",
        "reference.requireDigest",
        Evidence::Pod,
        "The pod doesn't name its image by digest",
        "A tag can move: what was judged, tested and signed yesterday isn't what is pulled "
        "tomorrow, and two replicas can run two images.",
        "The text of the reference is proven. Nothing is asked of the registry.",
        "Name the image as NAME@sha256:... ; most delivery tools resolve tags when they deploy."},
    CheckDescription{
        "DeniedTag",
        "RF-002",
        "reference",
        "reference.denyTags",
        Evidence::Pod,
        "The pod names its image by a denied tag",
        "latest, main and dev name whatever was pushed last.",
        "A name with neither tag nor digest means latest. Beside a digest a tag means nothing and "
        "isn't judged.",
        "Use the tag of a release, or better its digest."},
    CheckDescription{
        "RegistryAllowed",
        "RF-003",
        "reference",
        "reference.allowRegistries",
        Evidence::Pod,
        "The image comes from a registry that isn't allowed",
        "Mirrors near the cluster are faster, survive the outage of others and have no rate limit.",
        "Compared is the host with its port after normalisation: python means docker.io. A "
        "runtime's own mirror configuration isn't seen.",
        "Push or mirror the image to an allowed registry and name it there."},
    CheckDescription{
        "RequiredPlatform",
        "PL-001",
        "platforms",
        "platforms.required",
        Evidence::Manifest,
        "The image isn't built for a platform of the cluster",
        "A pod that lands on a node of another architecture fails with \"exec format error\", "
        "often "
        "only when the cluster scales.",
        "Judged is what the index offers, or the config of a single image says. A required "
        "platform "
        "without variant is met by any variant.",
        "Build for all of them: docker buildx build --platform linux/amd64,linux/arm64."},
    CheckDescription{
        "LookupFailed",
        "EV-006",
        "any",
        "failurePolicy",
        Evidence::Manifest,
        "The image could not be looked up",
        "Registry unreachable, refused, timed out or unreadable: nothing is known, so nothing can "
        "be judged. failurePolicy says whether that is the rule's action (Fail) or a warning at "
        "most (Ignore).",
        "Says nothing about the image. Rules that only read the reference are judged all the same.",
        "Try leangate inspect IMAGE, which tells registry, step and reason."},
};

}  // namespace

std::span<const CheckDescription> check_catalogue() {
  return kCatalogue;
}

const CheckDescription* find_check(std::string_view name) {
  const auto check = std::find_if(kCatalogue.begin(),
                                  kCatalogue.end(),
                                  [&](const CheckDescription& row) { return row.name == name; });
  return check == kCatalogue.end() ? nullptr : &*check;
}

}  // namespace leangate::policy
