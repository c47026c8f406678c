#include "webhook/inspection/cache_key.h"

#include <algorithm>

namespace leangate::inspection {
namespace {

// Lengths first: no text can imitate a border.
void append(std::string& key, const std::string& part) {
  key += std::to_string(part.size()) + ":" + part;
}

std::string level_name(EvidenceLevel level) {
  return std::to_string(static_cast<int>(level));
}

}  // namespace

std::string scope_key(const InspectionRequest& request) {
  std::string key;
  append(key, request.reference.repository());
  append(key, request.credentials.fingerprint);
  key += request.host_is_users_word ? 'u' : 'r';
  if (request.platforms.all) {
    return key + "*";
  }
  std::vector<policy::Platform> platforms = request.platforms.platforms;
  std::sort(platforms.begin(), platforms.end());
  for (const policy::Platform& platform : platforms) {
    append(key, platform.str());
  }
  return key;
}

std::string tag_key(const InspectionRequest& request) {
  std::string key = scope_key(request) + "|tag|";
  append(key, request.reference.tag.value_or("latest"));
  return key;
}

std::string facts_key(const InspectionRequest& request,
                      const std::string& digest,
                      EvidenceLevel level) {
  return scope_key(request) + "|facts|" + digest + "|" + level_name(level);
}

std::string lookup_key(const InspectionRequest& request) {
  const std::string key = request.reference.digest
                              ? facts_key(request, *request.reference.digest, request.level)
                              : tag_key(request);
  return key + "|" + level_name(request.level);
}

}  // namespace leangate::inspection
