#include "webhook/registry/endpoint_reader.h"

#include <algorithm>
#include <utility>

#include "webhook/registry/credentials.h"
#include "webhook/registry/digest.h"
#include "webhook/registry/limits.h"
#include "webhook/registry/manifest.h"
#include "webhook/registry/text.h"
#include "webhook/registry/warning_header.h"

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
  const bool has_length = length.find_first_not_of('0') != std::string_view::npos &&
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

// One piece of content on its way.
struct EndpointReader::Transfer {
  Wanted wanted;
  Url url;
  std::shared_ptr<const transport::HostAccess> access;
  // Once a redirect left the origin, nothing is authorised any more, not even after it came back.
  bool left_origin = false;
  int redirects = 0;
  bool asked_anew = false;  // see finish()
  std::optional<Result<Content, RegistryError>> outcome;
};

EndpointReader::EndpointReader(ReaderServices services, Endpoint endpoint, EndpointAccess access)
    : services_{services},
      endpoint_{std::make_unique<Endpoint>(std::move(endpoint))},
      access_{std::move(access)} {
  if (access_.credentials.credentials.empty()) {
    access_.credentials.credentials.emplace_back();  // nothing matched: anonymous
  }
}

Result<Content, RegistryError> EndpointReader::read(const std::string& reference) {
  return read_with_credentials({Wanted::Kind::Manifest, reference, 0});
}

Result<std::string, RegistryError> EndpointReader::resolve(const std::string& reference) {
  const std::string origin = endpoint_->base.origin();
  const bool asks_head = !services_.heads.is_broken(origin);
  if (asks_head) {
    Result<Content, RegistryError> head =
        read_with_credentials({Wanted::Kind::ManifestHead, reference, 0});
    if (head) {
      services_.heads.saw_it_work(origin);
      return std::move(head->digest);
    }
    if (!get_may_know(head.error())) {
      return Failure{head.error()};
    }
  }
  Result<Content, RegistryError> content = read(reference);
  if (!content) {
    return Failure{content.error()};
  }
  if (asks_head) {
    services_.heads.saw_it_fail(origin);
  }
  return std::move(content->digest);
}

