#include "webhook/registry/hosts_directory.h"

#include <filesystem>
#include <string>
#include <vector>

#include "tests/fakes/temporary_folder.h"
#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

namespace fs = std::filesystem;

// A folder of folders, each with a hosts.toml.
class Certs {
 public:
  void add(const std::string& name, const std::string& text) { write(name, "hosts.toml", text); }
  void write(const std::string& name, const std::string& file, const std::string& text) {
    fs::create_directories(fs::path{folder_.path()} / name);
    folder_.write(name + "/" + file, text);
  }
  std::string path() const { return folder_.path(); }

 private:
  fakes::TemporaryFolder folder_;
};

std::string server_of(const HostsDirectory& directory, const std::string& domain) {
  const HostsFile* file = directory.find(domain);
  return file != nullptr ? file->server.base.host : "itself";
}

}  // namespace

TEST_CASE("a registry's hosts are found in the folder of its name", "[registry]") {
  Certs certs;
  certs.add("docker.io", "server = 'a.example'");
  certs.add("registry.example:5000", "server = 'colon.example'");
  certs.add("registry.example_5000_", "server = 'underscores.example'");
  certs.add("other.example:5000", "server = 'b.example'");
  certs.add("Upper.example", "server = 'c.example'");
  certs.add("[::1]_5000_", "server = 'd.example'");
  certs.add("..2026_01_01", "server = 1");  // a version of a mounted ConfigMap
  certs.write("..data_file", "x", "");
  certs.write("empty.example", "notes.txt", "");
  const auto directory = read_hosts_directory(certs.path());
  REQUIRE(directory);

  struct Case {
    std::string domain;
    std::string server;
  };
  const auto row = GENERATE(values<Case>({
      {"docker.io", "a.example"},
      {"registry.example:5000", "underscores.example"},
      {"registry.example", "itself"},
      {"other.example:5000", "b.example"},
      {"other.example:5001", "itself"},
      {"upper.example", "c.example"},
      {"[::1]:5000", "d.example"},
      {"empty.example", "itself"},
      {"unknown.example", "itself"},
  }));
  CAPTURE(row.domain);
  CHECK(server_of(*directory, row.domain) == row.server);
}

TEST_CASE("_default is for the registries without a folder", "[registry]") {
  Certs certs;
  certs.add("_default", "server = 'mirror.example'");
  certs.add("docker.io", "");
  const auto directory = read_hosts_directory(certs.path());
  REQUIRE(directory);
  CHECK(server_of(*directory, "quay.example") == "mirror.example");
  CHECK(server_of(*directory, "docker.io").empty());
}

TEST_CASE("relative files are relative to the folder of the hosts.toml", "[registry]") {
  Certs certs;
  certs.write("docker.io", "ca.pem", "x");
  certs.add("docker.io", "ca = 'ca.pem'");
  const auto directory = read_hosts_directory(certs.path());
  REQUIRE(directory);
  const HostsFile* file = directory->find("docker.io");
  REQUIRE(file != nullptr);
  CHECK(file->server.ca_file == certs.path() + "/docker.io/ca.pem");
}

TEST_CASE("mistakes of all folders are found at once", "[registry]") {
  Certs certs;
  certs.add("a.example", "server = 1");
  certs.add("b.example", "ca = 'ca.pem'");
  certs.add("no_host_", "");
  certs.write("docker.example", "ca.crt", "x");
  const auto directory = read_hosts_directory(certs.path());
  REQUIRE_FALSE(directory);
  std::vector<std::string> lines;
  for (const policy::Mistake& mistake : directory.error()) {
    lines.push_back(mistake.str().substr(certs.path().size() + 1));
  }
  REQUIRE(lines.size() == 4);
  CHECK_THAT(lines[0], Catch::StartsWith("a.example/hosts.toml:1:10: server: "));
  CHECK_THAT(lines[1], Catch::StartsWith("b.example/hosts.toml:1:6: ca: "));
  CHECK_THAT(lines[2], Catch::StartsWith("docker.example: holds certificates"));
  CHECK_THAT(lines[3], Catch::StartsWith("no_host_/hosts.toml: is in a folder whose name"));
}

TEST_CASE("a folder that isn't there is a mistake", "[registry]") {
  Certs certs;
  const auto directory = read_hosts_directory(certs.path() + "/none");
  REQUIRE_FALSE(directory);
  CHECK_THAT(directory.error().front().str(), Catch::Contains("can't be read"));
}

}  // namespace leangate::registry
