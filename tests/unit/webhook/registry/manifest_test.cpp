#include "webhook/registry/manifest.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/catch.h"
#include "webhook/registry/digest.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using policy::LookupFailureKind;

constexpr const char* kOciManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kOciIndex = "application/vnd.oci.image.index.v1+json";
constexpr const char* kOciConfig = "application/vnd.oci.image.config.v1+json";

std::string digest_of(char c) {
  return "sha256:" + std::string(64, c);
}

std::string descriptor(const std::string& type, const std::string& size, char c = 'a') {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest_of(c) + R"(","size":)" + size +
         "}";
}

std::string layer(const std::string& size) {
  return descriptor("application/vnd.oci.image.layer.v1.tar+gzip", size, 'b');
}

std::string manifest_with(const std::string& layers, const std::string& more = "") {
  return R"({"schemaVersion":2,"config":)" + descriptor(kOciConfig, "7") + R"(,"layers":[)" +
         layers + "]" + more + "}";
}

std::string index_with(const std::string& entries) {
  return R"({"schemaVersion":2,"manifests":[)" + entries + "]}";
}

std::string entry(const std::string& platform, const std::string& type = kOciManifest) {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest_of('c') +
         R"(","size":9,"platform":)" + platform + "}";
}

struct Bad {
  std::string name;
  std::string body;
  LookupFailureKind kind = LookupFailureKind::Unreadable;
};

}  // namespace

TEST_CASE("a manifest gives its config, layers and annotations", "[registry]") {
  const auto document =
      read_manifest(manifest_with(layer("10") + "," + layer("20"), R"(,"annotations":{"k":"v"})"),
                    {},
                    kOciManifest);
  REQUIRE(document);
  const auto& manifest = std::get<Manifest>(*document);
  CHECK(manifest.is_image);
  CHECK(manifest.config.size == 7);
  REQUIRE(manifest.layers.size() == 2);
  CHECK(manifest.layers[1].compressed_bytes == 20);
  CHECK(manifest.layers[1].digest == digest_of('b'));
  CHECK(manifest.annotations.at("k") == "v");
}

TEST_CASE("the type is found whatever the registry calls it", "[registry]") {
  struct Case {
    std::string name;
    std::string described;
    std::string content_type;
    std::string body_type;
  };
  const auto row = GENERATE(values<Case>({
      {"by header", "", kOciManifest, ""},
      {"header with parameters", "", std::string{kOciManifest} + "; charset=utf-8", ""},
      {"header in capitals", "", "Application/Vnd.OCI.Image.Manifest.v1+JSON", ""},
      {"by body", "", "text/plain", kOciManifest},
      {"by descriptor", kOciManifest, "application/json", ""},
      {"descriptor over header", kOciManifest, kOciIndex, ""},
      {"body over header", "", kOciIndex, kOciManifest},
      {"by looking", "", "application/json;charset=ISO-8859-1", ""},
      {"by looking, without any header", "", "", ""},
      {"docker", "", "", "application/vnd.docker.distribution.manifest.v2+json"},
  }));
  CAPTURE(row.name);
  const std::string more = row.body_type.empty() ? "" : R"(,"mediaType":")" + row.body_type + "\"";

  const auto document =
      read_manifest(manifest_with(layer("1"), more), row.described, row.content_type);
  REQUIRE(document);
  CHECK(std::holds_alternative<Manifest>(*document));
}

TEST_CASE("a manifest that can't be trusted is refused", "[registry]") {
  const auto row = GENERATE(values<Bad>({
      {"login page", "<html>"},
      {"no object", "[]"},
      {"negative size", manifest_with(layer("-1"))},
      {"size 0", manifest_with(layer("0"))},
      {"size as text", manifest_with(layer("\"12\""))},
      {"fractional size", manifest_with(layer("1.5"))},
      {"whole number as a fraction", manifest_with(layer("1.0"))},
      {"size 2^63", manifest_with(layer("9223372036854775808"))},
      {"size 2^64", manifest_with(layer("18446744073709551616"))},
      {"sizes that overflow together",
       manifest_with(layer("9223372036854775807") + "," + layer("1"))},
      {"no digest", manifest_with(R"({"mediaType":"x","size":1})")},
      {"digest with a path in it",
       manifest_with(R"({"mediaType":"x","digest":"sha256:../../x","size":1})")},
      {"upper case digest",
       manifest_with(R"({"mediaType":"x","digest":"sha256:)" + std::string(64, 'A') +
                     R"(","size":1})")},
      {"layers twice", manifest_with(layer("1"), R"(,"layers":[])")},
      {"layers in other letter case", manifest_with(layer("1"), R"(,"Layers":[])")},
      {"config twice", manifest_with(layer("1"), ",\"config\":" + descriptor(kOciConfig, "1"))},
      {"size twice", manifest_with(R"({"digest":")" + digest_of('a') + R"(","size":1,"size":2})")},
      {"layers no array", R"({"config":)" + descriptor(kOciConfig, "7") + R"(,"layers":{}})"},
      {"no config", R"({"layers":[]})"},
      {"an index as well", manifest_with(layer("1"), R"(,"manifests":[])")},
      {"schema 1's layers in schema 2", manifest_with(layer("1"), R"(,"fsLayers":[])")},
      {"a layer that is no object", manifest_with("1")},
      {"an annotation that is no text", manifest_with(layer("1"), R"(,"annotations":{"a":1})")},
      {"embedded data with another digest",
       R"({"layers":[],"config":{"mediaType":"x","digest":")" + digest_of('a') +
           R"(","size":2,"data":"e30="}})"},
  }));
  CAPTURE(row.name);

  const auto document = read_manifest(row.body, {}, kOciManifest);
  REQUIRE_FALSE(document);
  CHECK(document.error().kind == row.kind);
}

