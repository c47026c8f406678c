#include "webhook/inspection/cache_lookup.h"

#include <memory>
#include <utility>

#include "webhook/inspection/cache_failures.h"
#include "webhook/inspection/evidence_codec.h"

namespace leangate::inspection {
namespace {

using policy::LookupFailureKind;

Inspection failed(policy::LookupFailure failure) {
  policy::ImageEvidence evidence;
  evidence.failure = std::move(failure);
  return std::make_shared<const policy::ImageEvidence>(std::move(evidence));
}

// Without what belongs to the exchange that brought them: others will be shown these facts, too.
Inspection facts_alone(const Inspection& result) {
  if (result->notices.empty() && result->served_by.empty()) {
    return result;
  }
  auto facts = std::make_shared<policy::ImageEvidence>(*result);
  facts->notices.clear();
  facts->served_by.clear();
  return facts;
}

}  // namespace

Inspection CachedLookup::run(const InspectionRequest& request,
                             const RequestKeys& keys,
                             Deadline deadline) {
  // Somebody may have asked the same while this lookup waited for its turn.
  if (Inspection answer = memory_.recall(request, keys).answer) {
    return answer;
  }
  Inspection result = look_up({request, keys, deadline});
  if (result->failure) {
    memory_.put_failure(keys, result);
  }
  return result;
}

Inspection CachedLookup::look_up(const Asked& asked) {
  const std::optional<Confirmation> known = confirmation(asked);
  const std::optional<std::string> expected =
      known ? std::optional{known->digest} : asked.request.reference.digest;
  if (!expected) {
    return inspect(asked, asked.request);
  }
  const bool is_trusted = known && memory_.is_trusted(*known);
  if (const Inspection found = facts(asked.request, *expected)) {
    return is_trusted ? found : revalidate(asked, *expected, found);
  }
  return is_trusted ? inspect_by_digest(asked, *expected) : inspect(asked, asked.request);
}

Inspection CachedLookup::revalidate(const Asked& asked,
                                    const std::string& expected,
                                    const Inspection& facts_of_expected) {
  Result<std::string, policy::LookupFailure> resolved =
      resolver_.resolve(asked.request, asked.deadline);
  if (resolved) {
    confirm(asked, *resolved);
    const Inspection found =
        *resolved == expected ? facts_of_expected : facts(asked.request, *resolved);
    return found != nullptr ? memory_.with_notices(asked.request, asked.keys, found)
                            : inspect_by_digest(asked, *resolved);
  }
  const LookupFailureKind kind = resolved.error().kind;
  if (kind == LookupFailureKind::NotFoundOrDenied) {
    forget(asked);
  } else if (!is_no_answer(kind) && kind != LookupFailureKind::Refused) {
    // The short answer was no use; the long one may be.
    return inspect(asked, asked.request);
  }
  return failed(std::move(resolved).error());
}

Inspection CachedLookup::inspect_by_digest(const Asked& asked, const std::string& digest) {
  InspectionRequest by_digest = asked.request;
  by_digest.reference.digest = digest;
  return inspect(asked, by_digest);
}

Inspection CachedLookup::inspect(const Asked& asked, const InspectionRequest& request) {
  Inspection result = inner_.inspect_all({request}, asked.deadline).front();
  if (!result->failure) {
    confirm(asked, result->digest);
    memory_.put_notices(asked.request, asked.keys, result->notices);
    remember(request, result);
  } else if (result->failure->kind == LookupFailureKind::NotFoundOrDenied) {
    forget(asked);
  }
  return result;
}

std::optional<Confirmation> CachedLookup::confirmation(const Asked& asked) {
  std::optional<Confirmation> known = memory_.confirmation(asked.request, asked.keys);
  if (known || store_ == nullptr || asked.request.reference.digest) {
    return known;
  }
  std::optional<StoredTag> stored = store_->tag(asked.keys.name);
  if (!stored) {
    return std::nullopt;
  }
  memory_.restore(asked.keys, std::move(stored->digest), stored->confirmed);
  return memory_.confirmation(asked.request, asked.keys);
}

Inspection CachedLookup::facts(const InspectionRequest& request, const std::string& digest) {
  Inspection found = memory_.facts(request, digest);
  if (found != nullptr || store_ == nullptr) {
    return found;
  }
  for (const EvidenceLevel level : {EvidenceLevel::Config, EvidenceLevel::Manifest}) {
    if (level < request.level) {
      break;
    }
    const std::string key = facts_key(request, digest, level);
    std::optional<std::string> packed = store_->facts(key);
    if (!packed) {
      continue;
    }
    std::optional<policy::ImageEvidence> evidence = decode_evidence(*packed);
    if (evidence && evidence->digest == digest) {
      found = std::make_shared<const policy::ImageEvidence>(*std::move(evidence));
      memory_.put_facts(key, found, *std::move(packed));
      return found;
    }
  }
  return nullptr;
}

void CachedLookup::confirm(const Asked& asked, const std::string& digest) {
  const policy::Instant confirmed = memory_.confirm(asked.request, asked.keys, digest);
  if (store_ == nullptr) {
    return;
  }
  if (!asked.request.reference.digest) {
    store_->write(PutTag{CacheStore::tag_key(asked.keys.name), {digest, confirmed}});
  }
  store_->write(UseFacts{facts_key(asked.request, digest, asked.request.level)});
}

void CachedLookup::forget(const Asked& asked) {
  memory_.forget(asked.request, asked.keys);
  if (store_ != nullptr && !asked.request.reference.digest) {
    store_->write(ForgetTag{CacheStore::tag_key(asked.keys.name)});
  }
}

void CachedLookup::remember(const InspectionRequest& request, const Inspection& result) {
  const Inspection facts = facts_alone(result);
  std::optional<std::string> packed = encode_evidence(*facts);
  if (!packed) {
    return;
  }
  const std::string key = facts_key(request, facts->digest, request.level);
  if (store_ != nullptr) {
    store_->write(PutFacts{key, *packed});
  }
  memory_.put_facts(key, facts, *std::move(packed));
}

}  // namespace leangate::inspection
