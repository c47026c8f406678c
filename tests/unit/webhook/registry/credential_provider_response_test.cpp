#include "webhook/registry/credential_provider_response.h"

#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

using std::chrono::milliseconds;

constexpr const char* kV1 = "credentialprovider.kubelet.k8s.io/v1";

std::string response(const std::string& rest) {
  return std::string{R"({"apiVersion": ")"} + kV1 + R"(", "kind": "CredentialProviderResponse", )" +
         rest + "}";
}

struct Lifetime {
  std::string text;
  long long milliseconds;
};

struct Bad {
  std::string name;
  std::string text;
};

}  // namespace

TEST_CASE("a provider is told the image without tag and digest", "[registry]") {
  policy::ImageReference reference;
  reference.domain = "r.example:5000";
  reference.path = "team/app";
  reference.tag = "1.0";
  CHECK(provider_request(kV1, reference) ==
        R"({"apiVersion":"credentialprovider.kubelet.k8s.io/v1",)"
        R"("kind":"CredentialProviderRequest","image":"r.example:5000/team/app"})"
        "\n");
}

TEST_CASE("a provider's answer holds credentials and how long", "[registry]") {
  const auto read = read_provider_response(
      response(R"("cacheKeyType": "Registry", "cacheDuration": "6h0m0s", "more": [1],
                  "auth": {"*.example": {"username": "u", "password": "p"}, "r.example/x": {}})"),
      kV1);
  REQUIRE(read);
  CHECK(read->cache_key == ProviderResponse::CacheKey::Registry);
  CHECK(read->cache_duration == std::chrono::hours{6});
  REQUIRE(read->credentials.size() == 2);
  CHECK(read->credentials[0].key == "*.example");
  CHECK(read->credentials[0].username == "u");
  CHECK(read->credentials[0].password == "p");
  CHECK(read->credentials[1].username.empty());

  const auto none = read_provider_response(response(R"("cacheKeyType": "Global")"), kV1);
  REQUIRE(none);
  CHECK(none->cache_key == ProviderResponse::CacheKey::Global);
  CHECK_FALSE(none->cache_duration);
  CHECK(none->credentials.empty());
}

TEST_CASE("a provider's lifetimes are Go's", "[registry]") {
  const auto row = GENERATE(values<Lifetime>({
      {"0", 0},
      {"0s", 0},
      {"-5m", 0},
      {"+1s", 1000},
      {"12h", 43'200'000},
      {"5h59m59.871523s", 21'599'871},
      {"1.5h", 5'400'000},
      {".5s", 500},
      {"1500us", 1},
      {"1500\xC2\xB5s", 1},
      {"1500\xCE\xBCs", 1},
      {"999ns", 0},
      {"100000000000000000000h", 31'536'000'000},
  }));
  CAPTURE(row.text);
  const auto read = read_provider_response(
      response(R"("cacheKeyType": "Image", "cacheDuration": ")" + row.text + "\""), kV1);
  REQUIRE(read);
  CHECK(read->cache_duration == milliseconds{row.milliseconds});
}

TEST_CASE("a provider's answer that makes no sense is none", "[registry]") {
  const auto row = GENERATE(values<Bad>({
      {"nothing", ""},
      {"no JSON", "secret"},
      {"no object", "[\"secret\"]"},
      {"two answers", response(R"("cacheKeyType": "Image")") + "{}"},
      {"other version",
       R"({"apiVersion": "credentialprovider.kubelet.k8s.io/v1beta1",
           "kind": "CredentialProviderResponse", "cacheKeyType": "Image"})"},
      {"no version", R"({"kind": "CredentialProviderResponse", "cacheKeyType": "Image"})"},
      {"other kind",
       R"({"apiVersion": "credentialprovider.kubelet.k8s.io/v1",
           "kind": "CredentialProviderRequest", "cacheKeyType": "Image"})"},
      {"no key type", response(R"("auth": {})")},
      {"unknown key type", response(R"("cacheKeyType": "Pod")")},
      {"key type in small letters", response(R"("cacheKeyType": "image")")},
      {"duration without a unit", response(R"("cacheKeyType": "Image", "cacheDuration": "5")")},
      {"duration without digits", response(R"("cacheKeyType": "Image", "cacheDuration": ".s")")},
      {"duration with two points",
       response(R"("cacheKeyType": "Image", "cacheDuration": "1.2.3s")")},
      {"empty duration", response(R"("cacheKeyType": "Image", "cacheDuration": "")")},
      {"endless duration",
       response(R"("cacheKeyType": "Image", "cacheDuration": ")" + std::string(100, '1') + "s\"")},
      {"duration no text", response(R"("cacheKeyType": "Image", "cacheDuration": 5)")},
      {"auth no object", response(R"("cacheKeyType": "Image", "auth": "secret")")},
      {"entry no object", response(R"("cacheKeyType": "Image", "auth": {"r": "secret"})")},
      {"password no text",
       response(R"("cacheKeyType": "Image", "auth": {"r": {"password": ["secret"]}})")},
      {"password twice",
       response(
           R"("cacheKeyType": "Image", "auth": {"r": {"password": "secret", "password": "b"}})")},
      {"deep", response("\"auth\": " + std::string(100'000, '['))},
  }));
  CAPTURE(row.name);
  const auto read = read_provider_response(row.text, kV1);
  REQUIRE_FALSE(read);
  CHECK(read.error().find("secret") == std::string::npos);
  CHECK(read.error().substr(0, 10) == "its answer");
}

TEST_CASE("a provider's answer has a bounded number of credentials", "[registry]") {
  std::string auth = R"("cacheKeyType": "Image", "auth": {)";
  for (int i = 0; i < 257; ++i) {
    auth += (i == 0 ? "" : ", ") + ("\"r" + std::to_string(i)) + "\": {}";
  }
  CHECK_FALSE(read_provider_response(response(auth + "}"), kV1));
}

}  // namespace leangate::registry
