// Manifests, indexes and configs of hostile registries, end to end: whatever they say, the lookup
// ends in the right kind of failure, nothing that was promised by a digest is believed without it,
// and no document makes leangate ask for more than its bounds.
#include <string>
#include <vector>

#include "tests/integration/hostile_registry_fixture.h"
#include "tests/support/catch.h"
#include "webhook/registry/digest.h"
#include "webhook/registry/limits.h"

namespace leangate::inspection {
namespace {

using fakes::Blob;
using fakes::BuiltImage;
using policy::Platform;

std::string digest_of(char c) {
  return "sha256:" + std::string(64, c);
}

std::string descriptor(const std::string& type,
                       const std::string& size,
                       const std::string& digest = digest_of('a')) {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest + R"(","size":)" + size + "}";
}

std::string descriptor_of(const Blob& blob) {
  return descriptor(blob.media_type, std::to_string(blob.bytes.size()), blob.digest);
}

std::string layer_of_size(const std::string& size) {
  return descriptor("application/vnd.oci.image.layer.v1.tar+gzip", size, digest_of('b'));
}

// A manifest whose config is promised, never to be fetched: it is refused before.
std::string manifest_with(const std::string& layers, const std::string& more = "") {
  return R"({"schemaVersion":2,"config":)" + descriptor(kOciConfig, "7") + R"(,"layers":[)" +
         layers + "]" + more + "}";
}

std::string index_with(const std::string& entries, const std::string& more = "") {
  return R"({"schemaVersion":2,"manifests":[)" + entries + "]" + more + "}";
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  all.reserve(text.size() * static_cast<std::size_t>(times));
  for (int i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

// An image with this very config, right digests and sizes around it.
BuiltImage image_with_config(const std::string& config) {
  BuiltImage image;
  image.config = fakes::make_blob(kOciConfig, config);
  image.manifest =
      fakes::make_blob(kOciManifest,
                       R"({"schemaVersion":2,"config":)" + descriptor_of(image.config) +
                           R"(,"layers":[)" + layer_of_size("10") + "]}");
  return image;
}

BuiltImage image_for(const std::string& architecture) {
  fakes::ImageSpec spec;
  spec.platform = {"linux", architecture, ""};
  spec.layers = {"layer of " + architecture};
  return fakes::build_image(spec);
}

struct Body {
  const char* name;
  std::string body;
};

}  // namespace

TEST_CASE("manifest: numbers that are no sizes make it unreadable", "[inspection][hostile]") {
  const auto row = GENERATE(values<Body>({
      {"-1", layer_of_size("-1")},
      {"0", layer_of_size("0")},
      {"text", layer_of_size("\"12\"")},
      {"1.5", layer_of_size("1.5")},
      {"2^63", layer_of_size("9223372036854775808")},
      {"2^64", layer_of_size("18446744073709551616")},
      {"a sum that overflows",
       layer_of_size("9223372036854775807") + "," + layer_of_size("9223372036854775807")},
  }));
  CAPTURE(row.name);
  Scene scene;
  scene.registry.on(kManifest, manifest_answer(manifest_with(row.body)));
  check_failure(scene.look_up(), Kind::Unreadable, scene);
  CHECK(scene.registry.requests().size() == 1);  // its config isn't asked for
}

TEST_CASE("manifest: what two readers could read differently is unreadable",
          "[inspection][hostile]") {
  const std::string config = ",\"config\":" + descriptor(kOciConfig, "8");
  const std::string size_twice =
      R"({"mediaType":"x","digest":")" + digest_of('b') + R"(","size":1,"size":2})";
  const std::string index_type = R"(,"mediaType":")" + std::string{kOciIndex} + "\"";
  const auto row = GENERATE_COPY(values<Body>({
      {"layers twice", manifest_with(layer_of_size("1"), R"(,"layers":[])")},
      {"config twice", manifest_with(layer_of_size("1"), config)},
      {"a size twice", manifest_with(size_twice)},
      {"mediaType twice", manifest_with("", index_type + index_type)},
      {"layers in two letter cases", manifest_with(layer_of_size("1"), R"(,"Layers":[])")},
      {"an index by its type, a manifest by its layers",
       manifest_with(layer_of_size("1"), index_type)},
      {"layers and manifests", manifest_with(layer_of_size("1"), R"(,"manifests":[])")},
      {"schema 1's layers in schema 2", manifest_with(layer_of_size("1"), R"(,"fsLayers":[])")},
  }));
  CAPTURE(row.name);
  Scene scene;
  scene.registry.on(kManifest, manifest_answer(row.body));
  check_failure(scene.look_up(), Kind::Unreadable, scene);
  CHECK(scene.registry.requests().size() == 1);
}

