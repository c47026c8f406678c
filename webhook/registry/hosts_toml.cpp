#include "webhook/registry/hosts_toml.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "policy/field_reader.h"
#include "webhook/registry/text.h"
#include "webhook/registry/toml_tree.h"

namespace leangate::registry {
namespace {

using policy::DocumentNode;
using policy::FieldReader;
using Kind = DocumentNode::Kind;

// A registry has a handful of mirrors; each may cost a lookup a part of its time.
constexpr std::size_t kMaxHosts = 16;
constexpr std::size_t kMaxHeaders = 16;
constexpr std::size_t kMaxHeaderBytes = 4u << 10;
constexpr std::string_view kApi = "/v2";  // distribution-spec, "Endpoints"

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 5.6.2
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Why a header may not be set here; empty when it may.
std::string refusal_of_header(std::string_view name) {
  // Those that leangate itself sends, that frame a message, or that change what is answered.
  constexpr std::array<std::string_view, 14> kOurs{"accept",
                                                   "accept-encoding",
                                                   "connection",
                                                   "content-length",
                                                   "content-type",
                                                   "expect",
                                                   "host",
                                                   "if-match",
                                                   "if-none-match",
                                                   "range",
                                                   "te",
                                                   "trailer",
                                                   "transfer-encoding",
                                                   "user-agent"};
  const std::string folded = lower_case(name);
  if (folded == "authorization" || folded == "proxy-authorization") {
    return "is refused: credentials belong into the docker config of registries.credentials, "
           "under the name of this server";
  }
  if (!is_token(name)) {
    return "is no name of a header";
  }
  return std::find(kOurs.begin(), kOurs.end(), folded) != kOurs.end() ? "is leangate's own to send"
                                                                      : "";
}

// "/us//v2/" is as "/us/v2" here; no name of a folder may be "." or "..".
std::optional<std::string> clean_path(std::string_view path) {
  std::string clean;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (part == "." || part == "..") {
      return std::nullopt;
    }
    if (!part.empty()) {
      clean += "/" + std::string{part};
    }
    path.remove_prefix(slash);
  }
  return clean;
}

class Reader {
 public:
  Reader(const std::string& file, const IsReadable& is_readable)
      : folder_{std::filesystem::path{file}.parent_path()}, is_readable_{is_readable} {
    log_.file = file;
  }

  Result<HostsFile, std::vector<policy::Mistake>> read(const DocumentNode& root) {
    HostsFile result;
    FieldReader fields{root, "", log_};
    const auto server = fields.read_string("server");
    read_host(fields, server.value_or(""), "server", result.server);
    if (const DocumentNode* hosts = fields.take("host")) {
      read_hosts(*hosts, result.hosts);
    }
    fields.finish();
    if (!log_.mistakes.empty()) {
      return Failure{log_.take()};
    }
    return result;
  }

 private:
  void read_hosts(const DocumentNode& node, std::vector<ConfiguredHost>& hosts) {
    if (const FieldReader check{node, "host", log_}; !check.is_mapping()) {
      return;
    }
    if (node.members.size() > kMaxHosts) {
      log_.add(node.mark, "host", "has more than " + std::to_string(kMaxHosts) + " entries");
      return;
    }
    for (const DocumentNode::Member& member : node.members) {
      FieldReader fields{member.value, "host." + policy::quoted(member.key), log_};
      if (fields.is_mapping()) {
        ConfiguredHost host;
        read_host(fields, member.key, "", host);
        fields.finish();
        hosts.push_back(std::move(host));
      }
    }
  }

  // `url_field`: where the URL stands; empty: it is the name of the table.
  void read_host(FieldReader& fields,
                 const std::string& url,
                 std::string_view url_field,
                 ConfiguredHost& host) {
    const bool overrides_path = fields.read_bool("override_path").value_or(false);
    if (!url.empty() || url_field.empty()) {
      read_base(fields, url, url_field, overrides_path, host);
    }
    if (const auto choices =
            fields.read_choices("capabilities", {"pull", "resolve", "push", "referrers"})) {
      host.may_pull = std::find(choices->begin(), choices->end(), 0u) != choices->end();
      host.may_resolve = std::find(choices->begin(), choices->end(), 1u) != choices->end();
    }
    read_authority(fields, host);
    read_client(fields, host);
    if (fields.read_bool("skip_verify").value_or(false)) {
      fields.mistake("skip_verify",
                     "true is refused, certificates are always verified: name the authority's file "
                     "in ca (over plain http there is none to verify)");
    }
    // The transport's own limits are stricter than any that would be written here.
    fields.read_duration("dial_timeout");
    fields.refuse_unbuilt({"proxy"});
    read_headers(fields, host);
  }

