#include "webhook/registry/platform.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using policy::Platform;

// "v7" -> 7; 0 for anything else than one digit after 'v'.
int version_of(std::string_view variant) {
  const bool well_formed =
      variant.size() == 2 && variant[0] == 'v' && variant[1] >= '1' && variant[1] <= '9';
  return well_formed ? variant[1] - '0' : 0;
}

// Everything a node can run, best first.
std::vector<Platform> runnable_on(const Platform& node) {
  std::vector<Platform> result{node};
  const auto add = [&](std::string architecture, const std::string& variant) {
    result.push_back(normalised({node.os, std::move(architecture), variant}));
  };
  const auto add_down_to = [&](const std::string& architecture, int from, int to) {
    for (int version = from; version >= to; --version) {
      add(architecture, "v" + std::to_string(version));
    }
  };
  if (node.architecture == "amd64") {
    add_down_to("amd64", version_of(node.variant) - 1, 1);
    add("386", "");
  } else if (node.architecture == "arm64") {
    if (!node.variant.empty()) {
      add("arm64", "");  // v8.1 and v9 run what v8 runs
    }
    add_down_to("arm", 8, 5);
  } else if (node.architecture == "arm") {
    add_down_to("arm", version_of(node.variant) - 1, 5);
  }
  return result;
}

}  // namespace

Platform normalised(Platform platform) {
  platform.os = lower_case(platform.os);
  platform.architecture = lower_case(platform.architecture);
  platform.variant = lower_case(platform.variant);
  std::string& architecture = platform.architecture;
  std::string& variant = platform.variant;
  if (platform.os == "macos") {
    platform.os = "darwin";
  }
  if (architecture == "x86_64" || architecture == "x86-64") {
    architecture = "amd64";
  } else if (architecture == "i386") {
    architecture = "386";
    variant.clear();
  } else if (architecture == "aarch64") {
    architecture = "arm64";
  } else if (architecture == "armhf") {
    architecture = "arm";
    variant = "v7";
  } else if (architecture == "armel") {
    architecture = "arm";
    variant = "v6";
  }
  const bool is_default =
      (architecture == "amd64" && variant == "v1") ||
      (architecture == "arm64" && (variant == "8" || variant == "v8" || variant == "v8.0"));
  if (is_default) {
    variant.clear();
  } else if (architecture == "arm" && variant.empty()) {
    variant = "v7";
  } else if (architecture == "arm" && variant.size() == 1) {
    variant.insert(0, "v");
  }
  return platform;
}

std::optional<int> platform_rank(const Platform& node, const Platform& image) {
  const std::vector<Platform> runnable = runnable_on(node);
  const auto found = std::find(runnable.begin(), runnable.end(), image);
  if (found == runnable.end()) {
    return std::nullopt;
  }
  return static_cast<int>(found - runnable.begin());
}

}  // namespace leangate::registry
