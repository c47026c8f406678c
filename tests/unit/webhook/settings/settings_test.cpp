#include "webhook/settings/settings.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy/duration.h"
#include "policy/quantity.h"
#include "tests/support/catch.h"
#include "tests/support/mistake_texts.h"

namespace leangate::settings {

namespace {

const std::string kHead = "apiVersion: leangate.io/v1alpha1\nkind: Configuration\n";

// Every field of the documented configuration file with its default.
const std::string kDocumented = R"(apiVersion: leangate.io/v1alpha1
kind: Configuration
enforcement: Enforce
platforms: []
server:
  listen: 0.0.0.0:10250
  tls: {certFile: "", keyFile: "", clientCAFile: "", clientSubjects: []}
  maxConnections: 1024
  maxConnectionAge: 5m
  maxBodyBytes: 32Mi
  bodyMemory: 256Mi
  reviewTimeout: 10s
  drainPeriod: 10s
operations: {listen: 0.0.0.0:8080, debug: false}
policies: []
exceptions: {namespaces: []}
baseImages: {references: [], file: "", refresh: 6h}
endOfLifeFile: ""
registries:
  unqualifiedHost: docker.io
  hostsDirectory: ""
  credentials: {dockerConfigFile: "", credentialProviderConfig: "", credentialProviderDirectory: "", podPullSecrets: true}
  tokenRealms: Strict
  proxy: {url: "", noProxy: []}
  hosts: []
network: {allowCIDRs: [], denyCIDRs: []}
cache: {maxBytes: 64Mi, tagTTL: 60s, staleIfError: 24h, directory: ""}
lookups: {maxInFlight: 64, perHost: 16, timeout: 30s}
kubernetes: {kubeconfig: "", namespaceLabels: true, nodePlatforms: true}
certificates: {mode: Files, secretName: "", webhookConfigurationName: "", serviceName: "", namespace: ""}
)";

// One line a value, so that settings can be compared and a difference read.
std::string describe_limits(const Settings& settings) {
  const server::ServerOptions& server = settings.server;
  return fmt::format(
      "listen {} {} cert {} {}\nconnections {} {}\nbody {} {}\ntimes {} {}\n"
      "cache {} {} {} {}\nlookups {} {} {}\n",
      server.listen,
      settings.operations_listen,
      settings.tls.cert_file,
      settings.tls.key_file,
      server.max_connections,
      policy::format_duration(server.max_connection_age),
      policy::format_quantity(server.max_body_bytes),
      policy::format_quantity(server.body_memory),
      policy::format_duration(settings.review_timeout),
      policy::format_duration(server.drain_period),
      policy::format_quantity(settings.cache.max_bytes),
      policy::format_duration(settings.cache.tag_ttl),
      policy::format_duration(settings.cache.stale_if_error),
      settings.cache.directory,
      settings.lookups.max_in_flight,
      settings.lookups.per_host,
      policy::format_duration(settings.lookups.timeout));
}

std::string describe(const Settings& settings) {
  std::string text = describe_limits(settings);
  text += settings.enforcement == policy::Enforcement::Enforce ? "Enforce\n" : "DryRun\n";
  for (const policy::Platform& platform : settings.platforms) {
    text += fmt::format("platform {}\n", platform.str());
  }
  text += fmt::format(
      "policies {} exceptions {} bases {} {}\nunqualified {} docker config {} providers {} {}\n",
      settings.policies,
      settings.exception_namespaces,
      settings.base_references,
      policy::format_duration(settings.base_refresh),
      settings.unqualified_host,
      settings.credentials.docker_config_file,
      settings.credentials.provider_config,
      settings.credentials.provider_directory);
  text += fmt::format("allow {} deny {} realms {}\n",
                      settings.allow_cidrs,
                      settings.deny_cidrs,
                      settings.registries.token_realms == registry::TokenRealmPolicy::Strict
                          ? "Strict"
                          : "AnyHTTPS");
  for (const registry::HostRule& host : settings.registries.hosts) {
    text += fmt::format("host {} plain {} ca {} client {} {} realms {} redirects {} private {}\n",
                        host.host,
                        host.plain_http,
                        host.ca_file,
                        host.client_cert_file,
                        host.client_key_file,
                        host.token_realms,
                        host.redirect_hosts,
                        host.allow_private_network);
  }
  return text;
}

Settings read(const std::string& text) {
  auto settings = read_settings(text, "config.yaml");
  if (!settings) {
    for (const policy::Mistake& mistake : settings.error()) {
      UNSCOPED_INFO(mistake.str());
    }
  }
  REQUIRE(settings);
  return *settings;
}

std::vector<std::string> mistakes_of(const std::string& text) {
  const auto settings = read_settings(text, "config.yaml");
  REQUIRE_FALSE(settings);
  return texts_of(settings.error());
}

}  // namespace

