#include "webhook/inspection/image_lookup.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "webhook/inspection/platform_match.h"
#include "webhook/registry/image_config.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/manifest.h"
#include "webhook/registry/text.h"

namespace leangate::inspection {
namespace {

using policy::ImageEvidence;
using policy::ImageFacts;
using policy::LookupFailureKind;
using policy::Platform;
using registry::Content;
using registry::Descriptor;
using registry::Index;
using registry::IndexEntry;
using registry::Manifest;
using registry::ManifestDocument;
using registry::RegistryError;
using registry::Wanted;

RegistryError too_complex(const std::string& what) {
  return {LookupFailureKind::Unreadable, "the index is too complex: " + what};
}

// One image that a node may run.
struct Candidate {
  Descriptor descriptor;
  std::optional<Platform> platform;  // of the index entry, or of the config
  std::optional<Manifest> manifest;
  std::optional<registry::ImageConfigDocument> config;
};

class Lookup {
 public:
  Lookup(registry::RepositoryReader& reader, const PlatformChoice& choice, EvidenceLevel level)
      : reader_{reader}, choice_{choice}, level_{level} {}

  Result<ImageEvidence, RegistryError> run() {
    Result<Content, RegistryError> root = reader_.read_root();
    if (!root) {
      return Failure{root.error()};
    }
    Result<ManifestDocument, RegistryError> document =
        registry::read_manifest(root->body, {}, root->content_type);
    if (!document) {
      return Failure{document.error()};
    }
    evidence_.digest = root->digest;
    note_who_answered(*root);
    Result<void, RegistryError> done = std::holds_alternative<Manifest>(*document)
                                           ? take_image(std::get<Manifest>(std::move(*document)))
                                           : take_index(std::get<Index>(std::move(*document)));
    if (!done) {
      return Failure{done.error()};
    }
    return std::move(evidence_);
  }

 private:
  void note_who_answered(const Content& root) {
    const registry::Endpoint& endpoint = reader_.answered_by();
    if (endpoint.is_mirror()) {
      evidence_.served_by = endpoint.domain;
    }
    for (const std::string& text : root.warnings) {
      evidence_.notices.push_back({endpoint.domain, text, endpoint.is_configured()});
    }
  }

  // A reference that names one image names it for every node: containerd pulls it without looking
  // at its platform.
  Result<void, RegistryError> take_image(Manifest manifest) {
    std::vector<Candidate> candidates(1);
    candidates[0].descriptor.digest = evidence_.digest;
    candidates[0].manifest = std::move(manifest);
    // Only the config knows the platform, so it is read at every level.
    if (Result<void, RegistryError> read = read_configs(pointers(candidates)); !read) {
      return read;
    }
    add_facts(candidates[0]);
    if (candidates[0].config) {
      evidence_.offered.push_back(candidates[0].config->platform);
    }
    return {};
  }

  Result<void, RegistryError> take_index(Index index) {
    Result<std::vector<Candidate>, RegistryError> flat = flatten(std::move(index));
    if (!flat) {
      return Failure{flat.error()};
    }
    std::vector<Candidate>& candidates = *flat;
    if (Result<void, RegistryError> read = find_missing_platforms(candidates); !read) {
      return read;
    }
    std::vector<Platform> offered;
    for (const Candidate& candidate : candidates) {
      offered.push_back(*candidate.platform);
      if (std::find(evidence_.offered.begin(), evidence_.offered.end(), offered.back()) ==
          evidence_.offered.end()) {
        evidence_.offered.push_back(offered.back());
      }
    }
    std::vector<Candidate*> chosen;
    for (const std::size_t i : chosen_platforms(choice_, offered)) {
      chosen.push_back(&candidates[i]);
    }
    if (chosen.empty()) {
      return Failure{no_such_platform()};
    }
    if (chosen.size() > registry::kMaxPlatforms) {
      return Failure{too_complex(std::to_string(chosen.size()) + " images to judge")};
    }
    if (Result<void, RegistryError> read = read_manifests(chosen); !read) {
      return read;
    }
    if (level_ >= EvidenceLevel::Config) {
      if (Result<void, RegistryError> read = read_configs(chosen); !read) {
        return read;
      }
    }
    for (Candidate* candidate : chosen) {
      add_facts(*candidate);
    }
    return {};
  }

