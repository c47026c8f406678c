#include "tests/fakes/real_registry.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace leangate::fakes {
namespace {

constexpr const char* kBinary = "/usr/bin/docker-registry";
constexpr const char* kHtpasswd = "/usr/bin/htpasswd";
constexpr std::chrono::seconds kStartTime{20};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// docker-registry can't tell which port it took, so one is chosen beforehand.
std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof(address);
  const bool bound =
      ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(probe);
  if (!bound) {
    throw std::runtime_error{"no free port"};
  }
  return ntohs(address.sin_port);
}

bool accepts(std::uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool connected =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(probe);
  return connected;
}

// One line "user:bcrypt", the only kind that docker-registry reads. The test's own fixed words, so
// nothing here needs quoting.
std::string htpasswd_line(const RealRegistryOptions& options) {
  const std::string command =
      std::string{kHtpasswd} + " -Bbn " + options.user + " " + options.password;
  FILE* output = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c)
  if (output == nullptr) {
    throw std::runtime_error{"htpasswd doesn't run"};
  }
  std::array<char, 256> buffer{};
  const std::size_t length = ::fread(buffer.data(), 1, buffer.size(), output);
  ::pclose(output);
  return {buffer.data(), length};
}

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
  if (!options.user.empty()) {
    yaml += "auth: {htpasswd: {realm: test, path: " +
            storage.write("htpasswd", htpasswd_line(options)) + "}}\n";
  }
  return storage.write("config.yml", yaml);
}

}  // namespace

std::string RealRegistry::missing() {
  for (const char* program : {kBinary, kHtpasswd}) {
    if (::access(program, X_OK) != 0) {
      return std::string{program} + " isn't installed";
    }
  }
  return {};
}

RealRegistry::RealRegistry(const TemporaryFolder& storage, const RealRegistryOptions& options)
    : port_{free_port()} {
  const std::string file = configuration(storage, options, port_);
  const std::string log = (storage.path() / "registry.log").string();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(
        &actions, descriptor, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  }
  std::string program{kBinary};
  std::string serve{"serve"};
  std::string config{file};
  std::array<char*, 4> arguments{program.data(), serve.data(), config.data(), nullptr};
  const int failed =
      ::posix_spawn(&process_, kBinary, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw std::runtime_error{"docker-registry doesn't start"};
  }
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (!accepts(port_)) {
    const bool ended = ::waitpid(process_, nullptr, WNOHANG) == process_;
    if (ended || std::chrono::steady_clock::now() > deadline) {
      process_ = ended ? -1 : process_;
      stop();
      throw std::runtime_error{"docker-registry didn't come up; its configuration is " + file};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

RealRegistry::~RealRegistry() {
  stop();
}

void RealRegistry::stop() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);  // its storage goes with the test
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
}

}  // namespace leangate::fakes
