#include "tests/fakes/image_builder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "webhook/registry/digest.h"
#include "webhook/registry/text.h"

namespace leangate::fakes {
namespace {

using Json = nlohmann::json;

Json platform_json(const policy::Platform& platform) {
  Json json{{"os", platform.os}, {"architecture", platform.architecture}};
  if (!platform.variant.empty()) {
    json["variant"] = platform.variant;
  }
  return json;
}

Json descriptor_of(const Blob& blob) {
  return {{"mediaType", blob.media_type}, {"digest", blob.digest}, {"size", blob.bytes.size()}};
}

std::string config_of(const ImageSpec& spec) {
  if (!spec.artifact_config_type.empty()) {
    return "{}";
  }
  Json config = platform_json(spec.platform);
  config["created"] = "2026-01-02T03:04:05Z";
  config["config"] = {{"User", spec.user}, {"Env", {"PATH=/bin"}}};
  Json diff_ids = Json::array();
  Json history = Json::array();
  for (const std::string& layer : spec.layers) {
    diff_ids.push_back(registry::sha256_digest("uncompressed " + layer));
    history.push_back({{"created_by", "RUN make " + layer}});
  }
  config["rootfs"] = {{"type", "layers"}, {"diff_ids", diff_ids}};
  config["history"] = history;
  return config.dump();
}

// One request on a connection of its own; the whole answer as text.
std::string exchange(std::uint16_t port, const std::string& head, const std::string& body) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(connection);
    throw std::runtime_error{"no registry on port " + std::to_string(port)};
  }
  const std::string request =
      head + "Host: 127.0.0.1:" + std::to_string(port) +
      "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::string answer;
  if (::send(connection, request.data(), request.size(), MSG_NOSIGNAL) ==
      static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(connection, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(n));
    }
  }
  ::close(connection);
  return answer;
}

void expect_status(const std::string& answer, const std::string& status, const std::string& what) {
  if (answer.substr(0, 12) != "HTTP/1.1 " + status) {
    throw std::runtime_error{what + ": " + answer.substr(0, 500)};
  }
}

// The path and query of the Location header.
std::string location_of(const std::string& answer) {
  const std::string name = "\r\nLocation: ";
  const std::size_t begin = answer.find(name) + name.size();
  const std::string url = answer.substr(begin, answer.find("\r\n", begin) - begin);
  const std::size_t scheme = url.find("://");
  return scheme == std::string::npos ? url : url.substr(url.find('/', scheme + 3));
}

void push_blob(std::uint16_t port, const std::string& repository, const Blob& blob) {
  const std::string started =
      exchange(port, "POST /v2/" + repository + "/blobs/uploads/ HTTP/1.1\r\n", "");
  expect_status(started, "202", "starting an upload");
  const std::string location = location_of(started);
  const std::string target =
      location + (location.find('?') == std::string::npos ? '?' : '&') + "digest=" + blob.digest;
  expect_status(
      exchange(port,
               "PUT " + target + " HTTP/1.1\r\nContent-Type: application/octet-stream\r\n",
               blob.bytes),
      "201",
      "uploading " + blob.digest);
}

}  // namespace

Blob make_blob(const std::string& media_type, const std::string& bytes) {
  return {media_type, bytes, registry::sha256_digest(bytes)};
}

BuiltImage build_image(const ImageSpec& spec) {
  const std::string docker = "application/vnd.docker.";
  const std::string oci = "application/vnd.oci.image.";
  BuiltImage image;
  std::string config_type =
      spec.docker ? docker + "container.image.v1+json" : oci + "config.v1+json";
  if (!spec.artifact_config_type.empty()) {
    config_type = spec.artifact_config_type;
  }
  image.config = make_blob(config_type, config_of(spec));
  Json layers = Json::array();
  for (const std::string& layer : spec.layers) {
    image.layers.push_back(make_blob(
        spec.docker ? docker + "image.rootfs.diff.tar.gzip" : oci + "layer.v1.tar+gzip", layer));
    layers.push_back(descriptor_of(image.layers.back()));
  }
  const std::string type =
      spec.docker ? docker + "distribution.manifest.v2+json" : oci + "manifest.v1+json";
  image.manifest = make_blob(type,
                             Json{{"schemaVersion", 2},
                                  {"mediaType", type},
                                  {"config", descriptor_of(image.config)},
                                  {"layers", layers}}
                                 .dump());
  return image;
}

Blob build_index(const std::vector<IndexMember>& members) {
  const std::string type = "application/vnd.oci.image.index.v1+json";
  Json manifests = Json::array();
  for (const IndexMember& member : members) {
    Json entry = descriptor_of(member.document);
    if (member.platform) {
      entry["platform"] = platform_json(*member.platform);
    }
    if (member.embed) {
      entry["data"] = registry::encode_base64(member.document.bytes);
    }
    manifests.push_back(entry);
  }
  return make_blob(
      type, Json{{"schemaVersion", 2}, {"mediaType", type}, {"manifests", manifests}}.dump());
}

IndexMember attestation_for(const BuiltImage& image) {
  ImageSpec spec;
  spec.layers = {"provenance of " + image.manifest.digest};
  return {build_image(spec).manifest, policy::Platform{"unknown", "unknown", ""}, false};
}

void push_document(std::uint16_t port,
                   const std::string& repository,
                   const std::string& tag,
                   const Blob& document) {
  expect_status(exchange(port,
                         "PUT /v2/" + repository + "/manifests/" + tag +
                             " HTTP/1.1\r\nContent-Type: " + document.media_type + "\r\n",
                         document.bytes),
                "201",
                "putting " + tag);
}

void push_image(std::uint16_t port,
                const std::string& repository,
                const std::string& tag,
                const BuiltImage& image) {
  push_blob(port, repository, image.config);
  for (const Blob& layer : image.layers) {
    push_blob(port, repository, layer);
  }
  push_document(port, repository, tag, image.manifest);
}

}  // namespace leangate::fakes