TEST_CASE("manifest: bytes that aren't what their digest says are unreadable",
          "[inspection][hostile]") {
  const BuiltImage image = image_for("amd64");
  const BuiltImage other = image_for("arm64");
  Scene scene;

  SECTION("another manifest under a digest") {
    const std::string& digest = image.manifest.digest;
    scene.registry.on(manifest_path(digest), manifest_answer(other.manifest.bytes));
    const Inspection result = scene.look_up(request_for(host_of(scene.registry), digest));
    check_failure(result, Kind::Unreadable, scene);
    CHECK(contains(result->failure->detail, "differs from its digest"));
    // Nor is it remembered.
    serve_image(scene.registry, image);
    CHECK_FALSE(scene.look_up(request_for(host_of(scene.registry), digest))->failure);
  }
  SECTION("a Docker-Content-Digest that lies about a tag") {
    scene.registry.on(kManifest,
                      manifest_answer(image.manifest.bytes,
                                      kOciManifest,
                                      {"Docker-Content-Digest: " + other.manifest.digest}));
    check_failure(scene.look_up(), Kind::Unreadable, scene);
  }
  SECTION("a Docker-Content-Digest of an algorithm that nobody knows") {
    scene.registry.on(kManifest,
                      manifest_answer(image.manifest.bytes,
                                      kOciManifest,
                                      {"Docker-Content-Digest: md5:" + std::string(32, 'a')}));
    check_failure(scene.look_up(), Kind::Unreadable, scene);
  }
  SECTION("another config") {
    serve_image(scene.registry, image);
    std::string config = image.config.bytes;
    config.back() = ' ';  // of the same size
    scene.registry.on(blob_path(image.config.digest), http_response(200, config));
    check_failure(scene.look_up(), Kind::Unreadable, scene);
  }
  SECTION("another member of an index") {
    const Blob index =
        fakes::build_index({{image.manifest, Platform{"linux", "amd64", ""}, false}});
    serve_document(scene.registry, index, "1");
    scene.registry.on(manifest_path(image.manifest.digest),
                      manifest_answer(other.manifest.bytes, other.manifest.media_type));
    check_failure(scene.look_up(), Kind::Unreadable, scene);
  }
}

