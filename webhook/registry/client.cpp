#include "webhook/registry/client.h"

#include <algorithm>
#include <utility>

#include "webhook/registry/credentials.h"
#include "webhook/registry/digest.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

using policy::LookupFailureKind;
using transport::HttpRequest;
using transport::Url;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

LookupFailureKind kind_of(int status) {
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 451:
      return LookupFailureKind::NotFoundOrDenied;
    case 406:
    case 415:
      return LookupFailureKind::Unsupported;
    case 429:
      return LookupFailureKind::RateLimited;
    default:
      break;
  }
  const bool transient = status == 408 || status == 425 || status >= 500;
  return transient ? LookupFailureKind::Unreachable : LookupFailureKind::Unreadable;
}

RegistryError unreadable(const HttpRequest& request, const std::string& what) {
  return {LookupFailureKind::Unreadable, describe(request) + ": " + what};
}

// What is wrong with a successful answer, empty when nothing is.
std::string mistake_in(const Wanted& wanted, const Answer& answer) {
  const std::string encoding = lower_case(answer.head.header("content-encoding"));
  if (!encoding.empty() && encoding != "identity") {
    return "unexpected Content-Encoding " + printable(encoding);
  }
  if (wanted.size != 0 && answer.body.size() != wanted.size) {
    return std::to_string(answer.body.size()) + " bytes instead of the " +
           std::to_string(wanted.size) + " that the descriptor says";
  }
  if (policy::is_digest(wanted.reference)) {
    return has_digest(answer.body, wanted.reference) ? std::string{}
                                                     : "the content differs from its digest";
  }
  // distribution-spec, "Pulling manifests": may be of another algorithm than ours.
  const std::string_view stated = trim(answer.head.header("docker-content-digest"));
  return stated.empty() || has_digest(answer.body, stated)
             ? std::string{}
             : "the content differs from the Docker-Content-Digest it came with";
}

}  // namespace

RegistryClient::RegistryClient(transport::HttpTransport& transport,
                               RegistryOptions options,
                               observability::Metrics& metrics,
                               const Clock& clock)
    : credentials_{std::move(options.credentials)},
      hosts_{std::move(options.hosts), options.token_realms},
      exchanger_{transport, metrics, clock},
      tokens_{clock},
      challenges_{clock},
      clock_{clock} {
  for (const HostRule& rule : hosts_.rules()) {
    if (rule.host.find('*') == std::string::npos) {
      metrics.name_registry(rule.host);
    }
  }
}

Result<Endpoint, RegistryError> RegistryClient::endpoint_of(const Lookup& lookup) const {
  return hosts_.endpoint_of(lookup.reference, lookup.host_is_users_word);
}

RepositoryReader RegistryClient::open(const Lookup& lookup, Endpoint endpoint) {
  return RepositoryReader{*this, lookup, std::move(endpoint)};
}

// One piece of content on its way.
struct RepositoryReader::Transfer {
  Wanted wanted;
  Url url;
  std::shared_ptr<const transport::HostAccess> access;
  // Once a redirect left the origin, nothing is authorised any more, not even after it came back.
  bool left_origin = false;
  int redirects = 0;
  std::optional<Result<Content, RegistryError>> outcome;
};

RepositoryReader::RepositoryReader(RegistryClient& client,
                                   const RegistryClient::Lookup& lookup,
                                   Endpoint endpoint)
    : client_{client},
      reference_{lookup.reference},
      deadline_{lookup.deadline},
      credentials_{credentials_to_try(lookup.credentials, client.credentials_, lookup.reference)},
      endpoint_{std::make_unique<Endpoint>(std::move(endpoint))} {
  if (credentials_.empty()) {
    credentials_.emplace_back();  // nothing matched: anonymous
  }
}

Result<Content, RegistryError> RepositoryReader::read_root() {
  const Wanted root{
      Wanted::Kind::Manifest, reference_.digest.value_or(reference_.tag.value_or("latest")), 0};
  std::optional<RegistryError> last;
  for (const inspection::Credential& credential : credentials_) {
    authorizer_.emplace(AuthorizationServices{client_.hosts_,
                                              client_.exchanger_,
                                              client_.tokens_,
                                              client_.challenges_,
                                              client_.clock_},
                        Access{endpoint_.get(), reference_.path, credential, deadline_});
    std::vector<Transfer> transfers;
    transfers.push_back(begin(root));
    run(transfers);
    Result<Content, RegistryError>& outcome = *transfers.front().outcome;
    if (outcome) {
      return std::move(outcome);
    }
    last = outcome.error();
    if (last->kind != LookupFailureKind::NotFoundOrDenied &&
        last->kind != LookupFailureKind::Refused) {
      break;  // another credential wouldn't help
    }
  }
  return Failure{std::move(*last)};
}

std::vector<Result<Content, RegistryError>> RepositoryReader::read_all(
    const std::vector<Wanted>& wanted) {
  std::vector<Transfer> transfers;
  transfers.reserve(wanted.size());
  for (const Wanted& each : wanted) {
    transfers.push_back(begin(each));
  }
  run(transfers);
  std::vector<Result<Content, RegistryError>> results;
  results.reserve(transfers.size());
  for (Transfer& transfer : transfers) {
    results.push_back(std::move(*transfer.outcome));
  }
  return results;
}

