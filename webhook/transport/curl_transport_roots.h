// The certificates that are trusted, kept parsed: reading the system's bundle takes some 40 ms,
// which libcurl would spend on the loop's thread for every connection.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

struct x509_store_st;  // OpenSSL's X509_STORE

namespace leangate::transport {

struct Roots {
  std::shared_ptr<x509_store_st> store;
  std::string authority;  // the text of the host's own, empty when it has none
};
using TrustedRoots = std::shared_ptr<const Roots>;

// For one thread.
class RootsCache {
 public:
  // The system's roots, and those of `ca_file` where it isn't empty; null when the file can't be
  // read. Files are read again after a while, so that a rotated authority is followed.
  TrustedRoots get(const std::string& ca_file);

 private:
  struct Entry {
    TrustedRoots roots;
    std::chrono::steady_clock::time_point expires;
  };
  std::map<std::string, Entry> entries_;  // by ca_file; as many as the configuration names
};

}  // namespace leangate::transport
