#include "webhook/registry/credential_provider_config.h"

#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

// As the Kubernetes documentation ("Configure a kubelet image credential provider") has it on
// nodes.
constexpr const char* kAsOnNodes = R"(
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  - name: ecr-credential-provider
    matchImages:
      - "*.dkr.ecr.*.amazonaws.com"
      - "*.dkr.ecr.*.amazonaws.com.cn"
      - "registry.io:8080/path"
      - "registry.io:8080/path"
    defaultCacheDuration: "12h"
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    args:
      - get-credentials
      - --verbose
      - ""
      - --verbose
    env:
      - name: AWS_PROFILE
        value: example_profile
      - name: EMPTY
        value: ""
  - name: acr_2.0
    matchImages: ["*.azurecr.io"]
    defaultCacheDuration: 0s
    apiVersion: credentialprovider.kubelet.k8s.io/v1alpha1
    env: null
)";

struct Bad {
  std::string name;
  std::string provider;
  std::string field;
  std::string message;
};

std::string with_provider(const std::string& fields) {
  return "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n- {" +
         fields + "}\n";
}

}  // namespace

TEST_CASE("the kubelet's own provider configuration is read unchanged", "[registry]") {
  const auto providers = read_provider_config(kAsOnNodes, "config.yaml");
  if (!providers) {
    FAIL(providers.error().front().str());
  }
  REQUIRE(providers->size() == 2);
  const ProviderOptions& ecr = providers->front();
  CHECK(ecr.name == "ecr-credential-provider");
  CHECK(ecr.match_images.size() == 4);
  CHECK(ecr.default_cache_duration == std::chrono::hours{12});
  CHECK(ecr.api_version == "credentialprovider.kubelet.k8s.io/v1");
  CHECK(ecr.arguments == std::vector<std::string>{"get-credentials", "--verbose", "", "--verbose"});
  CHECK(ecr.environment == std::vector<std::string>{"AWS_PROFILE=example_profile", "EMPTY="});
  CHECK(providers->back().name == "acr_2.0");
  CHECK(providers->back().environment.empty());

  const auto json = read_provider_config(
      R"({"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "CredentialProviderConfig",
          "providers": [{"name": "a", "matchImages": ["*.example"], "defaultCacheDuration": "1m",
                         "apiVersion": "credentialprovider.kubelet.k8s.io/v1beta1"}]})",
      "config.json");
  REQUIRE(json);
  CHECK(json->size() == 1);
}

TEST_CASE("a mistake in a provider is found at its place", "[registry]") {
  const std::string rest =
      ", matchImages: [a.b], defaultCacheDuration: 1m, apiVersion: "
      "credentialprovider.kubelet.k8s.io/v1";
  const auto row = GENERATE_COPY(values<Bad>({
      {"a path for a name", "name: ../x" + rest, "providers[0].name", "not the name of a program"},
      {"dots for a name", "name: .." + rest, "providers[0].name", "not the name of a program"},
      {"a blank in a name", "name: a b" + rest, "providers[0].name", "not the name of a program"},
      {"no name", rest.substr(2), "providers[0].name", "missing"},
      {"unknown field", "name: a, surprise: 1" + rest, "providers[0].surprise", ""},
      {"service account tokens",
       "name: a, tokenAttributes: {serviceAccountTokenAudience: x, requireServiceAccount: true}" +
           rest,
       "providers[0].tokenAttributes",
       "service account"},
      {"an argument that is no text", "name: a, args: [--x, 5]" + rest, "providers[0].args[1]", ""},
      {"arguments that are no list", "name: a, args: x" + rest, "providers[0].args", ""},
      {"a variable with '='", "name: a, env: [{name: a=b}]" + rest, "providers[0].env[0].name", ""},
      {"a variable without a name",
       "name: a, env: [{value: b}]" + rest,
       "providers[0].env[0].name",
       "missing"},
      {"no patterns",
       "name: a, matchImages: [], defaultCacheDuration: 1m, apiVersion: "
       "credentialprovider.kubelet.k8s.io/v1",
       "providers[0].matchImages",
       "at least one"},
      {"a pattern with a scheme",
       "name: a, matchImages: ['https://x'], defaultCacheDuration: 1m, apiVersion: "
       "credentialprovider.kubelet.k8s.io/v1",
       "providers[0].matchImages[0]",
       "host"},
      {"a negative duration",
       "name: a, matchImages: [x], defaultCacheDuration: -1m, apiVersion: "
       "credentialprovider.kubelet.k8s.io/v1",
       "providers[0].defaultCacheDuration",
       ""},
      {"no duration",
       "name: a, matchImages: [x], apiVersion: credentialprovider.kubelet.k8s.io/v1",
       "providers[0].defaultCacheDuration",
       "missing"},
      {"another language",
       "name: a, matchImages: [x], defaultCacheDuration: 1m, apiVersion: v1",
       "providers[0].apiVersion",
       ""},
  }));
  CAPTURE(row.name);

  const auto providers = read_provider_config(with_provider(row.provider), "p.yaml");
  REQUIRE_FALSE(providers);
  const policy::Mistake& mistake = providers.error().front();
  CAPTURE(mistake.str());
  CHECK(mistake.file == "p.yaml");
  CHECK(mistake.field == row.field);
  CHECK(mistake.mark.line == 4);
  CHECK(mistake.message.find(row.message) != std::string::npos);
}

TEST_CASE("what is no provider configuration is refused", "[registry]") {
  const auto text = GENERATE(values<std::string>({
      "",
      "[]",
      "just text",
      "{unclosed",
      "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\n",
      "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders: []\n",
      "apiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration\nproviders: []\n",
      std::string{kAsOnNodes} + "---\n" + kAsOnNodes,
      std::string{kAsOnNodes} + "unknown: 1\n",
  }));
  CAPTURE(text);
  CHECK_FALSE(read_provider_config(text, "p.yaml"));
}

TEST_CASE("two providers of one name are a mistake", "[registry]") {
  std::string text{kAsOnNodes};
  text.replace(text.find("acr_2.0"), 7, "ecr-credential-provider");
  const auto providers = read_provider_config(text, "p.yaml");
  REQUIRE_FALSE(providers);
  CHECK(providers.error().front().field == "providers[1].name");
}

}  // namespace leangate::registry
