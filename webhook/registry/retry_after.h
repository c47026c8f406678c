// What registries say about when, and how often, they want to be asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace leangate::registry {

// Retry-After (RFC 9110 10.2.3): seconds, or a date in any of the three forms that a recipient
// must accept (5.6.7). A date that has passed is 0 s, a day is the most. Nothing for anything else.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::sys_seconds now);

// Docker Hub's ratelimit-remaining: "76;w=21600" is 76 pulls left of a window of 6 h. Nothing for
// anything that doesn't begin with a number.
std::optional<std::uint32_t> parse_rate_remaining(std::string_view value);

}  // namespace leangate::registry
