// All that is known of one image for one platform, as its manifest and config state it. Facts are
// filled by whoever read the registry and verified every byte against its digest; a fact that could
// not be had is absent, never guessed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/duration.h"
#include "policy/result.h"

namespace leangate::policy {

// OCI image-index "platform": GOOS, GOARCH and the variant where there is one.
struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;

  // "linux/arm64", "linux/arm/v7"
  std::string str() const;

  auto operator<=>(const Platform&) const = default;  // NOLINT(modernize-use-nullptr): false
};

// The spelling that compares equal wherever containerd takes two platforms for the same: lower
// case, aliases replaced (x86_64 -> amd64, aarch64 -> arm64, armhf -> arm/v7, macos -> darwin ...),
// the variant that goes without saying left out (amd64/v1, arm64/v8) and arm's made explicit
// (arm -> arm/v7). Platforms out of an index or a config pass through here before any comparison.
Platform normalise(Platform platform);

// Reads "os/architecture[/variant]", normalised. The error is a sentence, without a capital or a
// full stop, that can follow a colon.
Result<Platform, std::string> parse_platform(std::string_view text);

// One entry of the manifest's `layers`, in order from the base upwards.
struct LayerFacts {
  std::string digest;
  std::string media_type;
  std::uint64_t compressed_bytes = 0;  // the blob as it is pulled
};

// One entry of the config's `history`, texts cut at a bounded length by the reader.
struct HistoryEntry {
  std::string created_by;
  std::string comment;
  bool empty_layer = false;
};

// The config blob (OCI image-spec config.md), as far as policy needs it.
struct ImageConfig {
  std::string user;
  std::vector<std::string> env;  // "KEY=value"
  std::map<std::string, std::string> labels;
  std::optional<Instant> created;
  std::vector<std::string> diff_ids;  // rootfs.diff_ids, in the order of the layers
  std::vector<HistoryEntry> history;
};

struct ImageFacts {
  std::string manifest_digest;
  Platform platform;
  std::vector<LayerFacts> layers;
  std::map<std::string, std::string> annotations;  // the manifest's
  std::optional<ImageConfig> config;  // absent for an OCI artifact, which has no image config

  // The sum over layers; readers refuse manifests whose sum overflows.
  std::uint64_t compressed_bytes() const;
};

}  // namespace leangate::policy
