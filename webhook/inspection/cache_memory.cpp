#include "webhook/inspection/cache_memory.h"

#include <memory>
#include <utility>

#include "webhook/inspection/evidence_codec.h"

namespace leangate::inspection {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// How long whoever was granted a digest needs not ask for it again: a revoked permission works no
// longer than a token that a registry issued, a few minutes.
constexpr minutes kPermission{10};
// Confirmed so far in our future, a date tells nothing: the clock was wrong then or is now.
constexpr seconds kClockSkew{60};

// Of max_bytes. Names and failures are small beside facts: 1/16 of 64 MiB holds about 12,000.
constexpr std::size_t kTagShare = 16;
constexpr std::size_t kDigestShare = 16;
constexpr std::size_t kFailureShare = 32;
// For unpacked facts: an ordinary image takes some 10 KiB unpacked, 3 KiB packed, and of what is
// kept little is used at one time.
constexpr std::size_t kUnpackedShare = 4;

std::size_t packed_share(std::size_t bytes) {
  return bytes - bytes / kUnpackedShare - bytes / kTagShare - bytes / kDigestShare -
         bytes / kFailureShare;
}

Inspection as_confirmed(const Inspection& facts, const Confirmation& confirmation) {
  if (confirmation.notices.empty()) {
    return facts;
  }
  auto noted = std::make_shared<policy::ImageEvidence>(*facts);
  noted->notices = confirmation.notices;
  return noted;
}

Inspection as_stale(const Inspection& facts, const Confirmation& confirmation) {
  auto stale = std::make_shared<policy::ImageEvidence>(*facts);
  stale->notices = confirmation.notices;
  stale->stale_since = confirmation.confirmed;
  return stale;
}

}  // namespace

CacheMemory::CacheMemory(const CachingOptions& options,
                         observability::Metrics& metrics,
                         const Clock& clock)
    : options_{options},
      metrics_{metrics},
      clock_{clock},
      facts_{packed_share(options.max_bytes), options.max_bytes / kUnpackedShare},
      tags_{options.max_bytes / kTagShare},
      digests_{options.max_bytes / kDigestShare},
      failures_{options.max_bytes / kFailureShare} {}

CacheMemory::Recalled CacheMemory::recall(const InspectionRequest& request,
                                          const RequestKeys& keys) {
  const auto now = clock_.steady_now();
  const std::optional<Confirmation> known = confirmation(request, keys);
  if (known && is_trusted(*known)) {
    if (Inspection found = facts(request, known->digest)) {
      return {as_confirmed(found, *known), "hit"};
    }
  }
  Inspection failed;
  bool is_host_silent = false;
  {
    MutexLock lock{mutex_};
    failed = failures_.find(keys, now);
    is_host_silent = failures_.is_host_silent(keys, now);
  }
  if (is_host_silent || (failed != nullptr && is_no_answer(failed->failure->kind))) {
    if (Inspection stale = last_resort(request, keys)) {
      return {std::move(stale), "stale"};
    }
  }
  return {failed, failed != nullptr ? "negative" : ""};
}

Inspection CacheMemory::last_resort(const InspectionRequest& request, const RequestKeys& keys) {
  const std::optional<Confirmation> known = confirmation(request, keys);
  if (!known || !is_recent(*known)) {
    return nullptr;
  }
  const Inspection found = facts(request, known->digest);
  return found != nullptr ? as_stale(found, *known) : nullptr;
}

std::optional<Confirmation> CacheMemory::confirmation(const InspectionRequest& request,
                                                      const RequestKeys& keys) {
  MutexLock lock{mutex_};
  const Confirmation* found = names_of(request).find(keys.name);
  return found != nullptr ? std::optional{*found} : std::nullopt;
}

bool CacheMemory::is_trusted(const Confirmation& confirmation) const {
  return clock_.steady_now() < confirmation.trusted_until;
}

bool CacheMemory::is_recent(const Confirmation& confirmation) const {
  const auto age = clock_.utc_now() - confirmation.confirmed;
  return options_.stale_if_error.count() > 0 && age >= -kClockSkew &&
         age <= options_.stale_if_error;
}

Inspection CacheMemory::facts(const InspectionRequest& request, const std::string& digest) {
  for (const EvidenceLevel level : {EvidenceLevel::Config, EvidenceLevel::Manifest}) {
    if (level < request.level) {
      break;
    }
    if (Inspection found = unpacked_facts(facts_key(request, digest, level))) {
      return found;
    }
  }
  return nullptr;
}

Inspection CacheMemory::unpacked_facts(const std::string& key) {
  FactsCache::Found found;
  {
    MutexLock lock{mutex_};
    found = facts_.find(key);
  }
  if (found.unpacked != nullptr || found.packed == nullptr) {
    return found.unpacked;
  }
  std::optional<policy::ImageEvidence> evidence = decode_evidence(*found.packed);
  if (!evidence) {
    return nullptr;
  }
  auto unpacked = std::make_shared<const policy::ImageEvidence>(std::move(*evidence));
  MutexLock lock{mutex_};
  facts_.put_unpacked(key, unpacked);
  count_size();
  return unpacked;
}

policy::Instant CacheMemory::confirm(const InspectionRequest& request,
                                     const RequestKeys& keys,
                                     const std::string& digest) {
  const auto now = clock_.steady_now();
  const policy::Instant confirmed = clock_.utc_now();
  const std::string granted = digest_name_key(request, digest);
  MutexLock lock{mutex_};
  if (!request.reference.digest) {
    tags_.renew(keys.name, {digest, now + options_.tag_ttl, confirmed});
  }
  digests_.renew(granted, {digest, now + kPermission, confirmed});
  count_size();
  return confirmed;
}

void CacheMemory::put_notices(const InspectionRequest& request,
                              const RequestKeys& keys,
                              std::vector<policy::RegistryNotice> notices) {
  MutexLock lock{mutex_};
  NameCache& names = names_of(request);
  if (const Confirmation* known = names.find(keys.name)) {
    Confirmation noted = *known;
    noted.notices = std::move(notices);
    names.put(keys.name, std::move(noted));
    count_size();
  }
}

Inspection CacheMemory::with_notices(const InspectionRequest& request,
                                     const RequestKeys& keys,
                                     const Inspection& facts) {
  const std::optional<Confirmation> known = confirmation(request, keys);
  return known ? as_confirmed(facts, *known) : facts;
}

void CacheMemory::restore(const RequestKeys& keys, std::string digest, policy::Instant confirmed) {
  MutexLock lock{mutex_};
  tags_.put(keys.name, {std::move(digest), clock_.steady_now(), confirmed});
  count_size();
}

void CacheMemory::forget(const InspectionRequest& request, const RequestKeys& keys) {
  MutexLock lock{mutex_};
  names_of(request).forget(keys.name);
  count_size();
}

void CacheMemory::put_facts(const std::string& key, const Inspection& facts, std::string packed) {
  const auto shared = std::make_shared<const std::string>(std::move(packed));
  MutexLock lock{mutex_};
  facts_.put(key, shared);
  facts_.put_unpacked(key, facts);
  count_size();
}

void CacheMemory::put_failure(const RequestKeys& keys, const Inspection& failed) {
  MutexLock lock{mutex_};
  failures_.put(keys, failed, clock_.steady_now());
  count_size();
}

void CacheMemory::count_size() {
  metrics_.set_cache(facts_.bytes() + tags_.bytes() + digests_.bytes() + failures_.bytes(),
                     facts_.size());
}

}  // namespace leangate::inspection
