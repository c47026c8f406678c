#include "webhook/settings/settings.h"

#include <utility>

#include "policy/field_reader.h"
#include "policy/image_reference.h"
#include "webhook/settings/registry_section.h"
#include "webhook/settings/section_reader.h"
#include "webhook/settings/values.h"
#include "webhook/transport/ip_address.h"

namespace leangate::settings {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A span without a bound of its own: what a duration can be at all.
constexpr policy::Duration kNoBound = hours{876'600};

// API servers wait for a webhook 30 s at most (admissionregistration/v1 timeoutSeconds).
constexpr policy::Duration kLongestReview = seconds{30};

// File descriptors and, for lookups, threads: beyond these numbers a typing error is likelier.
constexpr std::size_t kMostConnections = 1'000'000;
constexpr std::size_t kMostLookups = 1024;

void read_listen(SectionReader& section, std::string& target) {
  section.text("listen", [&target](const std::string& text) {
    auto checked = check_listen_address(text);
    if (checked) {
      target = text;
    }
    return checked;
  });
}

void read_enforcement(SectionReader& root, Settings& settings) {
  if (const auto choice = root.fields().read_choice("enforcement", {"Enforce", "DryRun"})) {
    settings.enforcement =
        *choice == 0 ? policy::Enforcement::Enforce : policy::Enforcement::DryRun;
  }
}

void read_platforms(SectionReader& root, Settings& settings) {
  root.texts("platforms", [&settings](const std::string& text) -> Result<void, std::string> {
    auto platform = policy::parse_platform(text);
    if (!platform) {
      return Failure{std::move(platform).error()};
    }
    settings.platforms.push_back(std::move(platform).value());
    return {};
  });
}

void read_tls(SectionReader& section, TlsFiles& tls) {
  section.text("certFile", tls.cert_file);
  section.text("keyFile", tls.key_file);
  section.pair("certFile", tls.cert_file, "keyFile", tls.key_file);
  section.unbuilt_text("clientCAFile");
  section.unbuilt_texts("clientSubjects");
}

void read_server(SectionReader& section, Settings& settings) {
  server::ServerOptions& server = settings.server;
  read_listen(section, server.listen);
  section.mapping("tls", [&settings](SectionReader& tls) { read_tls(tls, settings.tls); });
  section.count("maxConnections", kMostConnections, server.max_connections);
  section.span("maxConnectionAge", seconds{1}, kNoBound, server.max_connection_age);
  section.bytes("maxBodyBytes", server.max_body_bytes);
  section.bytes("bodyMemory", server.body_memory);
  if (server.max_body_bytes > server.body_memory) {
    section.fields().mistake("maxBodyBytes", "is more than bodyMemory, which all bodies share");
  }
  section.span("reviewTimeout", milliseconds{1}, kLongestReview, settings.review_timeout);
  section.span("drainPeriod", milliseconds{0}, kNoBound, server.drain_period);
}

void read_operations(SectionReader& section, Settings& settings) {
  read_listen(section, settings.operations_listen);
  section.unbuilt_flag("debug");
}

void read_policies(SectionReader& root, Settings& settings) {
  root.texts("policies", [&settings](const std::string& text) -> Result<void, std::string> {
    settings.policies.push_back(text);
    return {};
  });
}

void read_exceptions(SectionReader& section, Settings& settings) {
  section.texts("namespaces", [&settings](const std::string& text) {
    auto checked = check_namespace_choice(text);
    if (checked) {
      settings.exception_namespaces.insert(text);
    }
    return checked;
  });
}

// Reads the references after the registries, whose unqualifiedHost they are read with.
void read_base_images(SectionReader& section, Settings& settings) {
  section.texts("references", [&settings](const std::string& text) -> Result<void, std::string> {
    const auto reference = policy::parse_image_reference(text, settings.unqualified_host);
    if (!reference) {
      return Failure{reference.error()};
    }
    settings.base_references.push_back(text);
    return {};
  });
  section.unbuilt_text("file");
  // Every refresh asks every registry once: more often than once a minute is no use to anybody.
  section.span("refresh", minutes{1}, kNoBound, settings.base_refresh);
}

TakeText into_cidrs(std::vector<std::string>& target) {
  return [&target](const std::string& text) -> Result<void, std::string> {
    const auto range = transport::Cidr::parse(text);
    if (!range) {
      return Failure{range.error()};
    }
    target.push_back(text);
    return {};
  };
}

void read_network(SectionReader& section, Settings& settings) {
  section.texts("allowCIDRs", into_cidrs(settings.allow_cidrs));
  section.texts("denyCIDRs", into_cidrs(settings.deny_cidrs));
}

void read_cache(SectionReader& section, Settings& settings) {
  section.bytes("maxBytes", settings.cache.max_bytes);
  section.span("tagTTL", milliseconds{0}, kNoBound, settings.cache.tag_ttl);
  section.span("staleIfError", milliseconds{0}, kNoBound, settings.cache.stale_if_error);
  section.text("directory", settings.cache.directory);
}

void read_lookups(SectionReader& section, Settings& settings) {
  section.count("maxInFlight", kMostLookups, settings.lookups.max_in_flight);
  section.count("perHost", kMostLookups, settings.lookups.per_host);
  section.span("timeout", milliseconds{1}, kNoBound, settings.lookups.timeout);
}

void read_kubernetes(SectionReader& section) {
  section.unbuilt_text("kubeconfig");
  // Without a kubeconfig there is no cluster to read labels or nodes from: both values mean the
  // same, and the default is true.
  section.fields().read_bool("namespaceLabels");
  section.fields().read_bool("nodePlatforms");
}

void read_certificates(SectionReader& section) {
  const auto mode = section.fields().read_choice("mode", {"Files", "SelfManaged"});
  if (mode == 1) {
    section.fields().mistake("mode", "SelfManaged is not in this version, expected Files");
  }
  for (const char* name : {"secretName", "webhookConfigurationName", "serviceName", "namespace"}) {
    section.unbuilt_text(name);
  }
}

void read_root(SectionReader& root, Settings& settings) {
  const auto section = [&root, &settings](std::string_view name,
                                          void (*read)(SectionReader&, Settings&)) {
    root.mapping(name, [&settings, read](SectionReader& found) { read(found, settings); });
  };
  root.fields().require("apiVersion");
  root.fields().read_choice("apiVersion", {"leangate.io/v1alpha1"});
  root.fields().require("kind");
  root.fields().read_choice("kind", {"Configuration"});
  read_enforcement(root, settings);
  read_platforms(root, settings);
  section("server", read_server);
  section("operations", read_operations);
  read_policies(root, settings);
  section("exceptions", read_exceptions);
  section("registries", read_registries);
  section("baseImages", read_base_images);
  root.unbuilt_text("endOfLifeFile");
  section("network", read_network);
  section("cache", read_cache);
  section("lookups", read_lookups);
  root.mapping("kubernetes", read_kubernetes);
  root.mapping("certificates", read_certificates);
}

}  // namespace

Result<Settings, std::vector<policy::Mistake>> read_settings(std::string_view text,
                                                             const std::string& file) {
  policy::Documents documents = policy::read_documents(text, file);
  policy::MistakeLog log{file, std::move(documents.mistakes), documents.more_mistakes};
  Settings settings;
  if (documents.documents.size() == 1) {
    policy::FieldReader fields{documents.documents.front(), "", log};
    if (fields.is_mapping()) {
      SectionReader root{fields, log};
      read_root(root, settings);
      fields.finish();
    }
  } else if (documents.documents.size() > 1) {
    log.add(documents.documents[1].mark, "", "is a second document, expected one Configuration");
  } else if (log.mistakes.empty()) {
    log.add({}, "", "holds nothing, expected a Configuration");
  }
  if (!log.mistakes.empty()) {
    return Failure{log.take()};
  }
  return settings;
}

}  // namespace leangate::settings
