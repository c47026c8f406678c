// What the flags of the commands say, before anything is read or done.
#pragma once

#include <string>
#include <vector>

#include "webhook/observability/logging.h"

namespace leangate::cli {

// Exit statuses, as the README documents them.
inline constexpr int kExitOk = 0;
inline constexpr int kExitReached = 1;   // something reached --fail-on
inline constexpr int kExitUsage = 2;     // wrong usage or configuration
inline constexpr int kExitUnjudged = 3;  // something could not be judged

struct CommonOptions {
  std::string config_file;
  observability::LogLevel log_level = observability::LogLevel::Info;
  observability::LogFormat log_format = observability::LogFormat::Text;
};

struct ServeOptions {
  CommonOptions common;
  std::vector<std::string> policies;
  std::string listen;
  std::string ops_listen;
  std::string tls_cert;
  std::string tls_key;
  std::string enforcement;  // empty: as the configuration file says
};

// Of the commands that talk to registries on somebody's behalf.
struct LookupOptions {
  std::string platform;  // empty: this host's; "all"
  std::vector<std::string> plain_http;
  std::string docker_config;  // a folder
  bool json = false;
};

struct CheckOptions {
  CommonOptions common;
  LookupOptions lookup;
  std::vector<std::string> policies;
  std::vector<std::string> images;
  std::vector<std::string> files;
  std::string namespace_name;
  bool fail_on_warn = false;
};

struct InspectOptions {
  CommonOptions common;
  LookupOptions lookup;
  std::string image;
};

}  // namespace leangate::cli
