// Patterns over image references: "docker.io/library/python:*-slim*", "gcr.io/distroless/**".
#pragma once

#include <string>
#include <string_view>

#include "policy/image_reference.h"
#include "policy/result.h"

namespace leangate::policy {

// `*` stands for any run of characters within a path component, `**` for any run across
// components, everything else for itself. Matching is anchored at both ends and takes time linear
// in pattern times text.
//
// A pattern whose last component has no ':' and no '@' speaks of repositories and matches every tag
// and digest in them; any other pattern is matched against the whole normalised reference. A
// reference with a digest has no tag (see ImageReference), so a tag pattern doesn't match it: what
// stands beside a digest proves nothing.
class Glob {
 public:
  // Refuses an empty pattern, one over 512 characters, "***", white space and control characters,
  // and upper case in the path: such a pattern could never match.
  static Result<Glob, std::string> compile(std::string_view pattern);

  bool matches(const ImageReference& reference) const;

  const std::string& pattern() const { return pattern_; }
  bool is_literal() const { return pattern_.find('*') == std::string::npos; }

  bool operator==(const Glob&) const = default;

 private:
  explicit Glob(std::string pattern) : pattern_{std::move(pattern)} {}

  std::string pattern_;
};

}  // namespace leangate::policy
