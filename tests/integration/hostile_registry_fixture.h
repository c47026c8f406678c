// What the tests of hostile registries share: a registry under the test's control with another
// server beside it, the whole client from lookup to curl in front, and what must hold whatever the
// registry does.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy/explain.h"
#include "tests/fakes/image_builder.h"
#include "tests/fakes/scripted_server.h"
#include "tests/integration/inspection_fixture.h"
#include "webhook/registry/text.h"

namespace leangate::inspection {

using fakes::http_response;
using fakes::RecordedRequest;
using fakes::ScriptedConnection;
using fakes::ScriptedServer;
using Kind = policy::LookupFailureKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr const char* kManifest = "/v2/team/app/manifests/1";
inline constexpr const char* kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr const char* kOciConfig = "application/vnd.oci.image.config.v1+json";
// A secret of the registry's making: it must not be told either.
inline constexpr const char* kToken = "token-of-the-test";

// Loopback is for hosts that the operator lists only. This opens it to all, so that what strangers'
// hosts may be told is tested on real sockets, too.
class LoopbackTransport final : public transport::HttpTransport {
 public:
  explicit LoopbackTransport(std::string ca_file) : ca_file_{std::move(ca_file)} {}

  std::vector<Result<transport::HttpResponse, transport::TransportError>> fetch_all(
      const std::vector<transport::Exchange>& exchanges) override {
    std::vector<transport::HttpRequest> requests;
    requests.reserve(exchanges.size());
    std::vector<transport::Exchange> opened;
    for (const transport::Exchange& exchange : exchanges) {
      requests.push_back(*exchange.request);
      transport::HostAccess access;
      access.allow_loopback = true;
      access.ca_file = ca_file_;
      requests.back().access = std::make_shared<const transport::HostAccess>(access);
      opened.push_back({&requests.back(), exchange.sink});
    }
    return curl_.fetch_all(opened);
  }

  // Between two tries nobody waits here.
  bool pause(milliseconds) override { return true; }

 private:
  const std::string ca_file_;
  transport::CurlTransport curl_{transport::CurlTransportOptions{}};
};

inline std::string host_of(const ScriptedServer& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

// A registry, another server, and one client that remembers what it learnt from lookup to lookup.
// `options` count until the first lookup.
class Scene {
 public:
  Scene() { options.hosts.push_back({host_of(registry)}); }

  void forget_host() { options.hosts.clear(); }

  Inspection look_up(const InspectionRequest& request, milliseconds patience = seconds{10}) {
    return ask(inspector(), request, patience);
  }
  // What "team/app:1" names, asked for by HEAD.
  Result<std::string, policy::LookupFailure> resolve() {
    return inspector().resolve(request_for(host_of(registry), "1"), deadline_in(seconds{10}));
  }
  // "team/app:1" on all its platforms.
  Inspection look_up() { return look_up(request_for(host_of(registry), "1")); }
  Inspection look_up_with_password() {
    return look_up(with_password(request_for(host_of(registry), "1"), kPassword));
  }

  fakes::TemporaryFolder folder;
  fakes::TestAuthority authority{folder};
  fakes::CertificateFiles files = authority.issue("server");
  ScriptedServer registry{files};
  ScriptedServer elsewhere{files};
  registry::RegistryOptions options;
  observability::Metrics metrics;
  fakes::FakeClock clock;
  LoopbackTransport transport{authority.ca_file()};

 private:
  RegistryInspector& inspector() {
    if (inspector_ == nullptr) {
      inspector_ = std::make_unique<RegistryInspector>(transport, options, metrics, clock);
    }
    return *inspector_;
  }

  std::unique_ptr<RegistryInspector> inspector_;
};

// In everything that may be shown: who was asked, and nothing that is secret.
inline void check_words(const policy::LookupFailure& failure,
                        const std::string& host,
                        bool host_is_configured) {
  CAPTURE(failure.detail, failure.public_detail);
  CHECK(contains(failure.detail, host));
  CHECK(contains(failure.detail, "team/app"));
  if (!host_is_configured) {
    CHECK(failure.public_detail == "could not be read");
  }
  for (const std::string& text : {failure.detail, failure.public_detail}) {
    for (const std::string& secret :
         {std::string{kPassword},
          std::string{kToken},
          registry::encode_base64(std::string{kUser} + ":" + kPassword)}) {
      CHECK_FALSE(contains(text, secret));
    }
    CHECK(std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; }));
  }
}

