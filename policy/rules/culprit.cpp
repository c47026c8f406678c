#include "policy/rules/culprit.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "policy/one_line.h"
#include "policy/quantity.h"

namespace leangate::policy {

namespace {

// An instruction may be pages of shell; its beginning is enough to find it in the Dockerfile.
constexpr std::size_t kShownInstruction = 200;

constexpr std::string_view kGeneralAdvice =
    "build in a stage of its own and copy only what runs into a slim final stage (multi-stage "
    "build)";
constexpr std::string_view kCompilerAdvice =
    "keep compilers and -dev packages in a build stage and copy what it made into a slim final "
    "stage "
    "without them (multi-stage build)";
constexpr std::string_view kUnknownInstructionAdvice =
    "start the final stage from a slim base and copy only what runs into it (multi-stage build); "
    "docker history of the build machine, or a build with one layer an instruction, shows where "
    "the bytes come from";

struct Advice {
  std::string_view word;  // what the instruction shows, in lower case
  std::string_view text;
};

// Looked through in order, so what is more special comes first.
constexpr std::array<Advice, 20> kRunAdvice{{
    {" gcc", kCompilerAdvice},
    {" g++", kCompilerAdvice},
    {"build-essential", kCompilerAdvice},
    {"conda install",
     "create the environment in a build stage, run conda clean -afy in the same RUN, and copy only "
     "the environment into a slim final stage (conda-pack, multi-stage build)"},
    {"conda env",
     "create the environment in a build stage, run conda clean -afy in the same RUN, and copy only "
     "the environment into a slim final stage (conda-pack, multi-stage build)"},
    {"mamba ",
     "run mamba clean -afy in the same RUN and copy only the environment into a slim final stage "
     "(multi-stage build)"},
    {"uv pip",
     "install with uv --no-cache into a virtual environment in a build stage and copy only that "
     "into a slim final stage; torch has CPU wheels a quarter of the size"},
    {"uv sync",
     "install with uv --no-cache and without development groups into a virtual environment in a "
     "build stage and copy only that into a slim final stage"},
    {"poetry install",
     "install with --only main in a build stage and copy only the virtual environment into a slim "
     "final stage"},
    {"pip install",
     "install with --no-cache-dir into a virtual environment in a build stage and copy only that "
     "into a slim final stage (multi-stage build); leave training and test packages out"},
    {"pip3 install",
     "install with --no-cache-dir into a virtual environment in a build stage and copy only that "
     "into a slim final stage (multi-stage build); leave training and test packages out"},
    {"apt-get install",
     "install with --no-install-recommends and rm -rf /var/lib/apt/lists/* in the same RUN; keep "
     "compilers and -dev packages in a build stage"},
    {"apt install",
     "use apt-get install with --no-install-recommends and rm -rf /var/lib/apt/lists/* in the same "
     "RUN; keep compilers and -dev packages in a build stage"},
    {"apk add", "use apk add --no-cache and keep compilers and -dev packages in a build stage"},
    {"dnf install",
     "add --setopt=install_weak_deps=False and dnf clean all in the same RUN; keep compilers in a "
     "build stage"},
    {"yum install", "run yum clean all in the same RUN and keep compilers in a build stage"},
    {"npm ",
     "install with npm ci --omit=dev and clean the npm cache in the same RUN; build in an earlier "
     "stage"},
    {"chown -r",
     "a chown of many files stores them all a second time: use COPY --chown in the first place"},
    {"chmod -r",
     "a chmod of many files stores them all a second time: use COPY --chmod in the first place"},
    {"huggingface",
     "mount the model as a volume or an OCI artifact instead of baking it into the image"},
}};

constexpr std::array<std::string_view, 11> kWeights{".safetensors",
                                                    ".gguf",
                                                    ".onnx",
                                                    ".pt ",
                                                    ".pth",
                                                    ".ckpt",
                                                    ".h5",
                                                    ".pb ",
                                                    ".nemo",
                                                    "model",
                                                    "weight"};

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return lower;
}

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

std::string_view advice_for_copy(std::string_view instruction) {
  const auto names_weights = [&](std::string_view word) { return contains(instruction, word); };
  if (std::any_of(kWeights.begin(), kWeights.end(), names_weights)) {
    return "mount model weights as a volume or an OCI artifact instead of copying them into the "
           "image";
  }
  if (instruction.starts_with("copy . ") || instruction.starts_with("add . ") ||
      contains(instruction, " dir:")) {
    return "name what the program needs in COPY and keep the rest out with .dockerignore (.git, "
           "data, notebooks, virtual environments)";
  }
  return "copy only what runs, and keep data and model weights in a volume";
}

std::string_view advice_for_instruction(std::string_view instruction) {
  if (instruction.starts_with("copy ") || instruction.starts_with("add ")) {
    return advice_for_copy(instruction);
  }
  const auto advice = std::find_if(kRunAdvice.begin(), kRunAdvice.end(), [&](const Advice& row) {
    return contains(instruction, row.word);
  });
  return advice != kRunAdvice.end() ? advice->text : kGeneralAdvice;
}

}  // namespace

CulpritLayer culprit_of(const PlatformImage& image, std::size_t layer) {
  const LayerFacts& facts = image.facts.layers.at(layer);
  CulpritLayer culprit;
  culprit.index = layer + 1;
  culprit.of = image.facts.layers.size();
  culprit.digest = facts.digest;
  culprit.compressed_bytes = facts.compressed_bytes;
  if (const auto instruction = image.history.instruction_of(layer)) {
    culprit.instruction = instruction->text;
    culprit.one_of_several = instruction->one_of_several;
  }
  return culprit;
}

CulpritLayer largest_layer(const PlatformImage& image) {
  const auto& layers = image.facts.layers;
  const auto largest =
      std::max_element(layers.begin(), layers.end(), [](const LayerFacts& a, const LayerFacts& b) {
        return a.compressed_bytes < b.compressed_bytes;
      });
  return culprit_of(image, static_cast<std::size_t>(largest - layers.begin()));
}

std::string instruction_clause(const CulpritLayer& culprit) {
  if (culprit.instruction.empty()) {
    return " (its history doesn't say which instruction made it)";
  }
  const std::string shown = one_line(culprit.instruction, kShownInstruction);
  return culprit.one_of_several ? ", made by several instructions at once, the first: " + shown
                                : ": " + shown;
}

std::string advice_for(const CulpritLayer& culprit) {
  if (culprit.instruction.empty() || culprit.one_of_several) {
    return std::string{kUnknownInstructionAdvice};
  }
  return std::string{advice_for_instruction(lower_case(culprit.instruction))};
}

std::string distinct_bytes(std::uint64_t bytes, std::uint64_t other) {
  const std::string text = describe_bytes(bytes);
  const bool same = bytes != other && text == describe_bytes(other);
  return same ? std::to_string(bytes) + " bytes" : text;
}

std::string over_limit(const std::string& what, std::uint64_t observed, std::uint64_t limit) {
  // Below 1.05 the factor would be printed as 1.0.
  constexpr double kWorthAFactor = 1.05;
  constexpr double kWholeNumbers = 10.0;
  const std::string allowed = distinct_bytes(limit, observed);
  const double factor =
      limit == 0 ? 0.0 : static_cast<double>(observed) / static_cast<double>(limit);
  if (factor < kWorthAFactor) {
    return fmt::format("{}, over the limit of {}", what, allowed);
  }
  return factor < kWholeNumbers
             ? fmt::format("{}, {:.1f} times the limit of {}", what, factor, allowed)
             : fmt::format("{}, {:.0f} times the limit of {}", what, factor, allowed);
}

}  // namespace leangate::policy