  // The images of the index and of the indexes in it, in their order, each nested index once.
  Result<std::vector<Candidate>, RegistryError> flatten(Index root) {
    std::vector<Candidate> images;
    std::set<std::string> visited{evidence_.digest};
    std::vector<IndexEntry> entries = std::move(root.entries);
    std::size_t seen = 0;
    for (int depth = 1; !entries.empty(); ++depth) {
      seen += entries.size();
      if (depth > registry::kMaxIndexDepth || seen > registry::kMaxIndexEntries) {
        return Failure{too_complex("indexes within indexes")};
      }
      std::vector<Descriptor> nested;
      for (IndexEntry& entry : entries) {
        if (entry.is_index) {
          if (visited.insert(entry.descriptor.digest).second) {
            nested.push_back(std::move(entry.descriptor));
          }
        } else {
          images.push_back({std::move(entry.descriptor), std::move(entry.platform), {}, {}});
        }
      }
      Result<std::vector<IndexEntry>, RegistryError> below = read_indexes(nested);
      if (!below) {
        return Failure{below.error()};
      }
      entries = std::move(*below);
    }
    return images;
  }

  Result<std::vector<IndexEntry>, RegistryError> read_indexes(
      const std::vector<Descriptor>& indexes) {
    std::vector<IndexEntry> entries;
    if (indexes.size() > registry::kMaxPlatforms) {
      return Failure{too_complex(std::to_string(indexes.size()) + " indexes in it")};
    }
    std::vector<Result<Content, RegistryError>> contents = read(indexes, Wanted::Kind::Manifest);
    for (std::size_t i = 0; i < contents.size(); ++i) {
      if (!contents[i]) {
        return Failure{contents[i].error()};
      }
      Result<ManifestDocument, RegistryError> document = registry::read_manifest(
          contents[i]->body, indexes[i].media_type, contents[i]->content_type);
      if (!document) {
        return Failure{document.error()};
      }
      for (IndexEntry& entry : std::get<Index>(*document).entries) {
        entries.push_back(std::move(entry));
      }
    }
    return entries;
  }

  // Entries that don't say their platform have it in their config, as containerd reads it; those
  // that turn out to be no image are dropped.
  Result<void, RegistryError> find_missing_platforms(std::vector<Candidate>& candidates) {
    std::vector<Candidate*> unknown;
    for (Candidate& candidate : candidates) {
      if (!candidate.platform) {
        unknown.push_back(&candidate);
      }
    }
    if (unknown.size() > registry::kMaxPlatforms) {
      return Failure{too_complex("too many entries without a platform")};
    }
    if (Result<void, RegistryError> read = read_manifests(unknown); !read) {
      return read;
    }
    if (Result<void, RegistryError> read = read_configs(unknown); !read) {
      return read;
    }
    for (Candidate* candidate : unknown) {
      if (candidate->config) {
        candidate->platform = candidate->config->platform;
      }
    }
    candidates.erase(std::remove_if(candidates.begin(),
                                    candidates.end(),
                                    [](const Candidate& candidate) { return !candidate.platform; }),
                     candidates.end());
    return {};
  }

  Result<void, RegistryError> read_manifests(const std::vector<Candidate*>& candidates) {
    std::vector<Candidate*> missing;
    std::vector<Descriptor> descriptors;
    for (Candidate* candidate : candidates) {
      if (!candidate->manifest) {
        missing.push_back(candidate);
        descriptors.push_back(candidate->descriptor);
      }
    }
    std::vector<Result<Content, RegistryError>> contents =
        read(descriptors, Wanted::Kind::Manifest);
    for (std::size_t i = 0; i < contents.size(); ++i) {
      if (!contents[i]) {
        return Failure{contents[i].error()};
      }
      Result<ManifestDocument, RegistryError> document = registry::read_manifest(
          contents[i]->body, descriptors[i].media_type, contents[i]->content_type);
      if (!document) {
        return Failure{document.error()};
      }
      missing[i]->manifest = std::get<Manifest>(std::move(*document));
    }
    return {};
  }

