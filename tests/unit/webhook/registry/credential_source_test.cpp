#include "webhook/registry/credential_source.h"

#include <chrono>
#include <utility>

#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

using inspection::Credential;

policy::ImageReference image(const std::string& domain) {
  policy::ImageReference reference;
  reference.domain = domain;
  reference.path = "team/app";
  return reference;
}

// Answers nothing, and remembers how long it was allowed to take.
class Slow final : public CredentialSource {
 public:
  explicit Slow(Deadline& asked_until) : asked_until_{asked_until} {}

  FoundCredentials find(const policy::ImageReference&, Deadline deadline) override {
    asked_until_ = deadline;
    return {{}, {"slow one, which hasn't answered yet"}, false};
  }

 private:
  Deadline& asked_until_;
};

std::unique_ptr<CredentialSource> list(const std::string& key, const std::string& source) {
  return std::make_unique<FixedCredentials>(
      std::vector<Credential>{{key, "user", "secret", "secret", source}});
}

}  // namespace

TEST_CASE("a chain asks all its sources, in their order", "[registry]") {
  Deadline asked_until{};
  std::vector<std::unique_ptr<CredentialSource>> sources;
  sources.push_back(list("*.example", "first"));
  sources.push_back(std::make_unique<Slow>(asked_until));
  sources.push_back(list("r.example", "second"));
  sources.push_back(list("other.example", "third"));
  CredentialChain chain{std::move(sources), std::chrono::seconds{3}};

  const FoundCredentials found = chain.find(image("r.example"), Deadline::max());

  REQUIRE(found.credentials.size() == 2);
  CHECK(found.credentials[0].source == "first");
  CHECK(found.credentials[1].source == "second");
  CHECK_FALSE(found.is_complete);
  CHECK(tried_sources(found) ==
        " (tried: first for *.example; slow one, which hasn't answered yet; second for r.example; "
        "third for other.example)");
  CHECK(asked_until <= deadline_in(std::chrono::seconds{3}));

  const Deadline soon = deadline_in(std::chrono::milliseconds{5});
  (void)chain.find(image("r.example"), soon);
  CHECK(asked_until == soon);
}

TEST_CASE("what was tried is said in few, printable words without a secret", "[registry]") {
  std::vector<Credential> credentials;
  for (int i = 0; i < 40; ++i) {
    credentials.push_back(
        {"r" + std::to_string(i) + ".example", "u", "secret", "secret", "file a"});
  }
  credentials.push_back({std::string(5000, 'k'), "u", "secret", "", "file b"});
  credentials.push_back({"line\nbreak", "u", "secret", "", ""});
  FixedCredentials source{credentials};

  const std::string said = tried_sources(source.find(image("x.example"), Deadline::max()));

  CHECK(said.find("file a for r0.example, r1.example, r2.example and 37 more; file b for kkk") !=
        std::string::npos);
  CHECK(said.find("credentials for line?break") != std::string::npos);
  CHECK(said.find("secret") == std::string::npos);
  CHECK(said.size() < 600);

  FoundCredentials many;
  many.tried.assign(1000, "docker config /somewhere for some.example");
  CHECK(tried_sources(many).size() < 600);
  CHECK(tried_sources({}).empty());
}

}  // namespace leangate::registry