  void read_base(FieldReader& fields,
                 const std::string& text,
                 std::string_view url_field,
                 bool overrides_path,
                 ConfiguredHost& host) {
    const bool has_scheme = text.find("://") != std::string::npos;
    const Result<transport::Url, std::string> url =
        transport::parse_url(has_scheme ? text : "https://" + text);
    if (!url) {
      fields.mistake(url_field, "is " + url.error());
      return;
    }
    std::optional<std::string> path;
    if (url->target.find('?') == std::string::npos && text.find('#') == std::string::npos) {
      path = clean_path(url->target);
    }
    if (!path) {
      fields.mistake(url_field,
                     "is not a usable URL: it has a query, a fragment, or dots for folders");
      return;
    }
    host.base = *url;
    host.base.target = *std::move(path);
    if (!overrides_path && !ends_with(host.base.target, kApi)) {
      host.base.target += kApi;
    }
  }

  // ca: a file, or a list of one. Several would have to be one store of trust for the transport.
  void read_authority(FieldReader& fields, ConfiguredHost& host) {
    const DocumentNode* node = fields.take("ca");
    if (node == nullptr) {
      return;
    }
    const DocumentNode& only =
        node->kind == Kind::Sequence && node->items.size() == 1 ? node->items.front() : *node;
    if (only.kind == Kind::String) {
      host.ca_file = take_file(only, fields.path_of("ca"));
    } else {
      fields.mistake("ca", "is no file; put the certificates of several authorities into one");
    }
  }

  // client: a file with certificate and key, or a list of such files or of pairs of files.
  void read_client(FieldReader& fields, ConfiguredHost& host) {
    const DocumentNode* node = fields.take("client");
    if (node == nullptr) {
      return;
    }
    const std::string path = fields.path_of("client");
    if (node->kind == Kind::Sequence && node->items.size() > 1) {
      fields.mistake("client", "names more than one certificate; leangate shows one");
      return;
    }
    const DocumentNode* only =
        node->kind == Kind::Sequence && node->items.size() == 1 ? &node->items.front() : node;
    const bool is_pair = only->kind == Kind::Sequence && only->items.size() == 2 &&
                         only->items[0].kind == Kind::String && only->items[1].kind == Kind::String;
    if (only->kind != Kind::String && !is_pair) {
      fields.mistake("client", "is neither a file, nor a list of one file or [certificate, key]");
      return;
    }
    host.client_cert_file = take_file(is_pair ? only->items[0] : *only, path);
    // A file alone, or with an empty name for the key, holds both.
    host.client_key_file = is_pair && !only->items[1].text.empty() ? take_file(only->items[1], path)
                                                                   : host.client_cert_file;
  }

  std::string take_file(const DocumentNode& node, const std::string& path) {
    std::string file = (folder_ / node.text).lexically_normal().string();
    if (!is_readable_(file)) {
      log_.add(node.mark, path, policy::quoted(file) + " can't be read");
    }
    return file;
  }

  void read_headers(FieldReader& fields, ConfiguredHost& host) {
    const DocumentNode* node = fields.take("header");
    if (node == nullptr) {
      return;
    }
    const std::string path = fields.path_of("header");
    if (const FieldReader check{*node, path, log_}; !check.is_mapping()) {
      return;
    }
    for (const DocumentNode::Member& member : node->members) {
      const std::string name = path + "." + member.key;
      if (const std::string refusal = refusal_of_header(member.key); !refusal.empty()) {
        log_.add(member.key_mark, name, refusal);
      } else if (member.value.kind == Kind::Sequence) {
        for (const DocumentNode& item : member.value.items) {
          take_header(member.key, item, name, host.headers);
        }
      } else {
        take_header(member.key, member.value, name, host.headers);
      }
    }
    if (host.headers.size() > kMaxHeaders) {
      log_.add(node->mark, path, "has more than " + std::to_string(kMaxHeaders) + " values");
    }
  }

  // Values may be secrets: no mistake repeats them.
  void take_header(const std::string& name,
                   const DocumentNode& value,
                   const std::string& path,
                   std::vector<transport::Header>& headers) {
    if (value.kind != Kind::String || value.text.size() > kMaxHeaderBytes ||
        !is_printable(value.text)) {
      log_.add(value.mark, path, "is no text of one line, or one that is too long");
      return;
    }
    headers.push_back({name, value.text});
  }

  const std::filesystem::path folder_;
  const IsReadable& is_readable_;
  policy::MistakeLog log_;
};

}  // namespace

Result<HostsFile, std::vector<policy::Mistake>> read_hosts_toml(std::string_view text,
                                                                const std::string& file,
                                                                const IsReadable& is_readable) {
  const Result<DocumentNode, policy::Mistake> root = read_toml(text, file);
  if (!root) {
    return Failure{std::vector<policy::Mistake>{root.error()}};
  }
  return Reader{file, is_readable}.read(*root);
}

}  // namespace leangate::registry