TEST_CASE("manifest: too large, cut short, or longer than announced", "[inspection][hostile]") {
  struct Case {
    const char* name;
    ScriptedServer::Handler handler;
  };
  const std::string body = image_for("amd64").manifest.bytes;
  const auto head = [](std::size_t length) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
  };
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::size_t limit = registry::kMaxDocumentBytes;
  const auto row = GENERATE_COPY(values<Case>({
      {"announced beyond the limit", always(head(limit + 1))},
      {"chunked beyond the limit",
       always(chunked + repeated("10000\r\n" + std::string(0x10000, ' ') + "\r\n", 65) +
              "0\r\n\r\n")},
      {"without any length beyond the limit",
       then_close("HTTP/1.1 200 OK\r\n\r\n" + std::string(limit + 1, ' '))},
      {"fewer bytes than announced", then_close(head(body.size() + 1) + body)},
      {"more bytes than announced", then_close(head(body.size() - 1) + body)},
      {"chunked and cut short", then_close(chunked + "40\r\n" + body.substr(0, 0x30))},
      {"a length that is no number",
       then_close("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + body)},
      {"a negative length", then_close("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + body)},
  }));
  CAPTURE(row.name);
  Scene scene;
  scene.registry.on(kManifest, row.handler);
  check_failure(scene.look_up(), Kind::Unreadable, scene);
}

TEST_CASE("manifest: a Content-Encoding that nobody asked for is named", "[inspection][hostile]") {
  const char* const encoding = GENERATE("gzip", "zstd", "br, gzip");
  CAPTURE(encoding);
  Scene scene;
  scene.registry.on(kManifest,
                    manifest_answer(image_for("amd64").manifest.bytes,
                                    kOciManifest,
                                    {std::string{"Content-Encoding: "} + encoding}));
  const Inspection result = scene.look_up();
  check_failure(result, Kind::Unreadable, scene);
  CHECK(contains(result->failure->detail, "unexpected Content-Encoding"));
  CHECK(scene.registry.requests().front().header("accept-encoding").empty());
}

TEST_CASE("manifest: its type is found behind any Content-Type", "[inspection][hostile]") {
  const std::string type = GENERATE(as<std::string>{},
                                    "text/plain",
                                    "text/plain; charset=utf-8",
                                    "application/json;charset=ISO-8859-1",
                                    "application/octet-stream",
                                    "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
                                    "APPLICATION/VND.OCI.IMAGE.MANIFEST.V1+JSON");
  const bool typed_body = GENERATE(true, false);
  CAPTURE(type, typed_body);
  Scene scene;
  const BuiltImage image = typed_body
                               ? image_for("amd64")
                               : image_with_config(R"({"os":"linux","architecture":"amd64"})");
  scene.registry.on(kManifest, manifest_answer(image.manifest.bytes, type));
  scene.registry.on(blob_path(image.config.digest), http_response(200, image.config.bytes));
  const Inspection result = scene.look_up();
  REQUIRE_FALSE(result->failure);
  CHECK(result->digest == image.manifest.digest);
}

TEST_CASE("manifest: a login page is told by its Content-Type", "[inspection][hostile]") {
  Scene scene;
  scene.registry.on(
      kManifest, manifest_answer("<html><form>Log in</form></html>", "text/html; charset=utf-8"));
  const Inspection result = scene.look_up();
  check_failure(result, Kind::Unreadable, scene);
  CHECK(contains(result->failure->detail, "text/html"));
}

TEST_CASE("index: more than its bounds is unreadable, and never walked", "[inspection][hostile]") {
  const std::string entry = R"({"mediaType":")" + std::string{kOciManifest} + R"(","digest":")" +
                            digest_of('c') +
                            R"(","size":7,"platform":{"os":"linux","architecture":"amd64"}},)";
  const int entries = GENERATE(static_cast<int>(registry::kMaxIndexEntries) + 1, 50'000);
  CAPTURE(entries);
  Scene scene;
  std::string list = repeated(entry, entries);
  list.pop_back();
  scene.registry.on(kManifest, manifest_answer(index_with(list), kOciIndex));
  check_failure(scene.look_up(), Kind::Unreadable, scene);
  CHECK(scene.registry.requests().size() == 1);
}

TEST_CASE("index: indexes within indexes end at a depth", "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = image_for("amd64");
  serve_image(scene.registry, image);
  const int depth = GENERATE(as<int>{}, registry::kMaxIndexDepth, registry::kMaxIndexDepth + 1, 10);
  CAPTURE(depth);
  Blob document = fakes::build_index({{image.manifest, Platform{"linux", "amd64", ""}, false}});
  for (int i = 1; i < depth; ++i) {
    serve_document(scene.registry, document);
    document = fakes::build_index({{document, {}, false}});
  }
  serve_document(scene.registry, document, "1");

  const Inspection result = scene.look_up();
  if (depth <= registry::kMaxIndexDepth) {
    CHECK_FALSE(result->failure);
    return;
  }
  check_failure(result, Kind::Unreadable, scene);
  CHECK(contains(result->failure->detail, "too complex"));
  CHECK(scene.registry.requests().size() <= registry::kMaxIndexDepth + 1);
}

TEST_CASE("index: an index that it names again and again is read once", "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = image_for("amd64");
  serve_image(scene.registry, image);
  const Blob inner = fakes::build_index({{image.manifest, Platform{"linux", "amd64", ""}, false}});
  serve_document(scene.registry, inner);
  const Blob middle = fakes::build_index({{inner, {}, false}, {inner, {}, false}});
  serve_document(scene.registry, middle);
  const Blob outer =
      fakes::build_index({{inner, {}, false}, {middle, {}, false}, {inner, {}, false}});
  serve_document(scene.registry, outer, "1");

  const Inspection result = scene.look_up();
  REQUIRE_FALSE(result->failure);
  CHECK(result->platforms.size() == 1);
  CHECK(count_of(scene.registry, manifest_path(inner.digest)) == 1);
}

TEST_CASE("index: nothing in it for the node is told apart from a failure to read",
          "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = image_for("amd64");
  serve_image(scene.registry, image);
  const bool empty = GENERATE(true, false);
  CAPTURE(empty);
  const Blob index =
      empty ? fakes::make_blob(kOciIndex, index_with(""))
            : fakes::build_index({{image.manifest, Platform{"linux", "amd64", ""}, false}});
  serve_document(scene.registry, index, "1");
  const InspectionRequest request =
      only_for(request_for(host_of(scene.registry), "1"), Platform{"linux", "s390x", ""});
  check_failure(scene.look_up(request), Kind::NoSuchPlatform, scene);
  CHECK(scene.registry.requests().size() == 1);
}

TEST_CASE("index: an entry of another size than its document is refused", "[inspection][hostile]") {
  Scene scene;
  const BuiltImage image = image_for("amd64");
  serve_image(scene.registry, image, "other");
  const std::size_t size = image.manifest.bytes.size();
  const std::size_t declared = GENERATE_COPY(size - 1, size + 1, std::size_t{1});
  CAPTURE(size, declared);
  scene.registry.on(
      kManifest,
      manifest_answer(
          index_with(descriptor(kOciManifest, std::to_string(declared), image.manifest.digest)),
          kOciIndex));
  check_failure(scene.look_up(), Kind::Unreadable, scene);
}

TEST_CASE("index: one that is a manifest as well is unreadable", "[inspection][hostile]") {
  const auto row = GENERATE(values<Body>({
      {"with layers", index_with("", R"(,"layers":[])")},
      {"with a config", index_with("", ",\"config\":" + descriptor(kOciConfig, "7"))},
      {"manifests twice", index_with("", R"(,"manifests":[])")},
      {"a digest that leads out of the repository",
       index_with(R"({"mediaType":")" + std::string{kOciManifest} +
                  R"(","digest":"sha256:../../../../secret/manifests/1","size":7})")},
  }));
  CAPTURE(row.name);
  Scene scene;
  scene.registry.on(kManifest, manifest_answer(row.body, kOciIndex));
  check_failure(scene.look_up(), Kind::Unreadable, scene);
  CHECK(scene.registry.requests().size() == 1);
}

