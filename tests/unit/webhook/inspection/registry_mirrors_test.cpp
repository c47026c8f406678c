#include <memory>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/webhook/inspection/registry_rig.h"

namespace leangate::inspection {
namespace {

using fakes::header_of;
using policy::LookupFailureKind;
using registry::ConfiguredHost;
using registry::HostsDirectory;
using transport::HttpRequest;

constexpr const char* kNs = "?ns=registry.example";

ConfiguredHost host_at(const std::string& url, bool may_pull = true, bool may_resolve = true) {
  ConfiguredHost host;
  host.base = transport::parse_url(url).value();
  host.may_pull = may_pull;
  host.may_resolve = may_resolve;
  return host;
}

// A rig whose registry has these mirrors.
struct MirrorRig : Rig {
  explicit MirrorRig(const std::vector<ConfiguredHost>& hosts, const ConfiguredHost& server = {})
      : directory{std::make_shared<HostsDirectory>()} {
    directory->registries["registry.example"] = {hosts, server};
    options.mirrors = directory;
  }

  // The same content as Rig::add and Rig::tag serve, below another origin.
  void serve_at(const std::string& origin, const std::string& tag, const BuiltImage& image) {
    transport.on(origin + "/v2/team/app/manifests/" + tag, serving(image.manifest));
    transport.on(origin + "/v2/team/app/manifests/" + image.manifest.digest,
                 serving(image.manifest));
    transport.on(origin + "/v2/team/app/blobs/" + image.config.digest, serving(image.config));
  }

