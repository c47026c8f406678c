// Sizes as Kubernetes writes them: "250Mi" <-> bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace leangate::policy {

// Reads a Kubernetes resource.Quantity that stands for whole bytes: digits, an optional fraction of
// at most three digits, and one of k M G T Ki Mi Gi Ti or nothing. What is no whole number of
// bytes ("500m", "0.0001k"), what has another unit ("500MB"), leading zeros (octal to some YAML
// readers) and what exceeds 2^63-1 is refused with a sentence that says what was expected, without
// a capital or a full stop, so that it can follow a colon.
Result<std::uint64_t, std::string> parse_quantity(std::string_view text);

// The text that parse_quantity reads back to exactly these bytes: the shortest of those without a
// decimal point, of equally short ones that with the binary unit. 524288000 -> "500Mi", 1500 ->
// "1500".
std::string format_quantity(std::uint64_t bytes);

// For people: at most three significant digits and a binary unit, "2.31 GiB", "1.5 GiB", "500 MiB",
// "12 B"; four digits between 1000 and 1023 of a unit.
std::string describe_bytes(std::uint64_t bytes);

}  // namespace leangate::policy