// As the kubelet does: one credential after the other, until one works.
Result<Content, RegistryError> EndpointReader::read_with_credentials(const Wanted& wanted) {
  std::optional<RegistryError> last;
  for (const inspection::Credential& credential : access_.credentials.credentials) {
    authorizer_.emplace(services_.authorization,
                        Access{endpoint_.get(), access_.repository, credential, access_.deadline});
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
  if (last->kind == LookupFailureKind::NotFoundOrDenied && !access_.credentials.is_complete) {
    last->kind = LookupFailureKind::Timeout;  // a credential that is on its way may read it
  }
  return Failure{std::move(*last)};
}

std::vector<Result<Content, RegistryError>> EndpointReader::read_all(
    const std::vector<Wanted>& wanted) {
  std::vector<Result<Content, RegistryError>> results;
  if (!authorizer_ && !wanted.empty()) {
    // The first one finds out which credential works here.
    results.push_back(read_with_credentials(wanted.front()));
  }
  std::vector<Transfer> transfers;
  transfers.reserve(wanted.size());
  for (std::size_t i = results.size(); i < wanted.size(); ++i) {
    transfers.push_back(begin(wanted[i]));
  }
  run(transfers);
  for (Transfer& transfer : transfers) {
    results.push_back(std::move(*transfer.outcome));
  }
  return results;
}

EndpointReader::Transfer EndpointReader::begin(const Wanted& wanted) const {
  Transfer transfer;
  transfer.wanted = wanted;
  ask_endpoint(transfer);
  const bool manifest = wanted.kind != Wanted::Kind::Blob;
  if (wanted.size > kMaxDocumentBytes) {
    transfer.outcome =
        Failure{RegistryError{LookupFailureKind::Unreadable,
                              (manifest ? "the manifest " : "the config ") + wanted.reference +
                                  " has " + std::to_string(wanted.size) + " bytes, more than " +
                                  std::to_string(kMaxDocumentBytes) + " are not read"}};
  }
  return transfer;
}

// Begins again at the endpoint; what was redirected already still counts.
void EndpointReader::ask_endpoint(Transfer& transfer) const {
  const bool manifest = transfer.wanted.kind != Wanted::Kind::Blob;
  transfer.url = endpoint_->base;
  transfer.url.target +=
      "/" + access_.repository + (manifest ? "/manifests/" : "/blobs/") + transfer.wanted.reference;
  if (!endpoint_->ns.empty()) {
    // distribution-spec, "Registry Proxying": whose content a mirror is asked for.
    transfer.url.target += "?ns=" + transport::encode_query(endpoint_->ns);
  }
  transfer.access = endpoint_->access;
  transfer.left_origin = false;
}

// In rounds: everything that is under way is asked at once, then redirects and refusals are
// answered. Ends because redirects and the authorizer's answers are counted.
void EndpointReader::run(std::vector<Transfer>& transfers) {
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

void EndpointReader::run_round(const std::vector<Transfer*>& open) {
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
  std::vector<Result<Answer, RegistryError>> answers =
      services_.authorization.exchanger.ask_all(questions);
  // Of several refusals the first one is answered; the others are asked again with what it brought.
  std::optional<Result<bool, RegistryError>> try_again;
  for (std::size_t i = 0; i < open.size(); ++i) {
    Transfer& transfer = *open[i];
    if (!answers[i]) {
      transfer.outcome = Failure{answers[i].error()};
      continue;
    }
    const int status = answers[i]->status();
    // ECR Public answers 400 to a token that expired, and 403 may be the answer to a token from
    // before a right was granted.
    const bool has_token = authorization->substr(0, 7) == "Bearer ";
    const bool refused = status == 401 || (has_token && (status == 400 || status == 403));
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

Question EndpointReader::question_for(const Transfer& transfer,
                                      const std::string& authorization) const {
  // A fresh list of headers for every hop.
  Question question;
  question.request.url = transfer.url;
  question.request.access = transfer.access;
  question.request.deadline = access_.deadline;
  if (transfer.wanted.kind == Wanted::Kind::ManifestHead) {
    question.request.method = HttpRequest::Method::Head;
  }
  if (transfer.wanted.kind != Wanted::Kind::Blob) {
    question.request.headers.push_back({"Accept", std::string{kAcceptedManifests}});
  }
  if (!transfer.left_origin) {
    question.request.headers.insert(
        question.request.headers.end(), endpoint_->headers.begin(), endpoint_->headers.end());
    if (!authorization.empty()) {
      question.request.headers.push_back({"Authorization", authorization});
    }
  }
  question.limit = transfer.wanted.size != 0 ? static_cast<std::size_t>(transfer.wanted.size)
                                             : kMaxDocumentBytes;
  question.registry = transfer.left_origin ? host_of(transfer.url) : endpoint_->domain;
  question.credential = transfer.left_origin ? std::string{} : authorizer_->fingerprint();
  return question;
}

void EndpointReader::follow(Transfer& transfer, const Answer& answer) const {
  if (++transfer.redirects > kMaxRedirects) {
    transfer.outcome =
        Failure{RegistryError{LookupFailureKind::Unreadable,
                              "registry " + endpoint_->domain + " redirects more than " +
                                  std::to_string(kMaxRedirects) + " times"}};
    return;
  }
  Result<Target, RegistryError> target = services_.authorization.hosts.redirect_of(
      *endpoint_, transfer.url, answer.head.header("location"));
  if (!target) {
    transfer.outcome = Failure{target.error()};
    return;
  }
  transfer.left_origin = transfer.left_origin || !target->may_take_credentials;
  transfer.url = std::move(target->url);
  transfer.access = std::move(target->access);
}

void EndpointReader::finish(Transfer& transfer, Answer answer) const {
  if (is_redirect(answer.status())) {
    follow(transfer, answer);
    return;
  }
  if (transfer.left_origin && !transfer.asked_anew &&
      transfer.wanted.kind != Wanted::Kind::ManifestHead &&
      (answer.status() == 400 || answer.status() == 403)) {
    // A presigned URL that is no good any more, or not yet: the registry signs another one.
    transfer.asked_anew = true;
    ask_endpoint(transfer);
    return;
  }
  if (answer.status() != 200) {
    transfer.outcome = Failure{refusal(transfer, answer)};
    return;
  }
  if (transfer.wanted.kind == Wanted::Kind::ManifestHead) {
    finish_head(transfer, answer);
    return;
  }
  if (const std::string mistake = mistake_in(transfer.wanted, answer); !mistake.empty()) {
    // A login page says what it is.
    transfer.outcome = Failure{unreadable(
        question_for(transfer, {}).request,
        mistake + " (Content-Type " + printable(answer.head.header("content-type")) + ")")};
    return;
  }
  std::string digest = policy::is_digest(transfer.wanted.reference) ? transfer.wanted.reference
                                                                    : sha256_digest(answer.body);
  std::string content_type{answer.head.header("content-type")};
  std::vector<std::string> warnings;
  if (transfer.wanted.kind == Wanted::Kind::Manifest && !transfer.left_origin) {
    warnings = read_warnings(answer.head.all_headers("warning"));
  }
  transfer.outcome = Content{
      std::move(answer.body), std::move(digest), std::move(content_type), std::move(warnings)};
}

void EndpointReader::finish_head(Transfer& transfer, const Answer& answer) const {
  if (std::optional<std::string> digest = digest_in_head(transfer.wanted, answer)) {
    transfer.outcome = Content{{}, std::move(*digest), {}, {}};
    return;
  }
  RegistryError error = unreadable(question_for(transfer, {}).request,
                                   "no usable Docker-Content-Digest and Content-Length");
  error.status = answer.status();
  transfer.outcome = Failure{std::move(error)};
}

RegistryError EndpointReader::refusal(const Transfer& transfer, const Answer& answer) const {
  RegistryError error{kind_of(answer.status()),
                      describe(question_for(transfer, {}).request) + " answered " +
                          std::to_string(answer.status())};
  error.status = answer.status();
  error.retry_after = holds_for(answer);
  if (error.kind == LookupFailureKind::NotFoundOrDenied) {
    error.detail += authorizer_->is_anonymous()
                        ? ": it doesn't exist, or needs credentials and none match"
                        : ": it doesn't exist, or the credentials may not read it";
    error.detail += tried_sources(access_.credentials);
  } else if (error.kind == LookupFailureKind::RateLimited) {
    error.detail += ": too many requests" + retry_hint(error.retry_after) +
                    "; credentials raise the limit of most registries";
  }
  return error;
}

}  // namespace leangate::registry
