// Ties the entries of an image's history to its layers, or says that it can't.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "policy/image_facts.h"

namespace leangate::policy {

// How far the history can be trusted to name a layer's instruction.
enum class HistoryTie {
  Exact,     // as many layer-making entries as layers: each layer has its instruction
  Mismatch,  // the counts differ: no layer can be tied to an entry
  Absent,    // no history, or no config
};

struct LayerInstruction {
  // The instruction as a Dockerfile author would recognise it: "RUN pip install -r
  // requirements.txt", shell and builder wrappings removed, build arguments (and the secrets people
  // put there) too, runs of white space folded, control characters gone; at most 1,000 code points.
  // Empty when the entry says nothing.
  std::string text;
  // A builder that commits once (buildah without --layers) puts the one layer on the last of
  // several instructions: then the layer belongs to the whole run and `text` names the first of it
  // that can make files. See "image history" in policy/README.md.
  bool one_of_several = false;
};

struct BuildHistory {
  HistoryTie tie = HistoryTie::Absent;
  std::vector<LayerInstruction> layers;  // one a layer when tie is Exact, else empty

  // Precondition: none; nothing is returned for what isn't tied.
  std::optional<LayerInstruction> instruction_of(std::size_t layer) const;
};

BuildHistory read_build_history(const ImageFacts& facts);

}  // namespace leangate::policy
