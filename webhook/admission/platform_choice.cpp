#include "webhook/admission/platform_choice.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

namespace leangate::admission {

namespace {

using policy::Platform;

// Each is a manifest and a config to fetch, and the lists come from whoever wrote the pod.
constexpr std::size_t kMaxUnknownPlatforms = 16;

using Values = std::vector<std::string>;

// The label's value in the spelling that platforms have.
std::string normalised_os(const std::string& os) {
  return policy::normalise({os, "", ""}).os;
}
std::string normalised_architecture(const std::string& architecture) {
  return policy::normalise({"linux", architecture, ""}).architecture;
}

Values normalised(const Values& values, std::string (*normalise)(const std::string&)) {
  Values result;
  std::ranges::transform(values, std::back_inserter(result), normalise);
  return result;
}

bool allows(const Values& allowed, const std::string& value) {
  return allowed.empty() || std::ranges::find(allowed, value) != allowed.end();
}

Values or_else(const Values& named,
               const std::vector<Platform>& nodes,
               std::string Platform::*part) {
  if (!named.empty()) {
    return named;
  }
  std::set<std::string> values;
  for (const auto& node : nodes) {
    values.insert(node.*part);
  }
  return {values.begin(), values.end()};
}

std::vector<Platform> cross_product(const Values& systems, const Values& architectures) {
  std::vector<Platform> platforms;
  for (const auto& os : systems) {
    for (const auto& architecture : architectures) {
      if (platforms.size() == kMaxUnknownPlatforms) {
        return platforms;
      }
      platforms.push_back(policy::normalise({os, architecture, ""}));
    }
  }
  return platforms;
}

}  // namespace

std::vector<Platform> platforms_of(const policy::PlatformConstraints& constraints,
                                   const std::vector<Platform>& nodes) {
  const auto systems = normalised(constraints.os, normalised_os);
  const auto architectures = normalised(constraints.architectures, normalised_architecture);
  std::vector<Platform> chosen;
  std::ranges::copy_if(nodes, std::back_inserter(chosen), [&](const Platform& node) {
    return allows(systems, node.os) && allows(architectures, node.architecture);
  });
  if (!chosen.empty()) {
    return chosen;
  }
  return cross_product(or_else(systems, nodes, &Platform::os),
                       or_else(architectures, nodes, &Platform::architecture));
}

}  // namespace leangate::admission
