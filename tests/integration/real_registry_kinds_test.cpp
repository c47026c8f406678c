// The same questions to registries of every make that can be had: Debian's docker-registry as it
// is, with passwords, and with a token server; distribution's current release; olareg. Where an
// answer can be compared, skopeo is asked as well.
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <openssl/evp.h>

#include "tests/fakes/image_builder.h"
#include "tests/fakes/real_registry.h"
#include "tests/fakes/scripted_server.h"
#include "tests/integration/inspection_fixture.h"
#include "tests/support/catch.h"
#include "webhook/registry/digest.h"

namespace leangate::inspection {
namespace {

using fakes::Blob;
using fakes::BuiltImage;
using fakes::RealRegistry;
using fakes::RegistrySoftware;
using fakes::TemporaryFolder;
using fakes::TokenServer;
using policy::LookupFailureKind;
using policy::Platform;

enum class Asks { Nothing, Password, Token };

// The token server gives "robot" what is under "robot/".
constexpr const char* kRepository = "robot/app";

// The names show in ctest's.
struct Debian {
  static constexpr RegistrySoftware kSoftware = RegistrySoftware::Debian;
  static constexpr Asks kAsks = Asks::Nothing;
};
struct DebianWithPasswords {
  static constexpr RegistrySoftware kSoftware = RegistrySoftware::Debian;
  static constexpr Asks kAsks = Asks::Password;
};
struct DebianWithTokens {
  static constexpr RegistrySoftware kSoftware = RegistrySoftware::Debian;
  static constexpr Asks kAsks = Asks::Token;
};
struct Distribution {
  static constexpr RegistrySoftware kSoftware = RegistrySoftware::Distribution;
  static constexpr Asks kAsks = Asks::Nothing;
};
struct DistributionWithPasswords {
  static constexpr RegistrySoftware kSoftware = RegistrySoftware::Distribution;
  static constexpr Asks kAsks = Asks::Password;
};
struct Olareg {
  static constexpr RegistrySoftware kSoftware = RegistrySoftware::Olareg;
  static constexpr Asks kAsks = Asks::Nothing;
};

// A registry of that kind: filled while it still asks nobody, then started as it shall be.
template <typename Make>
class Hosted {
 public:
  using Fill = std::function<void(std::uint16_t port)>;

  static bool can_run() {
    std::string missing = RealRegistry::missing(Make::kSoftware);
    if (missing.empty() && Make::kAsks == Asks::Token) {
      missing = TokenServer::missing();
    }
    if (!missing.empty()) {
      WARN("skipped: " << missing);
    }
    return missing.empty();
  }

  explicit Hosted(const Fill& fill) {
    fakes::RealRegistryOptions options;
    options.software = Make::kSoftware;
    fill(RealRegistry{storage_, options}.port());
    if (Make::kAsks != Asks::Nothing) {
      options.user = kUser;
      options.password = kPassword;
    }
    if (Make::kAsks == Asks::Token) {
      tokens_.emplace(storage_, files_, kUser, kPassword);
      options.tokens = &*tokens_;
    }
    registry_.emplace(storage_, options);
    registry::HostRule rule;
    rule.host = registry_->host();
    rule.plain_http = true;
    rule.ca_file = authority_.ca_file();
    if (tokens_) {
      rule.token_realms = {tokens_->host()};
    }
    registry::RegistryOptions client;
    client.hosts.push_back(rule);
    stack_ = std::make_unique<InspectionStack>(client);
  }

  // With the password where the registry asks for one.
  Inspection look_up(const std::string& tag_or_digest, const Platform& platform = {}) {
    const InspectionRequest anonymous = request(tag_or_digest);
    return ask(Make::kAsks == Asks::Nothing ? anonymous : with_password(anonymous, kPassword),
               platform);
  }
  Inspection look_up_with(const std::string& password) {
    return ask(with_password(request("1"), password), {});
  }
  Inspection look_up_anonymously() { return ask(request("1"), {}); }
  Inspection look_up_elsewhere() {
    InspectionRequest other = request("1");
    other.reference.path = "robot/other";
    return ask(Make::kAsks == Asks::Nothing ? other : with_password(other, kPassword), {});
  }

  // The digest of what skopeo reads.
  std::string digest_by_skopeo(const std::string& suffix) const {
    const std::string login = Make::kAsks == Asks::Nothing
                                  ? std::string{" --no-creds"}
                                  : " --creds " + std::string{kUser} + ":" + kPassword;
    return registry::sha256_digest(fakes::output_of("skopeo inspect --raw --tls-verify=false" +
                                                    login + " docker://" + registry_->host() + "/" +
                                                    kRepository + suffix));
  }

