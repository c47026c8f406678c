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

// The answer of a HEAD that names the manifest. Without a length it may be any proxy's
// (distribution-spec, "Pulling manifests"). Tags are known by their sha256 here, so that another
// algorithm's digest can't be compared with what we hold.
std::optional<std::string> digest_in_head(const Wanted& wanted, const Answer& answer) {
  const std::string_view digest = trim(answer.head.header("docker-content-digest"));
  const std::string_view length = trim(answer.head.header("content-length"));
  const bool has_length = length.find_first_not_of("0") != std::string_view::npos &&
                          length.find_first_not_of("0123456789") == std::string_view::npos;
  if (!has_length || !policy::is_digest(digest)) {
    return std::nullopt;
  }
  const std::string expected_start =
      policy::is_digest(wanted.reference) ? wanted.reference : std::string{"sha256:"};
  return digest.substr(0, expected_start.size()) == expected_start
             ? std::optional{std::string{digest}}
             : std::nullopt;
}

// Whether a GET may still tell what this HEAD didn't: Nexus answers 404 and others 403 or 405 to
// HEAD alone; ECR leaves the digest out of a 200.
bool get_may_know(const RegistryError& error) {
  const int status = error.status;
  return status == 200 || status == 403 || status == 404 || status == 405 || status / 100 == 5;
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
      heads_{clock},
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
  bool asked_afresh = false;  // the registry, for another redirect
  int redirects = 0;
  std::optional<Result<Content, RegistryError>> outcome;
};

RepositoryReader::RepositoryReader(RegistryClient& client,
                                   const RegistryClient::Lookup& lookup,
                                   Endpoint endpoint)
    : client_{client},
      reference_{lookup.reference},
      deadline_{lookup.deadline},
      credentials_{credentials_to_try(
          lookup.credentials, client.credentials_.get(), lookup.reference, lookup.deadline)},
      endpoint_{std::make_unique<Endpoint>(std::move(endpoint))} {
  if (credentials_.credentials.empty()) {
    credentials_.credentials.emplace_back();  // nothing matched: anonymous
  }
}

std::string RepositoryReader::root_reference() const {
  return reference_.digest.value_or(reference_.tag.value_or("latest"));
}

Result<Content, RegistryError> RepositoryReader::read_root() {
  return read_with_credentials({Wanted::Kind::Manifest, root_reference(), 0});
}

Result<std::string, RegistryError> RepositoryReader::resolve_root() {
  const std::string origin = endpoint_->base.origin();
  const bool asks_head = !client_.heads_.is_broken(origin);
  if (asks_head) {
    Result<Content, RegistryError> head =
        read_with_credentials({Wanted::Kind::ManifestHead, root_reference(), 0});
    if (head) {
      client_.heads_.saw_it_work(origin);
      return std::move(head->digest);
    }
    if (!get_may_know(head.error())) {
      return Failure{head.error()};
    }
  }
  Result<Content, RegistryError> content = read_root();
  if (!content) {
    return Failure{content.error()};
  }
  if (asks_head) {
    client_.heads_.saw_it_fail(origin);
  }
  return std::move(content->digest);
}

// As the kubelet does: one credential after the other, until one works.
Result<Content, RegistryError> RepositoryReader::read_with_credentials(const Wanted& wanted) {
  std::optional<RegistryError> last;
  for (const inspection::Credential& credential : credentials_.credentials) {
    authorizer_.emplace(AuthorizationServices{client_.hosts_,
                                              client_.exchanger_,
                                              client_.tokens_,
                                              client_.challenges_,
                                              client_.clock_},
                        Access{endpoint_.get(), reference_.path, credential, deadline_});
    std::vector<Transfer> transfers;
    transfers.push_back(begin(wanted));
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
  if (last->kind == LookupFailureKind::NotFoundOrDenied && !credentials_.is_complete) {
    last->kind = LookupFailureKind::Timeout;  // a credential that is on its way may read it
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
  const bool manifest = wanted.kind != Wanted::Kind::Blob;
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
      transfer.outcome = Failure{refusal(transfer, *answers[i])};
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
  if (transfer.wanted.kind == Wanted::Kind::ManifestHead) {
    question.request.method = HttpRequest::Method::Head;
  }
  if (transfer.wanted.kind != Wanted::Kind::Blob) {
    question.request.headers.push_back({"Accept", std::string{kAcceptedManifests}});
  }
  if (!transfer.left_origin && !authorization.empty()) {
    question.request.headers.push_back({"Authorization", authorization});
  }
  question.limit = transfer.wanted.size != 0 ? static_cast<std::size_t>(transfer.wanted.size)
                                             : kMaxDocumentBytes;
  question.registry = transfer.left_origin ? host_of(transfer.url) : endpoint_->domain;
  question.credential = transfer.left_origin ? std::string{} : authorizer_->fingerprint();
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
  const int status = answer.status();
  if (transfer.left_origin && !transfer.asked_afresh && (status == 400 || status == 403)) {
    // A signed URL that went stale, as S3 and Azure tell it: the registry has a new one.
    const int redirects = transfer.redirects;
    transfer = begin(transfer.wanted);
    transfer.asked_afresh = true;
    transfer.redirects = redirects;
    return;
  }
  if (status != 200) {
    transfer.outcome = Failure{refusal(transfer, answer)};
    return;
  }
  if (transfer.wanted.kind == Wanted::Kind::ManifestHead) {
    finish_head(transfer, answer);
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

void RepositoryReader::finish_head(Transfer& transfer, const Answer& answer) const {
  if (std::optional<std::string> digest = digest_in_head(transfer.wanted, answer)) {
    transfer.outcome = Content{{}, std::move(*digest), {}};
    return;
  }
  RegistryError error = unreadable(question_for(transfer, {}).request,
                                   "no usable Docker-Content-Digest and Content-Length");
  error.status = answer.status();
  transfer.outcome = Failure{std::move(error)};
}

RegistryError RepositoryReader::refusal(const Transfer& transfer, const Answer& answer) const {
  RegistryError error{kind_of(answer.status()),
                      describe(question_for(transfer, {}).request) + " answered " +
                          std::to_string(answer.status())};
  error.status = answer.status();
  error.retry_after = holds_for(answer);
  if (error.kind == LookupFailureKind::NotFoundOrDenied) {
    error.detail += authorizer_->is_anonymous()
                        ? ": it doesn't exist, or needs credentials and none match"
                        : ": it doesn't exist, or the credentials may not read it";
    error.detail += tried_sources(credentials_);
  } else if (error.kind == LookupFailureKind::RateLimited) {
    error.detail += ": too many requests" + retry_hint(error.retry_after) +
                    "; credentials raise the limit of most registries";
  }
  return error;
}

}  // namespace leangate::registry
