// Limits and addresses of the two listeners: plain data, filled by the settings.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace leangate::server {

struct ServerOptions {
  std::string listen = "0.0.0.0:10250";  // port 0: any free one
  std::size_t max_connections = 1024;
  std::chrono::milliseconds max_connection_age{std::chrono::minutes{5}};
  std::size_t max_body_bytes = 32u << 20;
  std::size_t body_memory = 256u << 20;  // all bodies above 64 KiB in flight
  std::chrono::milliseconds drain_period{std::chrono::seconds{10}};
  std::size_t threads = 32;  // reviews handled at one time
  std::chrono::milliseconds handshake_timeout{std::chrono::seconds{10}};
  std::chrono::milliseconds header_timeout{std::chrono::seconds{10}};
  std::chrono::milliseconds body_timeout{std::chrono::seconds{10}};
  std::chrono::milliseconds write_timeout{std::chrono::seconds{10}};
  std::chrono::milliseconds idle_timeout{
      std::chrono::seconds{120}};  // API servers close theirs after 90 s
};

}  // namespace leangate::server
