// TOML text as the tree that the readers of YAML and JSON use, so that a mistake in hosts.toml is
// found and told like one in the configuration file.
#pragma once

#include <string>
#include <string_view>

#include "policy/document_tree.h"
#include "policy/result.h"

namespace leangate::registry {

// 256 KiB: a hundred mirrors of one registry would take 30.
inline constexpr std::size_t kMaxTomlBytes = 256u << 10;

// The root table, members in the order of the text. Dates and times come as floats: nothing reads
// them. Only the first mistake of syntax is found. Never throws; depth and size are bounded.
Result<policy::DocumentNode, policy::Mistake> read_toml(std::string_view text,
                                                        const std::string& file);

}  // namespace leangate::registry