TEST_CASE("the documented configuration file holds the defaults", "[settings]") {
  CHECK(describe(read(kDocumented)) == describe(Settings{}));
}

TEST_CASE("an empty Configuration has the defaults", "[settings]") {
  CHECK(describe(read(kHead)) == describe(Settings{}));
}

TEST_CASE("every field of the configuration is read", "[settings]") {
  const Settings settings = read(kHead + R"(
enforcement: DryRun
platforms: [linux/amd64, linux/aarch64]
server:
  listen: "[::]:9443"
  tls: {certFile: /tls/tls.crt, keyFile: /tls/tls.key}
  maxConnections: 10
  maxConnectionAge: 1m30s
  maxBodyBytes: 3Mi
  bodyMemory: 5Mi
  reviewTimeout: 8s
  drainPeriod: 0s
operations: {listen: 127.0.0.1:0}
policies: [/policies, builtin:baseline]
exceptions: {namespaces: [ml, "*"]}
baseImages: {references: ["python:3.13-slim"], refresh: 1h}
registries:
  unqualifiedHost: Mirror.example
  credentials: {dockerConfigFile: /docker/config.json, credentialProviderConfig: /p.yaml, credentialProviderDirectory: /bin, podPullSecrets: false}
  tokenRealms: AnyHTTPS
  hosts:
  - {host: registry.corp.example:5000, plainHTTP: true, caFile: /ca, clientCertFile: /c, clientKeyFile: /k, tokenRealms: [auth.corp.example], redirectHosts: ["*.s3.example"], allowPrivateNetwork: true}
  - {host: "*.Corp.example"}
network: {allowCIDRs: [10.0.0.0/8], denyCIDRs: ["fd00::/8"]}
cache: {maxBytes: 1Mi, tagTTL: 0s, staleIfError: 0s, directory: /cache}
lookups: {maxInFlight: 2, perHost: 1, timeout: 5s}
kubernetes: {namespaceLabels: false, nodePlatforms: false}
)");
  CHECK(describe(settings) ==
        "listen [::]:9443 127.0.0.1:0 cert /tls/tls.crt /tls/tls.key\n"
        "connections 10 1m30s\n"
        "body 3Mi 5Mi\n"
        "times 8s 0s\n"
        "cache 1Mi 0s 0s /cache\n"
        "lookups 2 1 5s\n"
        "DryRun\n"
        "platform linux/amd64\n"
        "platform linux/arm64\n"
        "policies [\"/policies\", \"builtin:baseline\"] exceptions {\"*\", \"ml\"} "
        "bases [\"python:3.13-slim\"] 1h0m0s\n"
        "unqualified mirror.example docker config /docker/config.json providers /p.yaml /bin\n"
        "allow [\"10.0.0.0/8\"] deny [\"fd00::/8\"] realms AnyHTTPS\n"
        "host registry.corp.example:5000 plain true ca /ca client /c /k "
        "realms [\"auth.corp.example\"] redirects [\"*.s3.example\"] private true\n"
        "host *.corp.example plain false ca  client   realms [] redirects [] private false\n");
}

TEST_CASE("a configuration may be JSON", "[settings]") {
  const Settings settings = read(R"({"apiVersion": "leangate.io/v1alpha1", "kind": "Configuration",
                                     "lookups": {"perHost": 3}})");
  CHECK(settings.lookups.per_host == 3);
}

