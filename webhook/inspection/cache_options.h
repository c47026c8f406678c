// How much is remembered, for how long, and how many lookups may run.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>

namespace leangate::inspection {

struct CachingOptions {
  std::size_t max_bytes = 64u << 20;
  // A tag is believed to name the same digest for this long.
  std::chrono::milliseconds tag_ttl{std::chrono::seconds{60}};
  // While a registry can't be asked, what a name last stood for is told for this long.
  std::chrono::milliseconds stale_if_error{std::chrono::hours{24}};
  std::size_t max_in_flight = 64;  // lookups at one time, and threads for them
  std::size_t per_host = 16;       // of those, for one registry host
  std::chrono::milliseconds lookup_timeout{std::chrono::seconds{30}};
  // Calls that may wait for lookups at one time; one more starts its lookups and is answered at
  // once with failures of kind Overloaded. Whoever has few threads to call from leaves some for
  // answers that are known.
  std::size_t max_waiting = std::numeric_limits<std::size_t>::max();
  // Whether the operator named the host ("registry.example:5000") in the configuration: such hosts
  // don't share the slots that strangers share. Called from any thread. Empty: nobody is named.
  std::function<bool(const std::string& host)> is_configured;
};

}  // namespace leangate::inspection