 private:
  InspectionRequest request(const std::string& tag_or_digest) const {
    InspectionRequest request = request_for(registry_->host(), tag_or_digest);
    request.reference.path = kRepository;
    return request;
  }
  Inspection ask(const InspectionRequest& request, const Platform& platform) {
    return inspection::ask(stack_->registry,
                           platform.os.empty() ? request : only_for(request, platform));
  }

  TemporaryFolder storage_;
  fakes::TestAuthority authority_{storage_};
  fakes::CertificateFiles files_ = authority_.issue("token-server");
  std::optional<TokenServer> tokens_;
  std::optional<RealRegistry> registry_;
  std::unique_ptr<InspectionStack> stack_;
};

BuiltImage image_for(const std::string& architecture, bool docker = false) {
  fakes::ImageSpec spec;
  spec.platform = {"linux", architecture, ""};
  spec.layers = {"layer of " + architecture};
  spec.docker = docker;
  return build_image(spec);
}

std::string sha512_digest(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  std::size_t length = 0;
  REQUIRE(EVP_Q_digest(
              nullptr, "SHA512", nullptr, bytes.data(), bytes.size(), hash.data(), &length) == 1);
  std::string text = "sha512:";
  for (std::size_t i = 0; i < length; ++i) {
    constexpr const char* kDigits = "0123456789abcdef";
    text += {kDigits[hash.at(i) / 16], kDigits[hash.at(i) % 16]};
  }
  return text;
}

bool skopeo_is_there() {
  return ::access("/usr/bin/skopeo", X_OK) == 0;
}

}  // namespace

// NOLINTBEGIN(readability-function-cognitive-complexity): Catch2 expands the list of types into it
TEMPLATE_TEST_CASE("a registry of every make: an image by tag and by digest, as skopeo reads it",
                   "[inspection][registry]",
                   Debian,
                   DebianWithPasswords,
                   DebianWithTokens,
                   Distribution,
                   DistributionWithPasswords,
                   Olareg) {
  if (!Hosted<TestType>::can_run()) {
    return;
  }
  const BuiltImage oci = image_for("amd64");
  const BuiltImage docker = image_for("amd64", true);
  Hosted<TestType> hosted{[&](std::uint16_t port) {
    push_image(port, kRepository, "1", oci);
    push_image(port, kRepository, "docker", docker);
  }};
  for (const auto& [name, image] : {std::pair{std::string{"1"}, oci},
                                    {oci.manifest.digest, oci},
                                    {"docker", docker},
                                    {docker.manifest.digest, docker}}) {
    CAPTURE(name);
    const Inspection result = hosted.look_up(name);
    CAPTURE(result->failure ? result->failure->detail : "");
    REQUIRE_FALSE(result->failure);
    CHECK(result->digest == image.manifest.digest);
    REQUIRE(result->platforms.size() == 1);
    CHECK(result->platforms.front().layers.front().digest == image.layers.front().digest);
    CHECK(result->platforms.front().config.has_value());
  }
  if (skopeo_is_there()) {
    CHECK(hosted.digest_by_skopeo(":1") == oci.manifest.digest);
    CHECK(hosted.digest_by_skopeo(":docker") == docker.manifest.digest);
    CHECK(hosted.digest_by_skopeo("@" + oci.manifest.digest) == oci.manifest.digest);
  }
}

TEMPLATE_TEST_CASE("a registry of every make: an index, and an index in it",
                   "[inspection][registry]",
                   Debian,
                   DebianWithPasswords,
                   DebianWithTokens,
                   Distribution,
                   DistributionWithPasswords,
                   Olareg) {
  if (!Hosted<TestType>::can_run()) {
    return;
  }
  const BuiltImage amd64 = image_for("amd64");
  const BuiltImage arm64 = image_for("arm64");
  const BuiltImage s390x = image_for("s390x");
  const Blob inner = fakes::build_index({{s390x.manifest, Platform{"linux", "s390x", ""}, false}});
  const Blob index = fakes::build_index({{amd64.manifest, Platform{"linux", "amd64", ""}, false},
                                         {arm64.manifest, Platform{"linux", "arm64", ""}, false},
                                         {inner, {}, false}});
  Hosted<TestType> hosted{[&](std::uint16_t port) {
    for (const BuiltImage& image : {amd64, arm64, s390x}) {
      push_image(port, kRepository, "part", image);
    }
    push_document(port, kRepository, "inner", inner);
    push_document(port, kRepository, "1", index);
  }};
  const Inspection all = hosted.look_up("1");
  CAPTURE(all->failure ? all->failure->detail : "");
  REQUIRE_FALSE(all->failure);
  CHECK(all->digest == index.digest);
  CHECK(all->platforms.size() == 3);
  const Inspection one = hosted.look_up("1", Platform{"linux", "s390x", ""});
  REQUIRE_FALSE(one->failure);
  REQUIRE(one->platforms.size() == 1);
  CHECK(one->platforms.front().manifest_digest == s390x.manifest.digest);
  if (skopeo_is_there()) {
    CHECK(hosted.digest_by_skopeo(":1") == index.digest);
  }
}

TEMPLATE_TEST_CASE("a registry of every make: what isn't there is not found",
                   "[inspection][registry]",
                   Debian,
                   DebianWithPasswords,
                   DebianWithTokens,
                   Distribution,
                   DistributionWithPasswords,
                   Olareg) {
  if (!Hosted<TestType>::can_run()) {
    return;
  }
  Hosted<TestType> hosted{
      [&](std::uint16_t port) { push_image(port, kRepository, "1", image_for("amd64")); }};
  const Inspection no_tag = hosted.look_up("no-such-tag");
  const Inspection no_digest = hosted.look_up("sha256:" + std::string(64, 'a'));
  const Inspection no_repository = hosted.look_up_elsewhere();
  for (const Inspection& result : {no_tag, no_digest, no_repository}) {
    REQUIRE(result->failure);
    CAPTURE(result->failure->detail);
    CHECK(result->failure->kind == LookupFailureKind::NotFoundOrDenied);
  }
}

TEMPLATE_TEST_CASE("a registry that asks who is there: a wrong password and none are refused",
                   "[inspection][registry]",
                   DebianWithPasswords,
                   DebianWithTokens,
                   DistributionWithPasswords) {
  if (!Hosted<TestType>::can_run()) {
    return;
  }
  Hosted<TestType> hosted{
      [&](std::uint16_t port) { push_image(port, kRepository, "1", image_for("amd64")); }};
  for (const Inspection& result :
       {hosted.look_up_anonymously(), hosted.look_up_with("wrong-password")}) {
    REQUIRE(result->failure);
    CAPTURE(result->failure->detail);
    CHECK(result->failure->kind == LookupFailureKind::NotFoundOrDenied);
    CHECK_FALSE(contains(result->failure->detail, "wrong-password"));
  }
  CHECK_FALSE(hosted.look_up_with(kPassword)->failure);
}

// Of these only olareg keeps content under other digests than sha256.
TEMPLATE_TEST_CASE("a registry that keeps sha512: an image is read by that digest",
                   "[inspection][registry]",
                   Olareg) {
  if (!Hosted<TestType>::can_run()) {
    return;
  }
  const BuiltImage image = image_for("amd64");
  const std::string digest = sha512_digest(image.manifest.bytes);
  Hosted<TestType> hosted{[&](std::uint16_t port) {
    push_image(port, kRepository, "1", image);
    push_document(port, kRepository, digest, image.manifest);
  }};
  const Inspection result = hosted.look_up(digest);
  CAPTURE(result->failure ? result->failure->detail : "");
  REQUIRE_FALSE(result->failure);
  CHECK(result->digest == digest);
}
// NOLINTEND(readability-function-cognitive-complexity)

TEST_CASE("a real registry that keeps its blobs elsewhere is followed there without the password",
          "[inspection][registry]") {
  const std::string missing = RealRegistry::missing();
  if (!missing.empty()) {
    WARN("skipped: " << missing);
    return;
  }
  const TemporaryFolder storage;
  const BuiltImage image = image_for("amd64");
  push_image(RealRegistry{storage, {}}.port(), "team/app", "1", image);
  fakes::ScriptedServer store;
  // The registry names the file in its own storage.
  store.behave([&](fakes::ScriptedConnection& connection) {
    fakes::RecordedRequest request;
    while (connection.read_request(request)) {
      std::ifstream file{storage.path() / ("storage" + request.target), std::ios::binary};
      connection.send(fakes::http_response(file ? 200 : 404,
                                           std::string{std::istreambuf_iterator<char>{file}, {}}));
    }
  });
  fakes::RealRegistryOptions options;
  options.user = kUser;
  options.password = kPassword;
  options.blobs_elsewhere = store.origin();
  const RealRegistry server{storage, options};
  registry::RegistryOptions client;
  client.hosts.push_back({server.host(), true});
  const bool allowed = GENERATE(true, false);
  if (allowed) {
    client.hosts.front().redirect_hosts = {"127.0.0.1:" + std::to_string(store.port())};
  }
  InspectionStack stack{client};

  const Inspection result =
      ask(stack.registry, with_password(request_for(server.host(), "1"), kPassword));
  CAPTURE(result->failure ? result->failure->detail : "");
  if (!allowed) {  // it is on loopback, and nobody said that it may be
    REQUIRE(result->failure);
    CHECK(result->failure->kind == LookupFailureKind::Refused);
    CHECK(store.connections() == 0);
    return;
  }
  REQUIRE_FALSE(result->failure);
  CHECK(result->platforms.front().config.has_value());
  REQUIRE(store.requests().size() == 1);
  CHECK(store.requests().front().header("authorization").empty());
}

}  // namespace leangate::inspection
