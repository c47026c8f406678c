#include "policy/image_facts.h"

#include <algorithm>
#include <utility>

namespace leangate::policy {

namespace {

// Longer than any name of Go's lists; the text may come from a registry.
constexpr std::size_t kMaxPlatformLength = 64;

void fold(std::string& text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
}

// arm's variant is a name of its own in some distributions, a bare number in others.
void normalise_arm(Platform& platform) {
  if (platform.architecture == "armhf" || platform.variant.empty()) {
    platform.variant = platform.architecture == "armel" ? "v6" : "v7";
  } else if (platform.architecture == "armel") {
    platform.variant = "v6";
  } else if (platform.variant.size() == 1 && platform.variant[0] >= '5' &&
             platform.variant[0] <= '8') {
    platform.variant.insert(0, "v");
  }
  platform.architecture = "arm";
}

bool is_component(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

}  // namespace

std::string Platform::str() const {
  std::string text = os + "/" + architecture;
  if (!variant.empty()) {
    text += "/" + variant;
  }
  return text;
}

// The table of containerd's platforms package.
Platform normalise(Platform platform) {
  fold(platform.os);
  fold(platform.architecture);
  fold(platform.variant);
  const std::string& architecture = platform.architecture;
  if (platform.os == "macos") {
    platform.os = "darwin";
  }
  if (architecture == "arm" || architecture == "armhf" || architecture == "armel") {
    normalise_arm(platform);
  } else if (architecture == "aarch64" || architecture == "arm64") {
    platform.architecture = "arm64";
    if (platform.variant == "v8" || platform.variant == "8") {
      platform.variant.clear();
    }
  } else if (architecture == "x86_64" || architecture == "x86-64" || architecture == "amd64") {
    platform.architecture = "amd64";
    if (platform.variant == "v1") {
      platform.variant.clear();
    }
  } else if (architecture == "i386") {
    platform.architecture = "386";
    platform.variant.clear();
  }
  return platform;
}

Result<Platform, std::string> parse_platform(std::string_view text) {
  const std::size_t first = text.find('/');
  const std::size_t second = text.find('/', first + 1);
  const auto refusal = [] {
    return Failure{std::string{"expected os/architecture[/variant], like linux/amd64"}};
  };
  if (text.size() > kMaxPlatformLength || first == std::string_view::npos) {
    return refusal();
  }
  Platform platform{std::string{text.substr(0, first)},
                    std::string{text.substr(first + 1, second - first - 1)},
                    {}};
  if (second != std::string_view::npos) {
    platform.variant = text.substr(second + 1);
    if (!is_component(platform.variant)) {
      return refusal();
    }
  }
  if (!is_component(platform.os) || !is_component(platform.architecture)) {
    return refusal();
  }
  return normalise(std::move(platform));
}

std::uint64_t ImageFacts::compressed_bytes() const {
  std::uint64_t sum = 0;
  for (const LayerFacts& layer : layers) {
    sum += layer.compressed_bytes;
  }
  return sum;
}

}  // namespace leangate::policy
