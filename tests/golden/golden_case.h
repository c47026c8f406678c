// One folder of tests/golden/cases, read and run through the real policy reader, review codec and
// reviewer. Only the registry is a fake.
//
//   policy.yaml    the policies in force, as an operator writes them
//   review.json    the AdmissionReview, as kube-apiserver sends it
//   images.json    what the registry holds, by normalised reference: see read_images
//   settings.json  optional: enforcement, exceptionNamespaces, platforms, knownBases (of
//   images.json) expected.json  status and review that went back, and the findings behind them
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace leangate::golden {

// The folders, sorted by name.
std::vector<std::filesystem::path> find_cases();

// What the case gives now, in the form of expected.json.
nlohmann::ordered_json run_case(const std::filesystem::path& folder);

std::string read_text(const std::filesystem::path& file);

}  // namespace leangate::golden