// A lookup of the scene's (configured) registry that must have failed in this way.
inline void check_failure(const Inspection& result, Kind kind, const Scene& scene) {
  REQUIRE(result->failure);
  CAPTURE(result->failure->detail);
  CHECK(policy::name_of(result->failure->kind) == policy::name_of(kind));
  CHECK(result->platforms.empty());
  check_words(*result->failure, host_of(scene.registry), true);
}

inline std::string manifest_answer(const std::string& body,
                                   const std::string& type = kOciManifest,
                                   const std::vector<std::string>& more = {}) {
  std::vector<std::string> headers{"Content-Type: " + type};
  headers.insert(headers.end(), more.begin(), more.end());
  return http_response(200, body, headers);
}

inline std::string manifest_path(const std::string& reference) {
  return "/v2/team/app/manifests/" + reference;
}

inline std::string blob_path(const std::string& digest) {
  return "/v2/team/app/blobs/" + digest;
}

// The document under its digest, and under the tag where there is one.
inline void serve_document(ScriptedServer& server,
                           const fakes::Blob& document,
                           const std::string& tag = "") {
  const std::string answer = manifest_answer(document.bytes, document.media_type);
  server.on(manifest_path(document.digest), answer);
  if (!tag.empty()) {
    server.on(manifest_path(tag), answer);
  }
}

inline void serve_image(ScriptedServer& server,
                        const fakes::BuiltImage& image,
                        const std::string& tag = "1") {
  serve_document(server, image.manifest, tag);
  server.on(blob_path(image.config.digest), http_response(200, image.config.bytes));
}

inline ScriptedServer::Handler always(const std::string& bytes) {
  return [bytes](const RecordedRequest&, ScriptedConnection& connection) {
    return connection.send(bytes);
  };
}

inline ScriptedServer::Handler then_close(const std::string& bytes) {
  return [bytes](const RecordedRequest&, ScriptedConnection& connection) {
    connection.send(bytes);
    return false;
  };
}

// The answer for requests that carry these credentials; others get the challenge.
inline ScriptedServer::Handler guarded(const std::string& authorization,
                                       const std::string& challenge,
                                       const std::string& answer) {
  return [=](const RecordedRequest& request, ScriptedConnection& connection) {
    return connection.send(request.header("authorization") == authorization
                               ? answer
                               : http_response(401, "", {"WWW-Authenticate: " + challenge}));
  };
}

inline std::string basic_authorization() {
  return "Basic " + registry::encode_base64(std::string{kUser} + ":" + kPassword);
}

inline std::string bearer_challenge(const std::string& realm) {
  return "Bearer realm=\"" + realm + "\",service=\"s\"";
}

inline std::string token_challenge(const std::string& realm) {
  return http_response(401, "", {"WWW-Authenticate: " + bearer_challenge(realm)});
}

inline std::string redirect_to(const std::string& location, int status = 307) {
  return http_response(status, "", {"Location: " + location});
}

// How often a path was asked for, whatever the query and the method.
inline int count_of(const ScriptedServer& server, const std::string& path) {
  const std::vector<RecordedRequest> requests = server.requests();
  return static_cast<int>(
      std::count_if(requests.begin(), requests.end(), [&](const RecordedRequest& request) {
        return request.target.substr(0, request.target.find('?')) == path;
      }));
}

// Whether any request to the server carried credentials.
inline bool was_told_credentials(const ScriptedServer& server) {
  const std::vector<RecordedRequest> requests = server.requests();
  return std::any_of(requests.begin(), requests.end(), [](const RecordedRequest& request) {
    return !request.header("authorization").empty() || contains(request.body, kPassword) ||
           contains(request.target, kPassword);
  });
}

}  // namespace leangate::inspection