TEST_CASE("a wrong value is reported with its place", "[settings]") {
  struct Row {
    std::string name;
    std::string text;      // after the two lines of the head
    std::string place;     // line:column: field
    std::string expected;  // part of the message
  };
  const auto row = GENERATE(values<Row>({
      {"enforcement", "enforcement: Off", "3:14: enforcement", "Enforce"},
      {"a boolean for a name", "enforcement: true", "3:14: enforcement", "Enforce"},
      {"a platform", "platforms: [linux/amd64, linux]", "3:26: platforms[1]", "os/architecture"},
      {"listen", "server: {listen: 10250}", "3:18: server.listen", "string"},
      {"listen, no port", "server: {listen: 0.0.0.0}", "3:18: server.listen", "host:port"},
      {"a certificate alone",
       "server: {tls: {certFile: /c}}",
       "3:26: server.tls.certFile",
       "keyFile"},
      {"a key alone", "server: {tls: {keyFile: /k}}", "3:25: server.tls.keyFile", "certFile"},
      {"no connections", "server: {maxConnections: 0}", "3:26: server.maxConnections", "between 1"},
      {"a unit of time",
       "server: {maxConnectionAge: 5 min}",
       "3:28: server.maxConnectionAge",
       "1h30m"},
      {"no time",
       "server: {reviewTimeout: 0s}",
       "3:25: server.reviewTimeout",
       "between 1ms and 30s"},
      {"too much time",
       "server: {reviewTimeout: 31s}",
       "3:25: server.reviewTimeout",
       "between 1ms and 30s"},
      {"a unit of size", "server: {maxBodyBytes: 32MB}", "3:24: server.maxBodyBytes", "250Mi"},
      {"no bytes", "server: {maxBodyBytes: 0}", "3:24: server.maxBodyBytes", "at least one byte"},
      {"more than all", "server: {maxBodyBytes: 300Mi}", "3:24: server.maxBodyBytes", "bodyMemory"},
      {"an empty policy", "policies: [\"\"]", "3:12: policies[0]", "is an empty string"},
      {"a namespace",
       "exceptions: {namespaces: [ML]}",
       "3:27: exceptions.namespaces[0]",
       "namespace"},
      {"a base image",
       "baseImages: {references: [Python]}",
       "3:27: baseImages.references[0]",
       "upper-case"},
      {"a restless refresh",
       "baseImages: {refresh: 1s}",
       "3:23: baseImages.refresh",
       "between 1m0s"},
      {"an unqualified host",
       "registries: {unqualifiedHost: a/b}",
       "3:31: registries.unqualifiedHost",
       "host"},
      {"token realms",
       "registries: {tokenRealms: AnyHttp}",
       "3:27: registries.tokenRealms",
       "AnyHTTPS"},
      {"a host missing",
       "registries: {hosts: [{plainHTTP: true}]}",
       "registries.hosts[0].host",
       "missing"},
      {"a host",
       "registries: {hosts: [{host: \"http://x\"}]}",
       "3:29: registries.hosts[0].host",
       "port"},
      {"a host twice",
       "registries: {hosts: [{host: A.x}, {host: a.x}]}",
       "3:42: registries.hosts[1].host",
       "already"},
      {"a client certificate alone",
       "registries: {hosts: [{host: a.x, clientCertFile: /c}]}",
       "registries.hosts[0].clientCertFile",
       "clientKeyFile"},
      {"credential providers without their folder",
       "registries: {credentials: {credentialProviderConfig: /c}}",
       "registries.credentials.credentialProviderConfig",
       "credentialProviderDirectory"},
      {"a folder of credential providers alone",
       "registries: {credentials: {credentialProviderDirectory: /d}}",
       "registries.credentials.credentialProviderDirectory",
       "credentialProviderConfig"},
      {"a token realm",
       "registries: {hosts: [{host: a.x, tokenRealms: [\"https://b.x\"]}]}",
       "registries.hosts[0].tokenRealms[0]",
       "port"},
      {"a redirect host",
       "registries: {hosts: [{host: a.x, redirectHosts: [b_x]}]}",
       "registries.hosts[0].redirectHosts[0]",
       "host name"},
      {"a range",
       "network: {allowCIDRs: [10.0.0.0]}",
       "3:24: network.allowCIDRs[0]",
       "\"10.0.0.0\": "},
      {"a range to deny",
       "network: {denyCIDRs: [10.0.0.0/33]}",
       "3:23: network.denyCIDRs[0]",
       "\"10.0.0.0/33\": "},
      {"no lookups",
       "lookups: {maxInFlight: 0}",
       "3:24: lookups.maxInFlight",
       "between 1 and 1024"},
      {"too many lookups",
       "lookups: {perHost: 1025}",
       "3:20: lookups.perHost",
       "between 1 and 1024"},
      {"an unknown field", "lookup: {perHost: 1}", "3:1: lookup", "did you mean lookups?"},
      {"an unknown field inside",
       "server: {listn: \"a:1\"}",
       "3:10: server.listn",
       "did you mean listen?"},
      {"an unknown field of a host",
       "registries: {hosts: [{host: a.x, insecure: true}]}",
       "registries.hosts[0].insecure",
       "not a known field"},
  }));
  DYNAMIC_SECTION(row.name) {
    const auto mistakes = mistakes_of(kHead + row.text + "\n");
    REQUIRE(mistakes.size() == 1);
    CHECK_THAT(mistakes[0], Catch::StartsWith("config.yaml:"));
    CHECK_THAT(mistakes[0], Catch::Contains(row.place + ": "));
    CHECK_THAT(mistakes[0], Catch::Contains(row.expected));
  }
}

