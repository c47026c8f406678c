// Knows the images that a test tells it of, and remembers what it was asked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "webhook/inspection/image_inspector.h"
#include "webhook/support/mutex.h"

namespace leangate::fakes {

// A digest that depends on the name only: "sha256:" and 64 hexadecimal digits.
std::string fake_digest(const std::string& name);

// An image for linux/amd64 whose one layer has that many bytes.
policy::ImageEvidence fake_image(std::uint64_t bytes);

class FakeInspector final : public inspection::ImageInspector {
 public:
  // By the normalised reference. Of the platforms only the requested ones are handed out.
  std::map<std::string, policy::ImageEvidence> images;
  // Waits for the deadline and then reports a timeout for everything.
  bool is_slow = false;
  // Throws instead of answering, as no inspector may.
  bool is_broken = false;

  std::vector<inspection::Inspection> inspect_all(
      const std::vector<inspection::InspectionRequest>& requests, Deadline deadline) override
      EXCLUDES(mutex_);

  std::vector<inspection::InspectionRequest> asked() const EXCLUDES(mutex_);

 private:
  inspection::Inspection inspect(const inspection::InspectionRequest& request) const;

  mutable Mutex mutex_;
  std::vector<inspection::InspectionRequest> asked_ GUARDED_BY(mutex_);
};

}  // namespace leangate::fakes
