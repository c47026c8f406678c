#include "webhook/registry/hosts_toml.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "webhook/registry/toml_tree.h"

namespace leangate::registry {
namespace {

constexpr const char* kFile = "/certs.d/registry.example/hosts.toml";

Result<HostsFile, std::vector<policy::Mistake>> read(const std::string& text) {
  return read_hosts_toml(text, kFile, [](const std::string& path) {
    return path.find("missing") == std::string::npos;
  });
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : " ") + part;
  }
  return text;
}

// All of a host that a test may expect, on one line.
std::string summary(const ConfiguredHost& host) {
  std::vector<std::string> parts{host.base.host.empty() ? "itself" : host.base.str()};
  for (const auto& [may, name] :
       {std::pair{host.may_pull, "pull"}, {host.may_resolve, "resolve"}}) {
    if (may) {
      parts.emplace_back(name);
    }
  }
  if (!host.ca_file.empty()) {
    parts.push_back("ca=" + host.ca_file);
  }
  if (!host.client_cert_file.empty()) {
    parts.push_back("client=" + host.client_cert_file + "," + host.client_key_file);
  }
  for (const transport::Header& header : host.headers) {
    parts.push_back(header.name + ": " + header.value);
  }
  return joined(parts);
}

std::vector<std::string> lines_of(const std::vector<policy::Mistake>& mistakes) {
  std::vector<std::string> lines;
  lines.reserve(mistakes.size());
  for (const policy::Mistake& mistake : mistakes) {
    lines.push_back(mistake.str().substr(std::string{kFile}.size() + 1));
  }
  return lines;
}

}  // namespace

TEST_CASE("a hosts.toml with everything is read in the order of its text", "[registry]") {
  const auto file = read(R"(
server = "https://upstream.registry"
ca = "/etc/path/default"
[header]
  x-custom-1 = "custom header"

[host."https://mirror.registry"]
  capabilities = ["pull"]
  ca = "/etc/certs/mirror.pem"
  skip_verify = false
  [host."https://mirror.registry".header]
    x-custom-2 = ["value1", "value2"]

[host."https://mirror-bak.registry/us"]
  capabilities = ["pull"]

[host."http://mirror.registry"]
  capabilities = ["pull"]

[host."https://all.registry"]
  capabilities = ["pull", "resolve", "push", "referrers"]
  ca = ["special.pem"]
  client = [["client.cert", "../client.key"]]

[host."https://one-client-file.registry"]
  client = "/etc/certs/client.pem"

[host."https://one-in-a-list.registry"]
  client = ["/etc/certs/client.pem"]

[host."https://pair-with-one-file.registry"]
  client = [["/etc/certs/client.pem", ""]]

[host."https://push-only.registry"]
  capabilities = ["push"]

[host."https://override.registry/v2/prefix"]
  capabilities = ["pull"]
  override_path = true

[host."https://override-without-path.registry"]
  override_path = true

[host."https://only-header.registry".header]
  x-custom-1 = "just a header"

[host."https://dial-timeout.registry/v2/"]
  dial_timeout = "3s"

[host."bare.registry:5000"]
)");
  REQUIRE(file);
  std::vector<std::string> hosts;
  for (const ConfiguredHost& host : file->hosts) {
    hosts.push_back(summary(host));
  }
  CHECK(hosts ==
        std::vector<std::string>{
            std::string{"https://mirror.registry/v2 pull ca=/etc/certs/mirror.pem "} +
                "x-custom-2: value1 x-custom-2: value2",
            "https://mirror-bak.registry/us/v2 pull",
            "http://mirror.registry/v2 pull",
            std::string{
                "https://all.registry/v2 pull resolve ca=/certs.d/registry.example/special.pem "} +
                "client=/certs.d/registry.example/client.cert,/certs.d/client.key",
            std::string{"https://one-client-file.registry/v2 pull resolve "} +
                "client=/etc/certs/client.pem,/etc/certs/client.pem",
            std::string{"https://one-in-a-list.registry/v2 pull resolve "} +
                "client=/etc/certs/client.pem,/etc/certs/client.pem",
            std::string{"https://pair-with-one-file.registry/v2 pull resolve "} +
                "client=/etc/certs/client.pem,/etc/certs/client.pem",
            "https://push-only.registry/v2",
            "https://override.registry/v2/prefix pull",
            "https://override-without-path.registry pull resolve",
            "https://only-header.registry/v2 pull resolve x-custom-1: just a header",
            "https://dial-timeout.registry/v2 pull resolve",
            "https://bare.registry:5000/v2 pull resolve",
        });
  CHECK(summary(file->server) ==
        "https://upstream.registry/v2 pull resolve ca=/etc/path/default x-custom-1: custom header");
}