  std::shared_ptr<HostsDirectory> directory;
};

std::string at(const std::string& origin, const std::string& what) {
  return "GET " + origin + "/v2/team/app/" + what;
}

using Lines = std::vector<std::string>;

constexpr const char* kMirror = "https://mirror.example";
constexpr const char* kOther = "https://other.example";

}  // namespace

TEST_CASE("a mirror is asked first, and told whose content is meant", "[inspection]") {
  MirrorRig rig{{host_at("https://mirror.example/v2")}};
  const BuiltImage image = image_for("amd64");
  rig.serve_at(kMirror, "1", image);

  const Inspection result = rig.inspect("1");
  REQUIRE_FALSE(result->failure);
  CHECK(result->served_by == "mirror.example");
  CHECK(rig.transport.asked() ==
        Lines{at(kMirror, "manifests/1") + kNs, at(kMirror, "blobs/" + image.config.digest) + kNs});
}

TEST_CASE("whatever a mirror can't give, the next one and at last the registry can",
          "[inspection]") {
  MirrorRig rig{{host_at("https://mirror.example/v2"), host_at("https://other.example/v2")}};
  const BuiltImage image = image_for("amd64");
  struct Case {
    std::string name;
    FakeAnswer answer;
  };
  using transport::TransportError;
  const auto row = GENERATE_COPY(values<Case>({
      {"not found", {404, "", {}, {}}},
      {"denied", unauthorized("Basic realm=x")},
      {"failing", {500, "", {}, {}}},
      {"no answer", {0, "", {}, TransportError{TransportError::Kind::Connect, "refused"}}},
      {"refused address", {0, "", {}, TransportError{TransportError::Kind::Refused, "10.0.0.1"}}},
      {"a lie", {200, "{}", {{"docker-content-digest", image.manifest.digest}}, {}}},
      {"redirect to nowhere", {307, "", {{"location", "file:///etc/passwd"}}, {}}},
  }));
  CAPTURE(row.name);
  rig.transport.on(std::string{kMirror} + "/v2/team/app/manifests/1", row.answer);
  rig.transport.on(std::string{kOther} + "/v2/team/app/manifests/1", row.answer);
  rig.serve_at(kOrigin, "1", image);

  const Inspection result = rig.inspect("1");
  REQUIRE_FALSE(result->failure);
  CHECK(result->digest == image.manifest.digest);
  const Lines asked = rig.transport.asked();
  CHECK(asked.back() == at(kOrigin, "blobs/" + image.config.digest));
  CHECK(asked[asked.size() - 2] == at(kOrigin, "manifests/1"));
}

TEST_CASE("what a mirror lacks of an image is read elsewhere", "[inspection]") {
  MirrorRig rig{{host_at("https://mirror.example/v2")}};
  const BuiltImage image = image_for("amd64");
  rig.transport.on(std::string{kMirror} + "/v2/team/app/manifests/1", serving(image.manifest));
  rig.serve_at(kOrigin, "1", image);

  REQUIRE_FALSE(rig.inspect("1")->failure);
  CHECK(rig.transport.asked() == Lines{at(kMirror, "manifests/1") + kNs,
                                       at(kMirror, "blobs/" + image.config.digest) + kNs,
                                       at(kOrigin, "blobs/" + image.config.digest)});
}

TEST_CASE("capabilities say who is asked what", "[inspection]") {
  const BuiltImage image = image_for("amd64");
  const std::string config = "blobs/" + image.config.digest;
  const std::string manifest = "manifests/" + image.manifest.digest;

  SECTION("a mirror that may only pull isn't asked for tags, but for what they name") {
    MirrorRig rig{{host_at("https://mirror.example/v2", true, false)}};
    rig.serve_at(kMirror, "1", image);
    rig.transport.on(
        Rig::manifest_url("1"),
        {200, "", {{"docker-content-digest", image.manifest.digest}, {"content-length", "9"}}, {}});
    REQUIRE_FALSE(rig.inspect("1")->failure);
    CHECK(rig.transport.asked() == Lines{"HEAD " + Rig::manifest_url("1"),
                                         at(kMirror, manifest) + kNs,
                                         at(kMirror, config) + kNs});
  }
  SECTION("a digest is pulled from it at once") {
    MirrorRig rig{{host_at("https://mirror.example/v2", true, false)}};
    rig.serve_at(kMirror, "1", image);
    REQUIRE_FALSE(rig.inspect(image.manifest.digest)->failure);
    CHECK(rig.transport.asked() == Lines{at(kMirror, manifest) + kNs, at(kMirror, config) + kNs});
  }
  SECTION("one that may neither is never asked") {
    MirrorRig rig{{host_at("https://mirror.example/v2", false, false)}};
    rig.serve_at(kOrigin, "1", image);
    REQUIRE_FALSE(rig.inspect("1")->failure);
    CHECK(rig.transport.asked() == Lines{at(kOrigin, "manifests/1"), at(kOrigin, config)});
  }
  SECTION("nobody may") {
    MirrorRig rig{{}, host_at("https://registry.example/v2", true, false)};
    const Inspection result = rig.inspect("1");
    REQUIRE(result->failure);
    CHECK(result->failure->kind == LookupFailureKind::Refused);
    CHECK(result->failure->detail.find("capability") != std::string::npos);
  }
}

TEST_CASE("a server that is another host stands in for the registry", "[inspection]") {
  MirrorRig rig{{}, host_at("https://mirror.example/v2")};
  const Inspection result = rig.inspect("1");
  REQUIRE(result->failure);
  CHECK(rig.transport.asked() == Lines{at(kMirror, "manifests/1") + kNs});
  CHECK(result->failure->detail.find("mirror.example") != std::string::npos);
}

TEST_CASE("a failure names every host that was asked", "[inspection]") {
  MirrorRig rig{{host_at("https://mirror.example/v2")}};
  rig.transport.on(std::string{kMirror} + "/v2/team/app/manifests/1", {500, "", {}, {}});
  const Inspection result = rig.inspect("1");
  REQUIRE(result->failure);
  CHECK(result->failure->kind == LookupFailureKind::NotFoundOrDenied);
  CHECK(result->failure->detail.find("GET https://registry.example/") != std::string::npos);
  CHECK(result->failure->detail.find("before it: GET https://mirror.example/") !=
        std::string::npos);
}

TEST_CASE("a mirror never sees the registry's credentials", "[inspection]") {
  MirrorRig rig{{host_at("https://mirror.example/v2")}};
  const BuiltImage image = image_for("amd64");
  Credential at_mirror = credential("mirror-user");
  at_mirror.key = "mirror.example";
  const bool operator_knows_it = GENERATE(true, false);
  std::vector<Credential> operators{credential("operator")};
  if (operator_knows_it) {
    operators.push_back(at_mirror);
  }
  rig.options.credentials = registry::fixed_credentials(operators);
  rig.transport.on(std::string{kMirror} + "/v2/team/app/manifests/1",
                   unauthorized("Basic realm=x"));
  rig.serve_at(kOrigin, "1", image);
  InspectionRequest request;
  request.reference = reference_to("1");
  request.platforms.all = true;
  request.credentials.credentials = {credential("workload"), at_mirror};

  REQUIRE_FALSE(rig.inspect(request)->failure);
  Lines sent;
  for (const HttpRequest& asked : rig.transport.requests()) {
    if (asked.url.host == "mirror.example") {
      sent.push_back(header_of(asked, "Authorization"));
    }
  }
  // base64 of mirror-user:password
  CHECK(sent == (operator_knows_it ? Lines{"", "Basic bWlycm9yLXVzZXI6cGFzc3dvcmQ="} : Lines{""}));
}

TEST_CASE("a mirror's headers go to its own origin only", "[inspection]") {
  ConfiguredHost mirror = host_at("https://mirror.example/v2");
  mirror.headers = {{"X-Key", "secret"}};
  MirrorRig rig{{mirror}};
  const BuiltImage image = image_for("amd64");
  rig.serve_at(kMirror, "1", image);
  rig.transport.on(std::string{kMirror} + "/v2/team/app/blobs/" + image.config.digest,
                   {307, "", {{"location", "https://blobs.example/x"}}, {}});
  rig.transport.on("https://blobs.example/x", serving(image.config));

  REQUIRE_FALSE(rig.inspect("1")->failure);
  for (const HttpRequest& asked : rig.transport.requests()) {
    CHECK((header_of(asked, "X-Key") == "secret") == (asked.url.host == "mirror.example"));
  }
}

TEST_CASE("hosts of a hosts.toml become endpoints", "[inspection]") {
  struct Case {
    std::string name;
    std::string domain;
    std::string host;  // as hosts.toml has it, with the root of its API
    std::string asked;
    bool configured;
    bool allow_private;
    bool allow_loopback;
  };
  const auto row = GENERATE(values<Case>({
      {"a path before the API",
       "registry.example",
       "https://mirror.example/us/v2",
       "https://mirror.example/us/v2/team/app/manifests/1?ns=registry.example",
       true,
       true,
       false},
      {"a path behind the API",
       "registry.example",
       "https://mirror.example/v2/proxy",
       "https://mirror.example/v2/proxy/team/app/manifests/1?ns=registry.example",
       true,
       true,
       false},
      {"no path at all",
       "registry.example",
       "https://mirror.example",
       "https://mirror.example/team/app/manifests/1?ns=registry.example",
       true,
       true,
       false},
      {"plain http on loopback",
       "registry.example:5000",
       "http://127.0.0.1:5001/v2",
       "http://127.0.0.1:5001/v2/team/app/manifests/1?ns=registry.example%3A5000",
       true,
       true,
       true},
      {"the registry itself",
       "registry.example",
       "https://registry.example/v2",
       "https://registry.example/v2/team/app/manifests/1",
       true,
       true,
       false},
      {"Docker Hub by its endpoint",
       "docker.io",
       "https://registry-1.docker.io/v2",
       "https://registry-1.docker.io/v2/team/app/manifests/1",
       true,
       true,
       false},
      {"Docker Hub by its name",
       "docker.io",
       "https://docker.io/v2",
       "https://registry-1.docker.io/v2/team/app/manifests/1",
       true,
       true,
       false},
      {"a mirror of Docker Hub",
       "docker.io",
       "https://mirror.example/v2",
       "https://mirror.example/v2/team/app/manifests/1?ns=docker.io",
       true,
       true,
       false},
  }));
  CAPTURE(row.name);
  Rig rig;
  auto directory = std::make_shared<HostsDirectory>();
  ConfiguredHost host = host_at(row.host);
  if (row.name == "no path at all") {
    host.base.target.clear();  // parse_url makes it "/", hosts.toml's reader doesn't
  }
  directory->registries[row.domain].hosts = {host};
  rig.options.mirrors = directory;
  InspectionRequest request;
  request.reference = reference_to("1");
  request.reference.domain = row.domain;

  rig.inspect(request);
  const HttpRequest asked = rig.transport.requests().front();
  CHECK(asked.url.str() == row.asked);
  REQUIRE(asked.access);
  CHECK(asked.access->configured == row.configured);
  CHECK(asked.access->allow_private == row.allow_private);
  CHECK(asked.access->allow_loopback == row.allow_loopback);
}

TEST_CASE("a mirror that keeps others' repositories below its own is asked in their names",
          "[inspection]") {
  MirrorRig rig{{host_at("https://mirror.example/v2/proxy")}};
  rig.transport.on(std::string{kMirror} + "/v2/proxy/team/app/manifests/1",
                   unauthorized("Bearer realm=\"https://mirror.example/token\""));
  rig.inspect("1");
  CHECK(rig.transport.asked()[1] ==
        "GET https://mirror.example/token?scope=repository%3Aproxy%2Fteam%2Fapp%3Apull");
}

TEST_CASE("a failure through a default mirror tells a stranger's host nothing", "[inspection]") {
  Rig rig;
  auto directory = std::make_shared<HostsDirectory>();
  directory->others = std::make_unique<registry::HostsFile>();
  directory->others->hosts = {host_at("https://mirror.example/v2")};
  rig.options.mirrors = directory;
  const Inspection result = rig.inspect("1");
  REQUIRE(result->failure);
  CHECK(rig.transport.asked() ==
        Lines{at(kMirror, "manifests/1") + kNs, at(kOrigin, "manifests/1")});
  CHECK_FALSE(rig.transport.requests().back().access->configured);
  CHECK(result->failure->public_detail == "could not be read");
}

TEST_CASE("a tag is resolved where it is read", "[inspection]") {
  MirrorRig rig{
      {host_at("https://other.example/v2", true, false), host_at("https://mirror.example/v2")}};
  const std::string digest = image_for("amd64").manifest.digest;
  rig.transport.on(std::string{kMirror} + "/v2/team/app/manifests/1",
                   {200, "", {{"docker-content-digest", digest}, {"content-length", "9"}}, {}});
  const auto resolved = rig.resolve("1");
  REQUIRE(resolved);
  CHECK(*resolved == digest);
  CHECK(rig.transport.asked() ==
        Lines{std::string{"HEAD "} + kMirror + "/v2/team/app/manifests/1" + kNs});
}

}  // namespace leangate::inspection
