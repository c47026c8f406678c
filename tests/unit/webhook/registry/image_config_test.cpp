#include "webhook/registry/image_config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/catch.h"
#include "webhook/registry/limits.h"

namespace leangate::registry {
namespace {

struct Row {
  std::string name;
  std::string body;
};

}  // namespace

TEST_CASE("an image config gives what policies need", "[registry]") {
  const std::string diff_id = "sha256:" + std::string(64, 'd');
  const auto document = read_image_config(R"({
    "architecture": "aarch64", "os": "linux", "created": "2026-01-02T03:04:05.678Z",
    "config": {"User": "app", "Env": ["A=1"], "Labels": {"l": "v"}, "Cmd": ["x"]},
    "rootfs": {"type": "layers", "diff_ids": [")" +
                                          diff_id + R"("]},
    "history": [{"created_by": "RUN x", "comment": "c"}, {"empty_layer": true}]})");
  REQUIRE(document);
  CHECK(document->platform == policy::Platform{"linux", "arm64", ""});
  const policy::ImageConfig& config = document->config;
  CHECK(config.user == "app");
  CHECK(config.env == std::vector<std::string>{"A=1"});
  CHECK(config.labels.at("l") == "v");
  REQUIRE(config.created);
  CHECK(config.diff_ids == std::vector<std::string>{diff_id});
  REQUIRE(config.history.size() == 2);
  CHECK(config.history[0].created_by == "RUN x");
  CHECK(config.history[1].empty_layer);
}

TEST_CASE("what a config leaves out is absent", "[registry]") {
  const auto row = GENERATE(values<Row>({
      {"empty", "{}"},
      {"nulls",
       R"({"config": {"Env": null, "Labels": null}, "history": null, "rootfs": null, "created": null})"},
      {"no config at all", R"({"config": null})"},
      {"a date that is none", R"({"created": "yesterday"})"},
  }));
  CAPTURE(row.name);

  const auto document = read_image_config(row.body);
  REQUIRE(document);
  CHECK_FALSE(document->config.created);
  CHECK(document->config.history.empty());
  CHECK(document->config.diff_ids.empty());
}

TEST_CASE("a config that makes no sense is refused", "[registry]") {
  std::string many = R"({"history": [{})";
  for (std::size_t i = 0; i < kMaxHistoryEntries; ++i) {
    many += ",{}";
  }
  const auto row = GENERATE_COPY(values<Row>({
      {"no JSON", "<html>"},
      {"no object", "[]"},
      {"a million levels", "{\"config\":" + std::string(1'000'000, '[')},
      {"history twice", R"({"history": [], "history": []})"},
      {"history in other letter case", R"({"History": []})"},
      {"user no text", R"({"config": {"User": 1}})"},
      {"environment no list", R"({"config": {"Env": {}}})"},
      {"environment of numbers", R"({"config": {"Env": [1]}})"},
      {"label no text", R"({"config": {"Labels": {"a": 1}}})"},
      {"diff_id no digest", R"({"rootfs": {"diff_ids": ["x"]}})"},
      {"empty_layer no boolean", R"({"history": [{"empty_layer": "yes"}]})"},
      {"too much history", many + "]}"},
  }));
  CAPTURE(row.name);

  CHECK_FALSE(read_image_config(row.body));
}

TEST_CASE("long texts are cut between characters", "[registry]") {
  std::string two_byte_characters = "a";
  while (two_byte_characters.size() < 2 * kMaxTextBytes) {
    two_byte_characters += "\xC3\xA9";
  }
  const auto document =
      read_image_config(R"({"history": [{"created_by": ")" + two_byte_characters + R"("}]})");
  REQUIRE(document);
  CHECK(document->config.history[0].created_by.size() == kMaxTextBytes - 1);
}

TEST_CASE("real image configs are read", "[registry][corpus]") {
  const char* set = std::getenv("LEANGATE_CORPUS");  // NOLINT(concurrency-mt-unsafe): one thread
  const std::filesystem::path folder =
      std::filesystem::path{set != nullptr ? set : LEANGATE_SOURCE_DIR "/../shared/corpus"} /
      "configs";
  if (!std::filesystem::is_directory(folder)) {
    WARN("skipped: no corpus at " << folder);
    return;
  }
  int read = 0;
  for (const auto& file : std::filesystem::directory_iterator{folder}) {
    if (file.path().extension() != ".json") {
      continue;
    }
    std::ifstream stream{file.path(), std::ios::binary};
    const std::string body{std::istreambuf_iterator<char>{stream}, {}};
    const auto document = read_image_config(body);
    CAPTURE(file.path(), (document ? std::string{} : document.error()));
    CHECK(document);
    ++read;
  }
  CHECK(read > 0);
}

}  // namespace leangate::registry