  // Of those that are images: an artifact's config says nothing about an image.
  Result<void, RegistryError> read_configs(const std::vector<Candidate*>& candidates) {
    std::vector<Candidate*> missing;
    std::vector<Descriptor> descriptors;
    for (Candidate* candidate : candidates) {
      if (candidate->manifest->is_image && !candidate->config) {
        missing.push_back(candidate);
        descriptors.push_back(candidate->manifest->config);
      }
    }
    std::vector<Result<Content, RegistryError>> contents = read(descriptors, Wanted::Kind::Blob);
    for (std::size_t i = 0; i < contents.size(); ++i) {
      if (!contents[i]) {
        return Failure{contents[i].error()};
      }
      Result<registry::ImageConfigDocument, std::string> config =
          registry::read_image_config(contents[i]->body);
      if (!config) {
        return Failure{RegistryError{
            LookupFailureKind::Unreadable,
            "the image config " + descriptors[i].digest + " is not usable: " + config.error()}};
      }
      missing[i]->config = std::move(*config);
    }
    return {};
  }

  // All at once; what is embedded in its descriptor isn't asked for.
  std::vector<Result<Content, RegistryError>> read(const std::vector<Descriptor>& descriptors,
                                                   Wanted::Kind kind) {
    std::vector<Wanted> wanted;
    std::uint64_t bytes = 0;
    for (const Descriptor& descriptor : descriptors) {
      if (descriptor.data.empty()) {
        wanted.push_back({kind, descriptor.digest, descriptor.size});
        bytes += descriptor.size;
      }
    }
    // Bodies are held to the size of their descriptor, so this bounds what one lookup holds.
    if (bytes > registry::kMaxDocumentsBytes) {
      return {Failure{too_complex("documents of " + std::to_string(bytes) + " bytes together")}};
    }
    std::vector<Result<Content, RegistryError>> fetched =
        wanted.empty() ? std::vector<Result<Content, RegistryError>>{} : reader_.read_all(wanted);
    std::vector<Result<Content, RegistryError>> contents;
    auto next = fetched.begin();
    for (const Descriptor& descriptor : descriptors) {
      if (descriptor.data.empty()) {
        contents.push_back(std::move(*next++));
      } else {
        contents.push_back(Content{descriptor.data, descriptor.digest, descriptor.media_type, {}});
      }
    }
    return contents;
  }

  void add_facts(Candidate& candidate) {
    ImageFacts facts;
    facts.manifest_digest = candidate.descriptor.digest;
    facts.layers = std::move(candidate.manifest->layers);
    facts.annotations = std::move(candidate.manifest->annotations);
    if (candidate.config) {
      facts.platform = candidate.config->platform;
      facts.config = std::move(candidate.config->config);
    }
    if (candidate.platform) {
      facts.platform = *candidate.platform;
    }
    evidence_.platforms.push_back(std::move(facts));
  }

  RegistryError no_such_platform() const {
    const auto list = [](const std::vector<Platform>& platforms) {
      std::string text;
      for (const Platform& platform : platforms) {
        text += (text.empty() ? "" : ", ") + platform.str();
      }
      return text.empty() ? std::string{"nothing"} : text;
    };
    return {LookupFailureKind::NoSuchPlatform,
            "the image is not offered for " + list(choice_.platforms) + "; it is for " +
                registry::printable(list(evidence_.offered)),
            evidence_.offered};
  }

  static std::vector<Candidate*> pointers(std::vector<Candidate>& candidates) {
    std::vector<Candidate*> result;
    result.reserve(candidates.size());
    for (Candidate& candidate : candidates) {
      result.push_back(&candidate);
    }
    return result;
  }

  registry::RepositoryReader& reader_;
  const PlatformChoice& choice_;
  const EvidenceLevel level_;
  ImageEvidence evidence_;
};

}  // namespace

Result<ImageEvidence, RegistryError> look_up_image(registry::RepositoryReader& reader,
                                                   const PlatformChoice& choice,
                                                   EvidenceLevel level) {
  return Lookup{reader, choice, level}.run();
}

}  // namespace leangate::inspection
