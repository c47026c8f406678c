// Patterns over image references: "docker.io/library/python:*-slim*", "gcr.io/distroless/**".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "policy/image_reference.h"
#include "policy/result.h"

namespace leangate::policy {

// `*` stands for any run of characters within a path component, `**` for any run across
// components, everything else for itself; a run may be empty. Matching is anchored at both ends and
// takes at most length-of-pattern times length-of-reference steps, whatever the stars: 512 x 4096.
//
// A pattern whose last component has no ':' and no '@' speaks of repositories and matches every tag
// and digest in them. Otherwise what stands before the ':' or '@' is matched against the repository
// and what follows against the tag or the digest: no star reaches across. A reference with a digest
// has no tag (see ImageReference), so a tag pattern doesn't match it: what stands beside a digest
// proves nothing.
class Glob {
 public:
  static constexpr std::size_t kMaxLength = 512;

  // Refuses an empty pattern, one over kMaxLength characters, "***", and what could never match:
  // characters that no reference holds, upper case before the tag, a tag together with a digest.
  // The error is a sentence, without a capital or a full stop, that can follow a colon.
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