TEST_CASE("a hosts.toml without a server asks the registry itself", "[registry]") {
  struct Case {
    std::string name;
    std::string text;
    std::string server;
  };
  const auto row = GENERATE(values<Case>({
      {"empty", "", "itself pull resolve"},
      {"comment", "# nothing\n", "itself pull resolve"},
      {"comment in another language", "\xef\xbb\xbf # \xc3\xa9\n", "itself pull resolve"},
      {"escaped letter", "ca = \"/\\u00e9.pem\"", "itself pull resolve ca=/\xc3\xa9.pem"},
      {"with an authority", "ca = '/ca.pem'", "itself pull resolve ca=/ca.pem"},
      {"empty server", "server = ''", "itself pull resolve"},
      {"without a scheme", "server = 'b.example:5000'", "https://b.example:5000/v2 pull resolve"},
      {"Docker Hub", "server = 'https://docker.io'", "https://docker.io/v2 pull resolve"},
      {"plain http", "server = 'http://b.example/v2'", "http://b.example/v2 pull resolve"},
  }));
  CAPTURE(row.name);
  const auto file = read(row.text);
  REQUIRE(file);
  CHECK(file->hosts.empty());
  CHECK(summary(file->server) == row.server);
}

TEST_CASE("mistakes of a hosts.toml are found with their places", "[registry]") {
  struct Case {
    std::string name;
    std::string text;
    std::string mistake;  // how the line begins
  };
  const auto row = GENERATE(values<Case>({
      {"syntax", "server = \nca = 'x'", "1:10: "},
      {"the same key twice", "server = 'a'\nserver = 'b'", "2:"},
      {"nested too deep", "ca = " + std::string(100'000, '['), "1:"},
      {"a key of many parts", "a" + std::string(100'000, '.') + " = 1", "1:1: has more than 64"},
      {"too large", std::string(300'000, ' '), " is larger than 262144 bytes"},
      {"not UTF-8", "server = \"\xff\"", "1:11: holds a character beyond ASCII"},
      {"a letter beyond ASCII", "\xc3\xa9 = 1", "1:1: holds a character beyond ASCII"},
      {"a comment behind a value", "ca = 'x' # \xc3\xa9", "1:12: holds a character beyond ASCII"},
      {"tables of tables of tables", "[[[T[[", "1:"},
      {"unknown field", "servr = 'a'", "1:1: servr: is not a known field, did you mean server?"},
      {"server of another kind", "server = 1", "1:10: server: 1 is a number, expected a string"},
      {"a date", "server = 1979-05-27", "1:10: server: a date is a number"},
      {"server with a password",
       "server = 'https://u:p@b.example'",
       "1:10: server: is not a usable URL: holds user information"},
      {"server with a query",
       "server = 'https://b.example/?a=b'",
       "1:10: server: is not a usable URL"},
      {"server with a fragment",
       "server = 'https://b.example/#a'",
       "1:10: server: is not a usable"},
      {"server above its root",
       "server = 'https://b.example/../v2'",
       "1:10: server: is not a usable"},
      {"another scheme", "server = 'ftp://b.example'", "1:10: server: is not a usable URL"},
      {"host of another kind", "host = 'x'", "1:8: host: \"x\" is a string, expected a mapping"},
      {"host without a table",
       "[host]\n'https://b.example' = 1",
       "2:23: host.\"https://b.example\": 1 is a number, expected a mapping"},
      {"host with no URL", "[host.'https://']", "1:1: host.\"https://\": is not a usable URL"},
      {"unknown field of a host",
       "[host.'https://b.example']\ncapabilites = ['pull']",
       "2:1: host.\"https://b.example\".capabilites: is not a known field, did you mean "
       "capabilities?"},
      {"unknown capability",
       "[host.'https://b.example']\ncapabilities = ['pull', 'fly']",
       "2:25: host.\"https://b.example\".capabilities[1]: "},
      {"no capability", "capabilities = []", "1:16: capabilities: is an empty list"},
      {"skip_verify", "skip_verify = true", "1:15: skip_verify: true is refused"},
      {"proxy", "proxy = 'http://p:1'", "1:9: proxy: is not in this version"},
      {"dial_timeout", "dial_timeout = 'soon'", "1:16: dial_timeout: \"soon\" is not a duration"},
      {"authority that isn't there",
       "ca = ['missing.pem']",
       "1:7: ca: \"/certs.d/registry.example/missing.pem\" can't be read"},
      {"authority of another kind", "ca = 1", "1:6: ca: is no file"},
      {"two authorities", "ca = ['a.pem', 'b.pem']", "1:6: ca: is no file; put"},
      {"two client certificates",
       "client = ['a.pem', 'b.pem']",
       "1:10: client: names more than one certificate"},
      {"three files in a pair", "client = [['a', 'b', 'c']]", "1:10: client: is neither a file"},
      {"client of another kind", "client = {}", "1:10: client: is neither a file"},
      {"no client at all", "client = []", "1:10: client: is neither a file"},
      {"header that is a credential",
       "[header]\nAuthorization = 'Basic x'",
       "2:1: header.Authorization: is refused: credentials belong"},
      {"header that is ours", "[header]\nHost = 'x'", "2:1: header.Host: is leangate's own"},
      {"header with a space", "[header]\n'a b' = 'x'", "2:1: header.a b: is no name of a header"},
      {"header with a line break",
       "[header]\na = \"x\\r\\nb: c\"",
       "2:5: header.a: is no text of one line"},
      {"header of another kind",
       "[header]\na = ['x', 1]",
       "2:11: header.a: is no text of one line"},
      {"headers of another kind", "header = 'x'", "1:10: header: \"x\" is a string"},
  }));
  CAPTURE(row.name);
  const auto file = read(row.text);
  REQUIRE_FALSE(file);
  REQUIRE(file.error().size() == 1);
  CHECK_THAT(lines_of(file.error()).front(), Catch::StartsWith(row.mistake));
}

TEST_CASE("all mistakes of a hosts.toml are found at once, none repeats a header's value",
          "[registry]") {
  const auto file = read(R"(server = "ftp://x"
skip_verify = true
[host."https://b.example"]
capabilities = ["pull", "own"]
[host."https://b.example".header]
x-secret = 5
Cookie2 = "hunter2\n"
)");
  REQUIRE_FALSE(file);
  CHECK(file.error().size() == 5);
  for (const std::string& line : lines_of(file.error())) {
    CHECK(line.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("hosts.toml is bounded in hosts and headers", "[registry]") {
  std::string many_hosts;
  std::string many_headers = "[header]\n";
  for (int i = 0; i < 17; ++i) {
    many_hosts += "[host.'https://m" + std::to_string(i) + ".example']\n";
    many_headers += "h" + std::to_string(i) + " = 'x'\n";
  }
  for (const std::string& text : {many_hosts, many_headers}) {
    const auto file = read(text);
    REQUIRE_FALSE(file);
    CHECK_THAT(file.error().front().message, Catch::Contains("more than 16"));
  }
}

TEST_CASE("TOML becomes a tree in the order of its text", "[registry]") {
  const auto tree = read_toml("b = 1\na = [true, 2.5, 'x']\n[c.d]\n[c.a]\n", "file");
  REQUIRE(tree);
  using Kind = policy::DocumentNode::Kind;
  REQUIRE(tree->members.size() == 3);
  CHECK(tree->members[0].key == "b");
  CHECK(tree->members[0].value.kind == Kind::Integer);
  const policy::DocumentNode& list = tree->members[1].value;
  REQUIRE(list.items.size() == 3);
  CHECK(list.items[0].kind == Kind::Boolean);
  CHECK(list.items[1].kind == Kind::Float);
  CHECK(list.items[2].text == "x");
  CHECK(list.items[2].mark.line == 2);
  CHECK(list.items[2].mark.column == 17);
  const policy::DocumentNode& table = tree->members[2].value;
  REQUIRE(table.members.size() == 2);
  CHECK(table.members[0].key == "d");
  CHECK(table.members[0].key_mark.line == 3);
}

}  // namespace leangate::registry