TEST_CASE("config: what no reader should survive is an error", "[inspection][hostile]") {
  const auto row = GENERATE(values<Body>({
      {"a million nested arrays", std::string(1'000'000, '[')},
      {"a million nested objects", repeated("{\"a\":", 700'000)},
      {"no JSON", "<html>"},
      {"no object", "[]"},
      {"cut short", R"({"os":"linux","architecture":)"},
      {"text that is no UTF-8", "{\"os\":\"\xff\xfe\"}"},
      {"an architecture twice", R"({"os":"linux","architecture":"amd64","architecture":"arm64"})"},
      {"a number beyond all bounds", R"({"os":"linux","architecture":"amd64","x":1e400})"},
  }));
  CAPTURE(row.name);
  Scene scene;
  serve_image(scene.registry, image_with_config(row.body));
  check_failure(scene.look_up(), Kind::Unreadable, scene);
}

TEST_CASE("config: one that is promised to be huge isn't asked for", "[inspection][hostile]") {
  Scene scene;
  scene.registry.on(
      kManifest,
      manifest_answer(R"({"schemaVersion":2,"config":)" +
                      descriptor(kOciConfig, std::to_string(registry::kMaxDocumentBytes + 1)) +
                      R"(,"layers":[)" + layer_of_size("10") + "]}"));
  check_failure(scene.look_up(), Kind::Unreadable, scene);
  CHECK(scene.registry.requests().size() == 1);
}

TEST_CASE("foreign layers are weighed, and never fetched", "[inspection][hostile]") {
  Scene scene;
  BuiltImage image = image_with_config(R"({"os":"linux","architecture":"amd64"})");
  const std::string layer =
      R"({"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","digest":")" +
      digest_of('d') + R"(","size":1000,"urls":[")" + scene.elsewhere.origin() + R"(/layer"]})";
  image.manifest =
      fakes::make_blob(kOciManifest,
                       R"({"schemaVersion":2,"config":)" + descriptor_of(image.config) +
                           R"(,"layers":[)" + layer + "]}");
  serve_image(scene.registry, image);
  const Inspection result = scene.look_up_with_password();
  REQUIRE_FALSE(result->failure);
  CHECK(result->platforms.front().layers.front().compressed_bytes == 1000);
  CHECK(scene.elsewhere.connections() == 0);
}

TEST_CASE("HEAD: one that doesn't tell a digest is followed by a GET", "[inspection][hostile]") {
  struct Case {
    const char* name;
    std::string head;
  };
  const BuiltImage image = image_for("amd64");
  const std::string digest = "Docker-Content-Digest: " + image.manifest.digest + "\r\n";
  const auto row = GENERATE_COPY(values<Case>({
      {"nothing in it", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
      {"a digest of nothing", "HTTP/1.1 200 OK\r\n" + digest + "Content-Length: 0\r\n\r\n"},
      {"a digest without a length", "HTTP/1.1 200 OK\r\n" + digest + "\r\n"},
      {"no digest", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"},
      {"no digest in the header for it",
       "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nDocker-Content-Digest: x\r\n\r\n"},
      {"403", "HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n"},
      {"404", "HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n"},
      {"405", "HTTP/1.1 405 x\r\nContent-Length: 0\r\n\r\n"},
      {"501", "HTTP/1.1 501 x\r\nContent-Length: 0\r\n\r\n"},
  }));
  CAPTURE(row.name);
  Scene scene;
  scene.registry.on(kManifest, [&](const RecordedRequest& request, ScriptedConnection& connection) {
    return connection.send(request.method == "HEAD"
                               ? row.head
                               : manifest_answer(image.manifest.bytes, image.manifest.media_type));
  });
  const auto resolved = scene.resolve();
  CAPTURE(resolved ? "" : resolved.error().detail);
  REQUIRE(resolved);
  CHECK(*resolved == image.manifest.digest);
  CHECK(scene.registry.requests().front().method == "HEAD");
  CHECK(scene.registry.requests().back().method == "GET");
}

}  // namespace leangate::inspection
