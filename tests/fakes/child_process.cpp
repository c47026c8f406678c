#include "tests/fakes/child_process.h"

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
#include <stdexcept>
#include <thread>

namespace leangate::fakes {
namespace {

constexpr std::chrono::seconds kStartTime{20};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool accepts(std::uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool connected =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(probe);
  return connected;
}

pid_t spawn(const std::vector<std::string>& command, const std::string& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(
        &actions, descriptor, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  }
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  pid_t process = -1;
  const int failed = ::posix_spawn(
      &process, command.front().c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw std::runtime_error{command.front() + " doesn't start"};
  }
  return process;
}

}  // namespace

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

std::string htpasswd_line(const std::string& user, const std::string& password) {
  return output_of("htpasswd -Bbn " + user + " " + password);
}

std::string output_of(const std::string& command) {
  FILE* output = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c)
  if (output == nullptr) {
    throw std::runtime_error{"no shell"};
  }
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = ::fread(buffer.data(), 1, buffer.size(), output)) > 0;) {
    text.append(buffer.data(), n);
  }
  if (::pclose(output) != 0) {
    throw std::runtime_error{"failed: " + command};
  }
  return text;
}

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const std::string& log,
                           std::uint16_t port)
    : process_{spawn(command, log)} {
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (!accepts(port)) {
    const bool ended = ::waitpid(process_, nullptr, WNOHANG) == process_;
    if (ended || std::chrono::steady_clock::now() > deadline) {
      process_ = ended ? -1 : process_;
      stop();
      throw std::runtime_error{command.front() + " didn't come up: " + output_of("cat " + log)};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

ChildProcess::~ChildProcess() {
  stop();
}

void ChildProcess::stop() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
}

}  // namespace leangate::fakes
