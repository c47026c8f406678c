// The steps of one lookup: what the reference names, the index flattened, platforms chosen, their
// manifests and configs read.
#pragma once

#include "policy/evaluate.h"
#include "policy/result.h"
#include "webhook/inspection/image_inspector.h"
#include "webhook/registry/registry_error.h"
#include "webhook/registry/repository_reader.h"

namespace leangate::inspection {

// Blocks until done or until the reader's deadline.
Result<policy::ImageEvidence, registry::RegistryError> look_up_image(
    registry::RepositoryReader& reader, const PlatformChoice& choice, EvidenceLevel level);

}  // namespace leangate::inspection
