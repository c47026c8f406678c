// The rule kind `config`: what the image's config blob says about running it.
#pragma once

#include <string_view>

#include "policy/rules/judgement.h"

namespace leangate::policy {

// An OCI artifact has no image config: missing evidence.
Judgement judge_config(const ConfigRule& rule, const PlatformImage& image);

// Whether a config's `user` ("name", "uid", either with ":group") makes a Linux container's first
// process root. A name other than "root" that /etc/passwd gives the uid 0 can't be seen here.
bool is_root_user(std::string_view user);

}  // namespace leangate::policy
