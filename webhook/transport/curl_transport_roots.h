// The certificates that are trusted, kept parsed: reading the system's bundle takes some 40 ms,
// which libcurl would spend on the loop's thread for every connection.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

struct x509_store_st;  // OpenSSL's X509_STORE

namespace leangate::transport {

using TrustStore = std::shared_ptr<x509_store_st>;

// For one thread.
class TrustStores {
 public:
  // The system's roots, and those of `ca_file` where it isn't empty; null when the file can't be
  // read. Files are read again after a while, so that a rotated authority is followed.
  TrustStore get(const std::string& ca_file);

 private:
  struct Entry {
    TrustStore store;
    std::chrono::steady_clock::time_point expires;
  };
  std::map<std::string, Entry> stores_;  // by ca_file; as many as the configuration names
};

}  // namespace leangate::transport