RepositoryReader::Transfer RepositoryReader::begin(const Wanted& wanted) const {
  Transfer transfer;
  transfer.wanted = wanted;
  transfer.url = endpoint_->base;
  transfer.access = endpoint_->access;
  const bool manifest = wanted.kind == Wanted::Kind::Manifest;
  transfer.url.target =
      "/v2/" + reference_.path + (manifest ? "/manifests/" : "/blobs/") + wanted.reference;
  if (wanted.size > kMaxDocumentBytes) {
    transfer.outcome =
        Failure{RegistryError{LookupFailureKind::Unreadable,
                              (manifest ? "the manifest " : "the config ") + wanted.reference +
                                  " has " + std::to_string(wanted.size) + " bytes, more than " +
                                  std::to_string(kMaxDocumentBytes) + " are not read"}};
  }
  return transfer;
}

// In rounds: everything that is under way is asked at once, then redirects and refusals are
// answered. Ends because redirects and the authorizer's answers are counted.
void RepositoryReader::run(std::vector<Transfer>& transfers) {
  while (true) {
    std::vector<Transfer*> open;
    for (Transfer& transfer : transfers) {
      if (!transfer.outcome) {
        open.push_back(&transfer);
      }
    }
    if (open.empty()) {
      return;
    }
    run_round(open);
  }
}

void RepositoryReader::run_round(const std::vector<Transfer*>& open) {
  const Result<std::string, RegistryError> authorization = authorizer_->header();
  if (!authorization) {
    for (Transfer* transfer : open) {
      transfer->outcome = Failure{authorization.error()};
    }
    return;
  }
  std::vector<Question> questions;
  questions.reserve(open.size());
  for (const Transfer* transfer : open) {
    questions.push_back(question_for(*transfer, *authorization));
  }
  std::vector<Result<Answer, RegistryError>> answers = client_.exchanger_.ask_all(questions);
  // Of several refusals the first one is answered; the others are asked again with what it brought.
  std::optional<Result<bool, RegistryError>> try_again;
  for (std::size_t i = 0; i < open.size(); ++i) {
    Transfer& transfer = *open[i];
    if (!answers[i]) {
      transfer.outcome = Failure{answers[i].error()};
      continue;
    }
    const int status = answers[i]->status();
    // ECR Public answers 400 to a token that expired.
    const bool refused =
        status == 401 || (status == 400 && authorization->substr(0, 7) == "Bearer ");
    if (!refused || transfer.left_origin) {
      finish(transfer, std::move(*answers[i]));
      continue;
    }
    if (!try_again) {
      try_again = authorizer_->answer(*answers[i], transfer.url);
    }
    if (!*try_again) {
      transfer.outcome = Failure{try_again->error()};
    } else if (!**try_again) {
      transfer.outcome = Failure{refusal(transfer, status)};
    }
  }
}

Question RepositoryReader::question_for(const Transfer& transfer,
                                        const std::string& authorization) const {
  // A fresh list of headers for every hop.
  Question question;
  question.request.url = transfer.url;
  question.request.access = transfer.access;
  question.request.deadline = deadline_;
  if (transfer.wanted.kind == Wanted::Kind::Manifest) {
    question.request.headers.push_back({"Accept", std::string{kAcceptedManifests}});
  }
  if (!transfer.left_origin && !authorization.empty()) {
    question.request.headers.push_back({"Authorization", authorization});
  }
  question.limit = transfer.wanted.size != 0 ? static_cast<std::size_t>(transfer.wanted.size)
                                             : kMaxDocumentBytes;
  question.registry = transfer.left_origin ? host_of(transfer.url) : endpoint_->domain;
  return question;
}

void RepositoryReader::follow(Transfer& transfer, const Answer& answer) const {
  if (++transfer.redirects > kMaxRedirects) {
    transfer.outcome =
        Failure{RegistryError{LookupFailureKind::Unreadable,
                              "registry " + endpoint_->domain + " redirects more than " +
                                  std::to_string(kMaxRedirects) + " times"}};
    return;
  }
  Result<Target, RegistryError> target =
      client_.hosts_.redirect_of(*endpoint_, transfer.url, answer.head.header("location"));
  if (!target) {
    transfer.outcome = Failure{target.error()};
    return;
  }
  transfer.left_origin = transfer.left_origin || !target->may_take_credentials;
  transfer.url = std::move(target->url);
  transfer.access = std::move(target->access);
}

void RepositoryReader::finish(Transfer& transfer, Answer answer) const {
  if (is_redirect(answer.status())) {
    follow(transfer, answer);
    return;
  }
  if (answer.status() != 200) {
    transfer.outcome = Failure{refusal(transfer, answer.status())};
    return;
  }
  if (const std::string mistake = mistake_in(transfer.wanted, answer); !mistake.empty()) {
    transfer.outcome = Failure{unreadable(question_for(transfer, {}).request, mistake)};
    return;
  }
  std::string digest = policy::is_digest(transfer.wanted.reference) ? transfer.wanted.reference
                                                                    : sha256_digest(answer.body);
  std::string content_type{answer.head.header("content-type")};
  transfer.outcome = Content{std::move(answer.body), std::move(digest), std::move(content_type)};
}

RegistryError RepositoryReader::refusal(const Transfer& transfer, int status) const {
  RegistryError error{
      kind_of(status),
      describe(question_for(transfer, {}).request) + " answered " + std::to_string(status)};
  if (error.kind == LookupFailureKind::NotFoundOrDenied) {
    error.detail += authorizer_->is_anonymous()
                        ? ": it doesn't exist, or needs credentials and none match"
                        : ": it doesn't exist, or the credentials may not read it";
  } else if (error.kind == LookupFailureKind::RateLimited) {
    error.detail += ": too many requests; credentials raise the limit of most registries";
  }
  return error;
}

}  // namespace leangate::registry
