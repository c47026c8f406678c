// What the tests of the caching inspector share: a registry that is scripted and counts, and
// questions to it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_inspector.h"
#include "tests/support/catch.h"
#include "webhook/inspection/caching_inspector.h"

namespace leangate::inspection {

// Holds one image under every name unless told otherwise; may be held back, may fail.
class FakeRegistry final : public ImageInspector, public TagResolver {
 public:
  std::vector<Inspection> inspect_all(const std::vector<InspectionRequest>& requests,
                                      Deadline deadline) override {
    const InspectionRequest& request = requests.front();
    std::optional<policy::LookupFailure> failure = wait(request, deadline, gets_);
    if (gets_fail_) {
      failure = policy::LookupFailure{policy::LookupFailureKind::Unreachable, "no", "no"};
    }
    auto evidence = std::make_shared<policy::ImageEvidence>();
    evidence->failure = failure;
    if (!failure) {
      evidence->digest = digest_of(request);
      evidence->platforms.emplace_back().manifest_digest = evidence->digest;
      evidence->notices = notices();
    }
    return {evidence};
  }

  Result<std::string, policy::LookupFailure> resolve(const InspectionRequest& request,
                                                     Deadline deadline) override {
    if (const std::optional<policy::LookupFailure> failure = wait(request, deadline, heads_)) {
      return Failure{*failure};
    }
    return digest_of(request);
  }

  void set_digest(const std::string& digest) {
    const std::lock_guard lock{mutex_};
    digest_ = digest;
  }
  void fail(policy::LookupFailureKind kind, std::chrono::seconds retry_after = {}) {
    const std::lock_guard lock{mutex_};
    failure_ = policy::LookupFailure{kind, "no", "no", retry_after};
  }
  // Said with every image that is read.
  void warn(const std::string& text) {
    const std::lock_guard lock{mutex_};
    notices_ = {{"r.example", text, true}};
  }
  // HEADs are answered all the same.
  void fail_gets() { gets_fail_ = true; }
  void recover() {
    const std::lock_guard lock{mutex_};
    failure_.reset();
  }
  // Lookups of this host stop until release().
  void hold(const std::string& host) {
    const std::lock_guard lock{mutex_};
    held_ = host;
  }
  void hold_all() { hold("*"); }
  void release() {
    const std::lock_guard lock{mutex_};
    held_.clear();
    changed_.notify_all();
  }
  int gets() const {
    const std::lock_guard lock{mutex_};
    return gets_;
  }
  int asked_of(const std::string& host) const {
    const std::lock_guard lock{mutex_};
    return asked_.at(host);
  }
  int heads() const {
    const std::lock_guard lock{mutex_};
    return heads_;
  }
  bool wait_for_gets(int count) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return gets_ >= count; });
  }

 private:
  std::optional<policy::LookupFailure> wait(const InspectionRequest& request,
                                            Deadline deadline,
                                            int& counter) {
    std::unique_lock lock{mutex_};
    ++counter;
    changed_.notify_all();
    ++asked_[request.reference.domain];
    changed_.wait_until(lock, deadline, [&] {
      return held_.empty() || (held_ != "*" && request.reference.domain != held_);
    });
    return failure_;
  }
  std::vector<policy::RegistryNotice> notices() const {
    const std::lock_guard lock{mutex_};
    return notices_;
  }
  std::string digest_of(const InspectionRequest& request) const {
    const std::lock_guard lock{mutex_};
    return request.reference.digest.value_or(digest_);
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::string digest_ = fakes::fake_digest("first");
  std::vector<policy::RegistryNotice> notices_;
  std::string held_;
  std::optional<policy::LookupFailure> failure_;
  std::map<std::string, int> asked_;
  std::atomic<bool> gets_fail_{false};
  int gets_ = 0;
  int heads_ = 0;
};

struct CacheRig {
  FakeRegistry registry;
  observability::Metrics metrics;
  fakes::FakeClock clock;
  CachingOptions options;

  CachingParts parts() { return {registry, registry, metrics, clock}; }

  bool counted(const std::string& result, int count) const {
    return metrics.render().find("leangate_lookups_total{result=\"" + result + "\"} " +
                                 std::to_string(count) + "\n") != std::string::npos;
  }
};

inline Inspection ask(CachingInspector& inspector, const InspectionRequest& request) {
  return inspector.inspect_all({request}, deadline_in(std::chrono::seconds{10})).front();
}

inline InspectionRequest request_for(const std::string& tag,
                                     const std::string& domain = "r.example") {
  InspectionRequest request;
  request.reference.domain = domain;
  request.reference.path = "app";
  request.reference.tag = tag;
  request.platforms.platforms = {{"linux", "amd64", ""}};
  return request;
}

inline InspectionRequest request_by_digest(const std::string& digest) {
  InspectionRequest request = request_for("");
  request.reference.tag.reset();
  request.reference.digest = digest;
  return request;
}

inline InspectionRequest asked_with(InspectionRequest request, const std::string& fingerprint) {
  request.credentials.fingerprint = fingerprint;
  return request;
}

}  // namespace leangate::inspection
