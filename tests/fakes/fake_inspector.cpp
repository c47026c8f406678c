#include "tests/fakes/fake_inspector.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace leangate::fakes {

namespace {

inspection::Inspection failed(policy::LookupFailureKind kind, const std::string& detail) {
  policy::ImageEvidence evidence;
  evidence.failure = policy::LookupFailure{kind, detail, "could not be read"};
  return std::make_shared<const policy::ImageEvidence>(std::move(evidence));
}

}  // namespace

std::string fake_digest(const std::string& name) {
  std::string digest = "sha256:";
  for (std::uint64_t salt = 0; salt < 4; ++salt) {
    std::uint64_t hash = 0xcbf29ce484222325u + salt;  // FNV-1a, 64 bits
    for (const char c : name) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    digest += fmt::format("{:016x}", hash);
  }
  return digest;
}

policy::ImageEvidence fake_image(std::uint64_t bytes) {
  policy::ImageFacts facts;
  facts.platform = {"linux", "amd64", ""};
  facts.layers.push_back({.digest = fake_digest("layer"), .compressed_bytes = bytes});
  policy::ImageEvidence evidence;
  evidence.digest = fake_digest("image");
  evidence.offered = {facts.platform};
  evidence.platforms = {std::move(facts)};
  return evidence;
}

std::vector<inspection::Inspection> FakeInspector::inspect_all(
    const std::vector<inspection::InspectionRequest>& requests, Deadline deadline) {
  if (is_broken) {
    throw std::runtime_error{"the inspector is broken"};
  }
  {
    const MutexLock lock{mutex_};
    asked_.insert(asked_.end(), requests.begin(), requests.end());
  }
  std::vector<inspection::Inspection> answers;
  if (is_slow) {
    std::this_thread::sleep_until(deadline);
    answers.assign(requests.size(),
                   failed(policy::LookupFailureKind::Timeout, "nothing came in time"));
    return answers;
  }
  for (const auto& request : requests) {
    answers.push_back(inspect(request));
  }
  return answers;
}

std::vector<inspection::InspectionRequest> FakeInspector::asked() const {
  const MutexLock lock{mutex_};
  return asked_;
}

inspection::Inspection FakeInspector::inspect(const inspection::InspectionRequest& request) const {
  const auto known = images.find(request.reference.str());
  if (known == images.end()) {
    return failed(policy::LookupFailureKind::NotFoundOrDenied,
                  request.reference.str() + ": no such image");
  }
  auto evidence = known->second;
  const auto& wanted = request.platforms;
  std::erase_if(evidence.platforms, [&](const policy::ImageFacts& facts) {
    // An artifact has no platform and goes for all of them.
    return !wanted.all && !facts.platform.os.empty() &&
           std::find(wanted.platforms.begin(), wanted.platforms.end(), facts.platform) ==
               wanted.platforms.end();
  });
  return std::make_shared<const policy::ImageEvidence>(std::move(evidence));
}

}  // namespace leangate::fakes
