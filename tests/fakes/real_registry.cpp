#include "tests/fakes/real_registry.h"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace leangate::fakes {
namespace {

constexpr const char* kDebianBinary = "/usr/bin/docker-registry";
constexpr const char* kHtpasswd = "/usr/bin/htpasswd";
constexpr const char* kGoBinaries = LEANGATE_SOURCE_DIR "/build/go/bin/";
constexpr const char* kIssuer = "the tests' token server";

std::string binary_of(RegistrySoftware software) {
  switch (software) {
    case RegistrySoftware::Distribution:
      return std::string{kGoBinaries} + "distribution";
    case RegistrySoftware::Olareg:
      return std::string{kGoBinaries} + "olareg";
    case RegistrySoftware::Debian:
      break;
  }
  return kDebianBinary;
}

std::string missing_program(const std::vector<std::string>& programs) {
  for (const std::string& program : programs) {
    if (::access(program.c_str(), X_OK) != 0) {
      const bool by_go = program.find(kGoBinaries) == 0;
      return program + " isn't there" + (by_go ? "; tests/workshop/registries.sh builds it" : "");
    }
  }
  return {};
}

std::string log_file(const TemporaryFolder& folder, const std::string& name) {
  return (folder.path() / (name + ".log")).string();
}

// distribution's configuration, of its version 2 and 3.
std::string configuration(const TemporaryFolder& storage,
                          const RealRegistryOptions& options,
                          std::uint16_t port) {
  std::string yaml = "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " +
                     (storage.path() / "storage").string() +
                     "}}\nhttp:\n  addr: 127.0.0.1:" + std::to_string(port) + "\n";
  if (options.tls != nullptr) {
    yaml +=
        "  tls: {certificate: " + options.tls->certificate + ", key: " + options.tls->key + "}\n";
  }
  if (options.tokens != nullptr) {
    yaml += "auth: " + options.tokens->registry_section() + "\n";
  } else if (!options.user.empty()) {
    yaml += "auth: {htpasswd: {realm: test, path: " +
            storage.write("htpasswd", htpasswd_line(options.user, options.password)) + "}}\n";
  }
  if (!options.blobs_elsewhere.empty()) {
    yaml +=
        "middleware: {storage: [{name: redirect, options: {baseurl: " + options.blobs_elsewhere +
        "}}]}\n";
  }
  return storage.write("config.yml", yaml);
}

std::vector<std::string> command_for(const TemporaryFolder& storage,
                                     const RealRegistryOptions& options,
                                     std::uint16_t port) {
  const std::string binary = binary_of(options.software);
  if (options.software != RegistrySoftware::Olareg) {
    return {binary, "serve", configuration(storage, options, port)};
  }
  std::vector<std::string> command{binary,
                                   "serve",
                                   "--addr",
                                   "127.0.0.1",
                                   "--port",
                                   std::to_string(port),
                                   "--dir",
                                   (storage.path() / "storage").string()};
  if (options.tls != nullptr) {
    command.insert(command.end(),
                   {"--tls-cert", options.tls->certificate, "--tls-key", options.tls->key});
  }
  return command;
}

// libtrust reads keys in the form of their own algorithm only ("EC PRIVATE KEY").
std::string traditional_key(const TemporaryFolder& folder, const std::string& key_file) {
  BIO* const in = BIO_new_file(key_file.c_str(), "r");
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  std::string path = (folder.path() / "token-key.pem").string();
  BIO* const out = BIO_new_file(path.c_str(), "w");
  const bool written =
      key != nullptr && out != nullptr &&
      PEM_write_bio_PrivateKey_traditional(out, key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  BIO_free(out);
  EVP_PKEY_free(key);
  BIO_free(in);
  if (!written) {
    throw std::runtime_error{"no key for the token server"};
  }
  return path;
}

}  // namespace

std::string TokenServer::missing() {
  return missing_program({std::string{kGoBinaries} + "token-server", kHtpasswd});
}

TokenServer::TokenServer(const TemporaryFolder& folder,
                         const CertificateFiles& files,
                         const std::string& user,
                         const std::string& password)
    : port_{free_port()},
      certificate_{files.certificate},
      process_{{std::string{kGoBinaries} + "token-server",
                "-addr=" + host(),
                "-issuer=" + std::string{kIssuer},
                "-realm=tokens",
                "-key=" + traditional_key(folder, files.key),
                "-tlscert=" + files.certificate,
                "-tlskey=" + files.key,
                "-passwd=" + folder.write("token-htpasswd", htpasswd_line(user, password))},
               log_file(folder, "token-server"),
               port_} {}

std::string TokenServer::registry_section() const {
  return "{token: {realm: \"https://" + host() + "/token/\", service: registry, issuer: \"" +
         kIssuer + "\", rootcertbundle: " + certificate_ + "}}";
}

std::string RealRegistry::missing(RegistrySoftware software) {
  return missing_program({binary_of(software), kHtpasswd});
}

RealRegistry::RealRegistry(const TemporaryFolder& storage, const RealRegistryOptions& options)
    : port_{free_port()},
      process_{command_for(storage, options, port_), log_file(storage, "registry"), port_} {}

}  // namespace leangate::fakes
