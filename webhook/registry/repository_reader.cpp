#include "webhook/registry/repository_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "webhook/observability/logging.h"
#include "webhook/registry/credentials.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using policy::LookupFailureKind;

// Of an earlier endpoint's error in the message about the last one's.
constexpr std::size_t kShownError = 200;

// The last error decides, for the last endpoint is the registry itself; the others are told.
class Errors {
 public:
  void add(const Endpoint& endpoint, RegistryError error) {
    observability::log_debug("a registry host could not be read",
                             {{"host", endpoint.domain}, {"why", error.detail}});
    if (last_) {
      earlier_ += "; before it: " + cut(last_->detail, kShownError);
    }
    last_ = std::move(error);
  }

  RegistryError take(const std::string& domain) {
    if (!last_) {
      return {LookupFailureKind::Refused,
              "no host of " + domain + " in its hosts.toml has the capability to be asked"};
    }
    last_->detail += earlier_;
    return std::move(*last_);
  }

 private:
  std::optional<RegistryError> last_;
  std::string earlier_;
};

}  // namespace

RepositoryReader::RepositoryReader(ReaderServices services,
                                   const Lookup& lookup,
                                   CredentialSource* operators,
                                   std::vector<Endpoint> endpoints)
    : services_{services}, lookup_{lookup}, operators_{operators} {
  stops_.reserve(endpoints.size());
  for (Endpoint& endpoint : endpoints) {
    stops_.push_back({std::move(endpoint), nullptr});
  }
}

bool RepositoryReader::is_configured() const {
  return std::all_of(
      stops_.begin(), stops_.end(), [](const Stop& stop) { return stop.endpoint.is_configured(); });
}

EndpointReader& RepositoryReader::reader_at(std::size_t stop) {
  Stop& chosen = stops_[stop];
  if (chosen.reader != nullptr) {
    return *chosen.reader;
  }
  const Endpoint& endpoint = chosen.endpoint;
  EndpointAccess access{endpoint.repository_prefix + lookup_.reference.path, {}, lookup_.deadline};
  if (stop + 1 < stops_.size()) {
    // A mirror that hangs must leave time for the registry itself.
    access.deadline = std::min(access.deadline, deadline_in(time_left(lookup_.deadline) / 2));
  }
  if (endpoint.is_mirror()) {
    // The workload's credentials are for the registry; a mirror gets what the operator has for it.
    policy::ImageReference reference = lookup_.reference;
    reference.domain = endpoint.domain;
    reference.path = access.repository;
    access.credentials = credentials_to_try({}, operators_, reference, access.deadline);
  } else {
    access.credentials =
        credentials_to_try(lookup_.credentials, operators_, lookup_.reference, access.deadline);
  }
  chosen.reader = std::make_unique<EndpointReader>(services_, endpoint, std::move(access));
  return *chosen.reader;
}

// Any error of an endpoint leads to the next one, whatever it is: a mirror may lack what the
// registry has.
Result<Content, RegistryError> RepositoryReader::ask_in_turn(bool Endpoint::*may, const Ask& ask) {
  Errors errors;
  for (std::size_t stop = 0; stop < stops_.size(); ++stop) {
    const Endpoint& endpoint = stops_[stop].endpoint;
    if (!(endpoint.*may)) {
      continue;
    }
    Result<Content, RegistryError> content = ask(stop);
    if (content) {
      return content;
    }
    errors.add(endpoint, content.error());
  }
  return Failure{errors.take(lookup_.reference.domain)};
}

Result<Content, RegistryError> RepositoryReader::read_digest(const std::string& digest) {
  return ask_in_turn(&Endpoint::may_pull, [&](std::size_t stop) {
    current_ = stop;
    return reader_at(stop).read(digest);
  });
}

// In one request where whoever resolves the tag would be asked for the content, too.
Result<Content, RegistryError> RepositoryReader::read_tag(const std::string& tag,
                                                          std::size_t stop) {
  const auto end = stops_.begin() + static_cast<std::ptrdiff_t>(stop);
  const bool others_first = std::any_of(stops_.begin(), end, [](const Stop& earlier) {
    return earlier.endpoint.may_pull && !earlier.endpoint.may_resolve;
  });
  if (stops_[stop].endpoint.may_pull && !others_first) {
    current_ = stop;
    return reader_at(stop).read(tag);
  }
  Result<std::string, RegistryError> digest = reader_at(stop).resolve(tag);
  if (!digest) {
    return Failure{digest.error()};
  }
  return read_digest(*digest);
}

Result<Content, RegistryError> RepositoryReader::read_root() {
  if (lookup_.reference.digest) {
    return read_digest(*lookup_.reference.digest);
  }
  return ask_in_turn(&Endpoint::may_resolve, [&](std::size_t stop) {
    return read_tag(lookup_.reference.tag.value_or("latest"), stop);
  });
}

Result<std::string, RegistryError> RepositoryReader::resolve_root() {
  const std::optional<std::string>& digest = lookup_.reference.digest;
  const std::string reference = digest.value_or(lookup_.reference.tag.value_or("latest"));
  Result<Content, RegistryError> content = ask_in_turn(
      digest ? &Endpoint::may_pull : &Endpoint::may_resolve,
      [&](std::size_t stop) -> Result<Content, RegistryError> {
        Result<std::string, RegistryError> resolved = reader_at(stop).resolve(reference);
        if (!resolved) {
          return Failure{resolved.error()};
        }
        return Content{{}, std::move(*resolved), {}, {}};
      });
  if (!content) {
    return Failure{content.error()};
  }
  return std::move(content->digest);
}

std::vector<Result<Content, RegistryError>> RepositoryReader::read_all(
    const std::vector<Wanted>& wanted) {
  std::vector<Result<Content, RegistryError>> results = reader_at(current_).read_all(wanted);
  for (std::size_t stop = 0; stop < stops_.size(); ++stop) {
    std::vector<std::size_t> missing;
    std::vector<Wanted> again;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!results[i]) {
        missing.push_back(i);
        again.push_back(wanted[i]);
      }
    }
    if (missing.empty() || stop == current_ || !stops_[stop].endpoint.may_pull) {
      continue;
    }
    std::vector<Result<Content, RegistryError>> more = reader_at(stop).read_all(again);
    for (std::size_t i = 0; i < missing.size(); ++i) {
      results[missing[i]] = std::move(more[i]);
    }
  }
  return results;
}

}  // namespace leangate::registry
