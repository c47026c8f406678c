// Small facts, policies and workloads for the tests of policy, each with one thing to change.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "policy/evaluate.h"
#include "policy/rules/judgement.h"

namespace leangate::policy::samples {

inline constexpr std::uint64_t kMiB = 1u << 20;

// An image for linux/amd64 with a layer of each size and a RUN instruction for each.
ImageFacts image(std::initializer_list<std::uint64_t> layer_sizes);

// The layers of `image`, with these instructions as its history.
ImageFacts image_with_history(const std::vector<HistoryEntry>& history, std::size_t layers);

PlatformImage platform_image(const ImageFacts& facts, const ReferenceData& reference = {});

Glob glob(std::string_view pattern);
std::vector<Glob> globs(std::initializer_list<std::string_view> patterns);

Rule rule(std::string name, RuleBody body);

// Covers every image of every kind, denies and audits.
Policy policy(std::string name, std::vector<Rule> rules);

WorkloadImage container(std::string image, std::string name = "api");

// A pod in namespace "ml".
Workload pod(std::vector<WorkloadImage> images);

ImageEvidence evidence(std::vector<ImageFacts> platforms);
ImageEvidence failed_lookup();

}  // namespace leangate::policy::samples