TEST_CASE("too many layers or entries are refused", "[registry]") {
  std::string layers = layer("1");
  std::string entries = entry(R"({"os":"linux","architecture":"amd64"})");
  const std::string one_entry = entries;
  for (std::size_t i = 0; i < kMaxLayers; ++i) {
    layers += "," + layer("1");
    entries += "," + one_entry;
  }
  CHECK_FALSE(read_manifest(manifest_with(layers), {}, kOciManifest));
  CHECK_FALSE(read_manifest(index_with(entries), {}, kOciIndex));
}

TEST_CASE("what runtimes no longer pull is unsupported", "[registry]") {
  const auto row = GENERATE(values<Bad>({
      {"schema 1", R"({"schemaVersion":1,"fsLayers":[]})", LookupFailureKind::Unsupported},
      {"schema 1 by its version only", R"({"schemaVersion":1})", LookupFailureKind::Unsupported},
      {"nothing we know", R"({"schemaVersion":2})", LookupFailureKind::Unsupported},
      {"an OCI artifact manifest",
       R"({"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]})",
       LookupFailureKind::Unsupported},
  }));
  CAPTURE(row.name);

  const auto document = read_manifest(row.body, {}, "application/json");
  REQUIRE_FALSE(document);
  CHECK(document.error().kind == row.kind);
}

TEST_CASE("descriptor and body must agree on the type", "[registry]") {
  const std::string body =
      manifest_with(layer("1"), R"(,"mediaType":")" + std::string{kOciManifest} + "\"");
  CHECK(read_manifest(body, kOciManifest, {}));
  CHECK_FALSE(read_manifest(body, kOciIndex, {}));
  CHECK_FALSE(read_manifest(manifest_with(layer("1")), kOciIndex, {}));
}

TEST_CASE("a manifest whose config is no image config is an artifact", "[registry]") {
  const auto document =
      read_manifest(R"({"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":)"
                    R"("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",)"
                    R"("size":2,"data":"e30="},"layers":[)" +
                        layer("5") + "]}",
                    {},
                    kOciManifest);
  REQUIRE(document);
  const auto& manifest = std::get<Manifest>(*document);
  CHECK_FALSE(manifest.is_image);
  CHECK(manifest.config.data == "{}");
  CHECK(manifest.layers.size() == 1);
}

TEST_CASE("an index keeps what a runtime could run", "[registry]") {
  const auto document = read_manifest(
      index_with(entry(R"({"os":"linux","architecture":"x86_64"})") + "," +
                 entry(R"({"os":"unknown","architecture":"unknown"})") + "," +
                 entry(R"({"os":"linux","architecture":"arm"})", "application/x-unknown") + "," +
                 entry("null") + "," +
                 entry(R"({"os":"linux","architecture":"arm64"})", kOciIndex)),
      {},
      kOciIndex);
  REQUIRE(document);
  const auto& index = std::get<Index>(*document);
  REQUIRE(index.entries.size() == 3);
  CHECK(index.entries[0].platform == policy::Platform{"linux", "amd64", ""});
  CHECK_FALSE(index.entries[1].platform.has_value());
  CHECK(index.entries[2].is_index);
}

TEST_CASE("an attestation's annotation alone hides no image", "[registry]") {
  const auto document = read_manifest(
      index_with(R"({"mediaType":")" + std::string{kOciManifest} + R"(","digest":")" +
                 digest_of('c') +
                 R"(","size":9,"platform":{"os":"linux","architecture":"amd64"},)"
                 R"("annotations":{"vnd.docker.reference.type":"attestation-manifest"}})"),
      {},
      kOciIndex);
  REQUIRE(document);
  CHECK(std::get<Index>(*document).entries.size() == 1);
}

TEST_CASE("an index that is ambiguous is refused", "[registry]") {
  const auto row = GENERATE(values<Bad>({
      {"with layers", R"({"manifests":[],"layers":[]})"},
      {"with a config", R"({"manifests":[],"config":{}})"},
      {"manifests no array", R"({"manifests":{}})"},
      {"entry of size 0",
       R"({"manifests":[{"mediaType":"x","digest":")" + digest_of('c') + R"(","size":0}]})"},
      {"platform no object", index_with(entry("1"))},
  }));
  CAPTURE(row.name);

  CHECK_FALSE(read_manifest(row.body, {}, kOciIndex));
}

TEST_CASE("real manifests are read", "[registry][corpus]") {
  const char* set = std::getenv("LEANGATE_CORPUS");  // NOLINT(concurrency-mt-unsafe): one thread
  const std::filesystem::path folder =
      std::filesystem::path{set != nullptr ? set : LEANGATE_SOURCE_DIR "/../shared/corpus"} /
      "manifests";
  if (!std::filesystem::is_directory(folder)) {
    WARN("skipped: no corpus at " << folder);
    return;
  }
  int read = 0;
  for (const auto& file : std::filesystem::directory_iterator{folder}) {
    std::ifstream stream{file.path(), std::ios::binary};
    const std::string body{std::istreambuf_iterator<char>{stream}, {}};
    CAPTURE(file.path());
    const auto document = read_manifest(body, {}, {});
    // One of them is a serialiser's fixture, whose embedded data was never meant to match.
    const bool made_up = body.find("some.example/manifest") != std::string::npos;
    CHECK((made_up || document || document.error().kind == LookupFailureKind::Unsupported));
    ++read;
  }
  CHECK(read > 0);
}

}  // namespace leangate::registry
