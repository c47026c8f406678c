#include "webhook/inspection/cache_key.h"

#include <algorithm>
#include <vector>

namespace leangate::inspection {
namespace {

// Lengths first: no text can imitate a border.
void append(std::string& key, const std::string& part) {
  key += std::to_string(part.size()) + ":" + part;
}

std::string level_name(EvidenceLevel level) {
  return std::to_string(static_cast<int>(level));
}

// Repository and credentials. A host that is the user's own word may be reached where others may
// not, so its answers stay apart.
std::string who_asks(const InspectionRequest& request) {
  std::string key;
  append(key, request.reference.repository());
  append(key, request.credentials.fingerprint);
  key += request.host_is_users_word ? 'u' : 'r';
  return key;
}

std::string platforms_key(const PlatformChoice& choice) {
  if (choice.all) {
    return "*";
  }
  std::vector<policy::Platform> platforms = choice.platforms;
  std::sort(platforms.begin(), platforms.end());
  std::string key;
  for (const policy::Platform& platform : platforms) {
    append(key, platform.str());
  }
  return key;
}

}  // namespace

RequestKeys keys_of(const InspectionRequest& request) {
  RequestKeys keys;
  if (request.reference.digest) {
    keys.name = digest_name_key(request, *request.reference.digest);
  } else {
    keys.name = who_asks(request) + "t";
    append(keys.name, request.reference.tag.value_or("latest"));
  }
  keys.lookup =
      keys.name + "|" + platforms_key(request.platforms) + "|" + level_name(request.level);
  append(keys.host, request.reference.domain);
  append(keys.host, request.credentials.fingerprint);
  return keys;
}

std::string digest_name_key(const InspectionRequest& request, const std::string& digest) {
  std::string key = who_asks(request) + "d";
  append(key, digest);
  return key;
}

std::string facts_key(const InspectionRequest& request,
                      const std::string& digest,
                      EvidenceLevel level) {
  std::string key;
  append(key, request.reference.repository());
  return key + digest + "|" + platforms_key(request.platforms) + "|" + level_name(level);
}

}  // namespace leangate::inspection
