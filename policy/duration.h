// Spans of time as Kubernetes writes them (Go durations) and instants as RFC 3339 writes them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace leangate::policy {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::sys_seconds;  // UTC, without leap seconds

// Reads a non-negative Go duration: one or more of <number><unit> with units h, m, s, ms
// ("1h30m", "1.5h", "500ms") or "0". At most 100 years (876600h); finer than a millisecond is
// refused. Errors of both readers are sentences, without a capital or a full stop, that can follow
// a colon.
Result<Duration, std::string> parse_duration(std::string_view text);

// The text that Go prints: "1h30m0s", "500ms", "0s".
std::string format_duration(Duration duration);

// Reads an RFC 3339 date-time with offset ("2027-03-31T00:00:00Z", "...+02:00"); a fraction of a
// second is read and dropped. Years 0001 to 9999 (in UTC); a leap second and lower-case "t" and "z"
// are refused, as Go does.
Result<Instant, std::string> parse_instant(std::string_view text);

// "2027-03-31T00:00:00Z"
std::string format_instant(Instant instant);

}  // namespace leangate::policy