TEST_CASE("a field whose feature isn't there is refused by name", "[settings]") {
  struct Row {
    std::string field;
    std::string text;
  };
  const auto row = GENERATE(values<Row>({
      {"server.tls.clientCAFile", "server: {tls: {clientCAFile: /ca}}"},
      {"server.tls.clientSubjects", "server: {tls: {clientSubjects: [api]}}"},
      {"operations.debug", "operations: {debug: true}"},
      {"baseImages.file", "baseImages: {file: /bases}"},
      {"endOfLifeFile", "endOfLifeFile: /eol"},
      {"kubernetes.kubeconfig", "kubernetes: {kubeconfig: /k}"},
      {"certificates.mode", "certificates: {mode: SelfManaged}"},
      {"certificates.secretName", "certificates: {secretName: s}"},
      {"certificates.webhookConfigurationName", "certificates: {webhookConfigurationName: w}"},
      {"certificates.serviceName", "certificates: {serviceName: s}"},
      {"certificates.namespace", "certificates: {namespace: n}"},
  }));
  DYNAMIC_SECTION(row.field) {
    const auto mistakes = mistakes_of(kHead + row.text + "\n");
    REQUIRE(mistakes.size() == 1);
    CHECK_THAT(mistakes[0], Catch::Contains(": " + row.field + ": "));
    CHECK_THAT(mistakes[0], Catch::Contains("not in this version"));
  }
}

TEST_CASE("a text that is no Configuration is refused", "[settings]") {
  struct Row {
    std::string name;
    std::string text;
    std::string reason;
  };
  const auto row = GENERATE(values<Row>({
      {"nothing", "", "expected a Configuration"},
      {"a comment", "# nothing here\n", "expected a Configuration"},
      {"a list", "- a\n", "expected a mapping"},
      {"no apiVersion", "kind: Configuration\n", "apiVersion: is missing"},
      {"no kind", "apiVersion: leangate.io/v1alpha1\n", "kind: is missing"},
      {"another version",
       "apiVersion: leangate.io/v1\nkind: Configuration\n",
       "leangate.io/v1alpha1"},
      {"another kind", "apiVersion: leangate.io/v1alpha1\nkind: Policy\n", "Configuration"},
      {"two documents", kHead + "---\n" + kHead, "second document"},
      {"no YAML", kHead + "server: {\n", "config.yaml:"},
      {"a key twice", kHead + "policies: []\npolicies: []\n", "policies"},
  }));
  DYNAMIC_SECTION(row.name) {
    const auto mistakes = mistakes_of(row.text);
    REQUIRE_FALSE(mistakes.empty());
    CHECK_THAT(mistakes[0], Catch::Contains(row.reason));
  }
}

TEST_CASE("all mistakes are reported at once, from top to bottom", "[settings]") {
  const auto settings = read_settings(R"(colour: blue
kind: Configuration
registries:
  hosts:
  - {plainHTTP: maybe}
platforms: [amd64, linux/arm64, arm64]
server: {maxBodyBytes: x, listen: nowhere}
apiVersion: leangate.io/v1
)",
                                      "config.yaml");
  REQUIRE_FALSE(settings);
  std::vector<std::string> fields;
  for (const policy::Mistake& mistake : settings.error()) {
    fields.push_back(mistake.field);
  }
  CHECK(fields == std::vector<std::string>{"colour",
                                           "registries.hosts[0].host",
                                           "registries.hosts[0].plainHTTP",
                                           "platforms[0]",
                                           "platforms[2]",
                                           "server.maxBodyBytes",
                                           "server.listen",
                                           "apiVersion"});
}

}  // namespace leangate::settings
