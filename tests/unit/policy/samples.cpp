#include "tests/unit/policy/samples.h"

#include <utility>

namespace leangate::policy::samples {

ImageFacts image(std::initializer_list<std::uint64_t> layer_sizes) {
  ImageFacts facts;
  facts.manifest_digest = "sha256:" + std::string(64, 'a');
  facts.platform = {"linux", "amd64", ""};
  facts.config.emplace();
  facts.config->user = "65532";
  for (const std::uint64_t size : layer_sizes) {
    const std::string number = std::to_string(facts.layers.size() + 1);
    facts.layers.push_back(
        {"sha256:layer" + number, "application/vnd.oci.image.layer.v1.tar+gzip", size});
    facts.config->diff_ids.push_back("sha256:diff" + number);
    facts.config->history.push_back(
        {"RUN /bin/sh -c step " + number + " # buildkit", "buildkit.dockerfile.v0", false});
  }
  return facts;
}

ImageFacts image_with_history(const std::vector<HistoryEntry>& history, std::size_t layers) {
  ImageFacts facts = image({});
  facts.config->history = history;
  facts.layers.resize(layers, {"sha256:layer", "application/vnd.oci.image.layer.v1.tar+gzip", 1});
  return facts;
}

PlatformImage platform_image(const ImageFacts& facts, const ReferenceData& reference) {
  return {facts, read_build_history(facts), find_base(facts, reference)};
}

Glob glob(std::string_view pattern) {
  return Glob::compile(pattern).value();
}

std::vector<Glob> globs(std::initializer_list<std::string_view> patterns) {
  std::vector<Glob> list;
  for (const std::string_view pattern : patterns) {
    list.push_back(glob(pattern));
  }
  return list;
}

Rule rule(std::string name, RuleBody body) {
  Rule made;
  made.name = std::move(name);
  made.body = std::move(body);
  return made;
}

Policy policy(std::string name, std::vector<Rule> rules) {
  Policy made;
  made.name = std::move(name);
  made.actions = {Action::Deny, Action::Audit};
  made.workload_actions = {Action::Warn, Action::Audit};
  made.match.container_types = {ContainerType::Container,
                                ContainerType::InitContainer,
                                ContainerType::EphemeralContainer,
                                ContainerType::ImageVolume};
  made.match.kinds = {WorkloadKind::Pod, WorkloadKind::Deployment};
  made.rules = std::move(rules);
  return made;
}

WorkloadImage container(std::string image, std::string name) {
  return {std::move(image),
          std::move(name),
          "spec.containers[0].image",
          ContainerType::Container,
          true};
}

Workload pod(std::vector<WorkloadImage> images) {
  Workload workload;
  workload.name = "api-0";
  workload.namespace_name = "ml";
  workload.images = std::move(images);
  return workload;
}

ImageEvidence evidence(std::vector<ImageFacts> platforms) {
  ImageEvidence made;
  made.digest = "sha256:" + std::string(64, 'b');
  for (const ImageFacts& facts : platforms) {
    made.offered.push_back(facts.platform);
  }
  made.platforms = std::move(platforms);
  return made;
}

ImageEvidence failed_lookup() {
  ImageEvidence made;
  made.failure = LookupFailure{
      LookupFailureKind::Unreachable, "registry.example: connection refused", "could not be read"};
  return made;
}

}  // namespace leangate::policy::samples
