#include "policy/build_history.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/unit/policy/samples.h"

namespace leangate::policy {

namespace {

constexpr bool kEmpty = true;
constexpr bool kLayer = false;

std::string instruction_for(const std::string& created_by, const std::string& comment = "") {
  const auto facts = samples::image_with_history({{created_by, comment, kLayer}}, 1);
  const auto instruction = read_build_history(facts).instruction_of(0);
  return instruction ? instruction->text : "(none)";
}

std::filesystem::path corpus() {
  const char* folder = std::getenv("LEANGATE_CORPUS");  // NOLINT(concurrency-mt-unsafe)
  return folder != nullptr ? folder : LEANGATE_SOURCE_DIR "/../shared/corpus";
}

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// The facts of a corpus config, with a layer for each diff_id. Nothing for files of another kind.
std::optional<ImageFacts> read_config(const std::filesystem::path& file) {
  std::ifstream stream{file};
  const auto json = nlohmann::json::parse(stream, nullptr, false);
  if (!json.is_object() || !json.contains("rootfs")) {
    return std::nullopt;
  }
  ImageFacts facts;
  facts.config.emplace();
  if (json.contains("history") && json["history"].is_array()) {
    for (const auto& entry : json["history"]) {
      facts.config->history.push_back({text_of(entry, "created_by"),
                                       text_of(entry, "comment"),
                                       entry.value("empty_layer", false)});
    }
  }
  facts.layers.resize(json["rootfs"]["diff_ids"].size());
  return facts;
}

}  // namespace

TEST_CASE("an instruction is shown as its author wrote it", "[policy][build_history]") {
  struct Case {
    std::string name;
    std::string created_by;
    std::string comment;
    std::string text;
  };
  const std::string digits(64, 'e');
  const auto row = GENERATE_COPY(values<Case>({
      {"classic RUN", "/bin/sh -c apt-get install gcc", "", "RUN apt-get install gcc"},
      {"classic COPY",
       "/bin/sh -c #(nop) COPY file:" + digits + " in /x ",
       "",
       "COPY file:eeeeeeeeeeee in /x"},
      {"classic metadata", "/bin/sh -c #(nop)  USER 1000", "", "USER 1000"},
      {"another SHELL", "/bin/bash -o pipefail -c #(nop) WORKDIR /app", "", "WORKDIR /app"},
      {"another SHELL runs", "/bin/bash -euxo pipefail -c make all", "", "RUN make all"},
      {"classic build arguments", "|1 TOKEN=secret /bin/sh -c make", "", "RUN make"},
      {"argument with blanks", "|2 A=b c d E=f /bin/sh -c make", "", "RUN make"},
      {"BuildKit RUN",
       "RUN /bin/sh -c make all # buildkit",
       "buildkit.dockerfile.v0",
       "RUN make all"},
      {"BuildKit arguments",
       "RUN |2 foo=bar2 T=s3cret /bin/sh -c apk add curl # buildkit",
       "buildkit.dockerfile.v0",
       "RUN apk add curl"},
      {"BuildKit exec form",
       "RUN |1 A=b /usr/bin/tool --flag # buildkit",
       "",
       "RUN /usr/bin/tool --flag"},
      {"BuildKit COPY", "COPY a b # buildkit", "buildkit.dockerfile.v0", "COPY a b"},
      {"continued lines",
       "RUN /bin/sh -c apt-get update \t&& apt-get install -y \t\tgcc",
       "",
       "RUN apt-get update && apt-get install -y gcc"},
      {"heredoc",
       "RUN /bin/sh -c <<EOF\nset -e\nmake\nEOF # buildkit",
       "",
       "RUN <<EOF set -e make EOF"},
      {"secrets in a command",
       "RUN /bin/sh -c TOKEN=abc pip install -i https://u:pw@pypi.example/x torch # buildkit",
       "buildkit.dockerfile.v0",
       "RUN TOKEN=*** pip install -i https://***@pypi.example/x torch"},
      {"secrets in a comment", "tool", "password=abc", "tool (password=***"},
      {"kaniko", "RUN mkdir -p /x", "", "RUN mkdir -p /x"},
      {"jib", "jib-maven-plugin:3.4.0", "dependencies", "jib-maven-plugin:3.4.0 (dependencies)"},
      {"ko",
       "ko build ko://example.com/cmd",
       "go build output, at /ko-app/cmd",
       "ko build ko://example.com/cmd (go build output, at /ko-app/cmd)"},
      {"buildpack",
       "Layer: 'jre', Created by buildpack: java@1.2.3",
       "",
       "Layer: 'jre', Created by buildpack: java@1.2.3"},
      {"nix, no created_by", "", "store paths: ['/nix/store/x']", "store paths: ['/nix/store/x']"},
      {"Windows", "cmd /S /C pip install x", "", "RUN pip install x"},
      {"buildah commit of nothing", "/bin/sh", "", "(none)"},
      {"buildah's comment is no instruction",
       "/bin/sh -c make",
       "FROM docker.io/library/debian:13",
       "RUN make"},
      {"nothing", "", "", "(none)"},
      {"hostile", "RUN /bin/sh -c echo \x1b[2J\xE2\x80\xAE", "", "RUN echo [2J\xEF\xBF\xBD"},
      {"only an argument count", "|99999999999999999999 x", "", "|99999999999999999999 x"},
      {"a marker that isn't at the front",
       "/bin/sh -c echo a #(nop) CMD x",
       "",
       "RUN echo a #(nop) CMD x"},
  }));
  CAPTURE(row.name);
  CHECK(instruction_for(row.created_by, row.comment) == row.text);
}

TEST_CASE("an instruction of any length is bounded", "[policy][build_history]") {
  const std::string text = instruction_for("RUN " + std::string(1u << 20, 'x'));
  CHECK(text.size() == 1000);
  CHECK(text.substr(text.size() - 3) == "...");
}

TEST_CASE("history is tied to layers only where the numbers agree", "[policy][build_history]") {
  const std::vector<HistoryEntry> entries{
      {"ADD rootfs.tar /", "", kLayer}, {"CMD [\"sh\"]", "", kEmpty}, {"RUN make", "", kLayer}};
  const auto exact = read_build_history(samples::image_with_history(entries, 2));
  CHECK(exact.tie == HistoryTie::Exact);
  CHECK(exact.instruction_of(0)->text == "ADD rootfs.tar /");
  CHECK(exact.instruction_of(1)->text == "RUN make");
  CHECK_FALSE(exact.instruction_of(2));

  for (const std::size_t layers : {0u, 1u, 3u}) {
    const auto mismatch = read_build_history(samples::image_with_history(entries, layers));
    CHECK(mismatch.tie == HistoryTie::Mismatch);
    CHECK_FALSE(mismatch.instruction_of(0));
  }
  CHECK(read_build_history(samples::image_with_history({}, 2)).tie == HistoryTie::Absent);
  ImageFacts artifact = samples::image({1});
  artifact.config.reset();
  CHECK(read_build_history(artifact).tie == HistoryTie::Absent);
}

TEST_CASE("a layer that closes a run of so-called empty instructions belongs to all of them",
          "[policy][build_history]") {
  struct Case {
    std::string name;
    std::vector<HistoryEntry> history;
    std::string text;
    bool one_of_several;
  };
  const HistoryEntry base{"/bin/sh -c #(nop) ADD file:x in / ", "", kLayer};
  const HistoryEntry run{"/bin/sh -c apt-get install gcc", "", kEmpty};
  const HistoryEntry marked{
      "/bin/sh -c apt-get install gcc", "FROM docker.io/library/debian:13", kEmpty};
  const HistoryEntry buildkit_base{"ADD rootfs.tar /", "buildkit.dockerfile.v0", kLayer};
  const HistoryEntry buildkit_run{
      "RUN /bin/sh -c true # buildkit", "buildkit.dockerfile.v0", kEmpty};
  const HistoryEntry buildkit_pip{
      "RUN /bin/sh -c pip install x # buildkit", "buildkit.dockerfile.v0", kLayer};
  const HistoryEntry ubi{"/bin/sh -c #(nop) ADD file:x in / ", "FROM ubi:9", kLayer};
  const auto row = GENERATE_COPY(values<Case>({
      {"BuildKit on a base that buildah made",
       {ubi, buildkit_run, buildkit_pip},
       "RUN pip install x",
       false},
      {"BuildKit behind empty entries of a base that buildah made",
       {ubi, run, buildkit_pip},
       "RUN pip install x",
       false},
      {"buildah on a base that BuildKit made",
       {buildkit_base,
        run,
        {"/bin/sh -c pip install x", "FROM docker.io/library/python:3", kLayer}},
       "RUN apt-get install gcc",
       true},
      {"buildah, CMD last",
       {base,
        {"/bin/sh -c #(nop) ENV A=b", "", kEmpty},
        run,
        {"/bin/sh -c #(nop) CMD [\"x\"]", "", kLayer}},
       "RUN apt-get install gcc",
       true},
      {"buildah, RUN last",
       {base, marked, {"/bin/sh -c pip install x", "", kLayer}},
       "RUN apt-get install gcc",
       true},
      {"buildah --layers",
       {base,
        {"/bin/sh -c apt-get install gcc", "FROM docker.io/library/debian:13", kLayer},
        {"/bin/sh -c pip install x", "", kLayer}},
       "RUN pip install x",
       false},
      {"docker drops a RUN that changed nothing",
       {base, run, {"/bin/sh -c pip install x", "", kLayer}},
       "RUN pip install x",
       false},
      {"only metadata before",
       {base, {"ENV A=b", "", kEmpty}, {"WORKDIR /app", "", kLayer}},
       "WORKDIR /app",
       false},
      {"a directory may be all there is",
       {base, run, {"WORKDIR /app", "", kLayer}},
       "WORKDIR /app",
       false},
  }));
  CAPTURE(row.name);
  std::size_t layers = 0;
  for (const HistoryEntry& entry : row.history) {
    layers += entry.empty_layer ? 0 : 1;
  }
  const auto history = read_build_history(samples::image_with_history(row.history, layers));
  const auto instruction = history.instruction_of(layers - 1);
  REQUIRE(instruction);
  CHECK(instruction->text == row.text);
  CHECK(instruction->one_of_several == row.one_of_several);
  CHECK_FALSE(history.instruction_of(0)->one_of_several);
}

TEST_CASE("buildah's inherited label says nothing of BuildKit's layers",
          "[policy][build_history]") {
  const std::vector<HistoryEntry> base{{"/bin/sh -c make", "", kEmpty},
                                       {"/bin/sh -c make install", "", kLayer}};
  std::vector<HistoryEntry> entries = base;
  entries.push_back({"RUN /bin/sh -c true # buildkit", "buildkit.dockerfile.v0", kEmpty});
  entries.push_back({"RUN /bin/sh -c pip install x # buildkit", "buildkit.dockerfile.v0", kLayer});
  ImageFacts facts = samples::image_with_history(entries, 2);
  facts.config->labels["io.buildah.version"] = "1.41.4";
  const auto history = read_build_history(facts);
  CHECK(history.instruction_of(0)->text == "RUN make");
  CHECK(history.instruction_of(0)->one_of_several);
  CHECK(history.instruction_of(1)->text == "RUN pip install x");
  CHECK_FALSE(history.instruction_of(1)->one_of_several);
}

TEST_CASE("real histories are tied to their layers and leave no wrapping",
          "[policy][build_history][corpus]") {
  if (!std::filesystem::is_directory(corpus() / "configs")) {
    WARN("skipped: no corpus at " << corpus());
    return;
  }
  int tied = 0;
  for (const auto& entry : std::filesystem::directory_iterator{corpus() / "configs"}) {
    const auto facts = read_config(entry.path());
    if (!facts) {
      continue;
    }
    CAPTURE(entry.path().filename().string());
    const auto history = read_build_history(*facts);
    if (facts->config->history.empty()) {
      CHECK(history.tie == HistoryTie::Absent);
      continue;
    }
    CHECK(history.tie == HistoryTie::Exact);
    ++tied;
    for (const LayerInstruction& layer : history.layers) {
      CAPTURE(layer.text);
      CHECK(layer.text.find("# buildkit") == std::string::npos);
      CHECK(layer.text.find("#(nop)") == std::string::npos);
      CHECK(layer.text.find("/bin/sh -c") == std::string::npos);
      CHECK_FALSE(layer.one_of_several);
    }
  }
  CHECK(tied >= 30);
}

}  // namespace leangate::policy
