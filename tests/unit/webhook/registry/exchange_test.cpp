#include "webhook/registry/exchange.h"

#include <algorithm>
#include <string>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"
#include "tests/support/catch.h"

namespace leangate::registry {
namespace {

using fakes::FakeAnswer;
using policy::LookupFailureKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using transport::HttpRequest;
using transport::TransportError;
using Kind = TransportError::Kind;

constexpr const char* kUrl = "https://registry.example/v2/team/app/manifests/1";
const FakeAnswer kFine{200, "body", {}, {}};

FakeAnswer status(int code, const std::string& retry_after = "") {
  FakeAnswer answer{code, "sorry", {}, {}};
  if (!retry_after.empty()) {
    answer.headers.push_back({"retry-after", retry_after});
  }
  return answer;
}

FakeAnswer error(Kind kind) {
  return {0, "", {}, TransportError{kind, "registry.example:443: no"}};
}

// An exchanger whose pauses turn its clock, and whose chance is the middle.
struct Rig {
  Rig() {
    transport.on_pause([this](milliseconds span) {
      clock.advance(span);
      return true;
    });
  }

  // Answers in this order, the last one for ever.
  void serve(const std::string& url, std::vector<FakeAnswer> answers) {
    transport.on(url,
                 [answers = std::move(answers), next = std::size_t{0}](const HttpRequest&) mutable {
                   return answers[std::min(next++, answers.size() - 1)];
                 });
  }

  static Question question(const std::string& url = kUrl) {
    Question question;
    question.request.url = transport::parse_url(url).value();
    question.request.deadline = deadline_in(seconds{30});
    question.limit = 100;
    question.registry = question.request.url.host;
    question.credential = "someone";
    return question;
  }

  std::size_t asked() const { return transport.requests().size(); }

  fakes::FakeClock clock;
  fakes::FakeTransport transport;
  observability::Metrics metrics;
  Exchanger exchanger{transport, metrics, clock, [] { return 0.5; }};
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("what may pass is asked three times at most", "[registry][retry]") {
  struct Case {
    std::string name;
    std::vector<FakeAnswer> answers;
    std::size_t asked;
    int status;  // 0: no answer
  };
  const auto row = GENERATE(values<Case>({
      {"fine", {kFine}, 1, 200},
      {"twice unavailable, then fine", {status(503), status(503), kFine}, 3, 200},
      {"unavailable", {status(503), status(503), status(503), kFine}, 3, 503},
      {"no connection, then fine", {error(Kind::Connect), kFine}, 2, 200},
      {"cut short, then fine", {error(Kind::Protocol), kFine}, 2, 200},
      {"no address", {error(Kind::Resolve)}, 3, 0},
      {"limited, then fine", {status(429), kFine}, 2, 200},
      {"limited for a second, then fine", {status(429, "1"), kFine}, 2, 200},
      {"a bad gateway, then not found", {status(502), status(404)}, 2, 404},
      {"not found", {status(404)}, 1, 404},
      {"unauthorized", {status(401)}, 1, 401},
      {"forbidden", {status(403)}, 1, 403},
      {"no certificate", {error(Kind::Tls)}, 1, 0},
      {"a refused address", {error(Kind::Refused)}, 1, 0},
      {"too slow", {error(Kind::Timeout)}, 1, 0},
      {"ended", {error(Kind::Aborted)}, 1, 0},
      {"too large", {{200, std::string(101, 'x'), {}, {}}}, 1, 0},
      {"unavailable with a novel", {{503, std::string(100'000, 'x'), {}, {}}, kFine}, 2, 200},
  }));
  CAPTURE(row.name);
  Rig rig;
  rig.metrics.name_registry("registry.example");
  rig.serve(kUrl, row.answers);

  const auto answer = rig.exchanger.ask(Rig::question());
  CHECK(rig.asked() == row.asked);
  CHECK((answer ? answer->status() : 0) == row.status);
  CHECK((answer ? answer->body : "") == (row.status == 200 ? "body" : ""));
  CHECK(rig.transport.pauses().size() == row.asked - 1);
  const std::string retries = "leangate_registry_retries_total{registry=\"registry.example\"} " +
                              std::to_string(row.asked - 1);
  CHECK(contains(rig.metrics.render(), retries) == (row.asked > 1));
}

TEST_CASE("a post isn't repeated", "[registry][retry]") {
  Rig rig;
  rig.serve(kUrl, {status(503), kFine});
  Question question = Rig::question();
  question.request.method = HttpRequest::Method::Post;
  CHECK(rig.exchanger.ask(question)->status() == 503);
  CHECK(rig.asked() == 1);
}

TEST_CASE("of a batch only what failed is asked again", "[registry][retry]") {
  Rig rig;
  const std::string base = "https://registry.example/";
  rig.serve(base + "a", {kFine});
  rig.serve(base + "b", {status(502), status(502), {200, "late", {}, {}}});
  rig.serve(base + "c", {status(404)});
  rig.serve(base + "d", {status(502), kFine});

  const auto answers = rig.exchanger.ask_all({Rig::question(base + "a"),
                                              Rig::question(base + "b"),
                                              Rig::question(base + "c"),
                                              Rig::question(base + "d")});
  CHECK(rig.transport.batches() == std::vector<std::size_t>{4, 2, 1});
  REQUIRE(answers.size() == 4);
  CHECK(answers[0]->body == "body");
  CHECK(answers[1]->body == "late");
  CHECK(answers[2]->status() == 404);
  CHECK(answers[3]->body == "body");
  CHECK(rig.transport.pauses() == std::vector<milliseconds>{milliseconds{125}, milliseconds{250}});
}

TEST_CASE("a wait that the deadline doesn't allow ends the matter", "[registry][retry]") {
  Rig rig;
  rig.serve(kUrl, {status(503, "2"), kFine});
  Question question = Rig::question();
  question.request.deadline = deadline_in(seconds{1});
  CHECK(rig.exchanger.ask(question)->status() == 503);
  CHECK(rig.transport.pauses().empty());
}

TEST_CASE("a stop ends the wait with what was learnt", "[registry][retry]") {
  Rig rig;
  rig.transport.on_pause([](milliseconds) { return false; });
  rig.serve(kUrl, {status(503), kFine});
  CHECK(rig.exchanger.ask(Rig::question())->status() == 503);
  CHECK(rig.asked() == 1);
}

TEST_CASE("a limited credential makes no further request, another one does", "[registry][health]") {
  Rig rig;
  // Docker Hub's two forms: a quota in JSON, and a limit on everything in plain text.
  const std::string body = GENERATE(
      R"({"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]})",
      "Too Many Requests");
  rig.serve(kUrl, {{429, body, {{"retry-after", "3600"}}, {}}, kFine});

  const auto first = rig.exchanger.ask(Rig::question());
  CHECK(first->status() == 429);
  CHECK(first->retry_after == seconds{900});
  CHECK(holds_for(*first) == seconds{900});
  CHECK(rig.asked() == 1);
  CHECK(rig.transport.pauses().empty());

  rig.clock.advance(seconds{60});
  const auto second = rig.exchanger.ask(Rig::question());
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == LookupFailureKind::RateLimited);
  CHECK(second.error().retry_after == seconds{840});
  CHECK(contains(second.error().detail, "registry.example"));
  CHECK(contains(second.error().detail, "retry in 840 s"));
  CHECK(rig.asked() == 1);

  Question other = Rig::question();
  other.credential = "other";
  CHECK(rig.exchanger.ask(other)->status() == 200);
  rig.clock.advance(seconds{840});
  CHECK(rig.exchanger.ask(Rig::question())->status() == 200);
}

TEST_CASE("a limit without a word holds after the last try only", "[registry][health]") {
  Rig rig;
  rig.serve(kUrl, {status(429)});
  const auto answer = rig.exchanger.ask(Rig::question());
  CHECK(answer->status() == 429);
  CHECK(answer->retry_after == seconds{30});
  CHECK(rig.asked() == 3);
  CHECK(rig.transport.pauses() ==
        std::vector<milliseconds>{milliseconds{1125}, milliseconds{1250}});

  const auto next = rig.exchanger.ask(Rig::question());
  REQUIRE_FALSE(next);
  CHECK(next.error().retry_after == seconds{30});
  CHECK(rig.asked() == 3);
}

TEST_CASE("Docker Hub's quota leaves HEAD free, its limit on requests doesn't",
          "[registry][health]") {
  const bool is_quota = GENERATE(true, false);
  Rig rig;
  FakeAnswer limited = status(429, "600");
  if (is_quota) {
    limited.headers.push_back({"ratelimit-limit", "100;w=21600"});
    limited.headers.push_back({"ratelimit-remaining", "0;w=21600"});
  }
  rig.transport.on(kUrl, [&](const HttpRequest& request) {
    return request.method == HttpRequest::Method::Head ? FakeAnswer{200, "", {}, {}} : limited;
  });
  CHECK(rig.exchanger.ask(Rig::question())->status() == 429);
  CHECK_FALSE(rig.exchanger.ask(Rig::question()));

  Question head = Rig::question();
  head.request.method = HttpRequest::Method::Head;
  const auto answer = rig.exchanger.ask(head);
  CHECK(answer.has_value() == is_quota);
  CHECK(rig.asked() == (is_quota ? 2 : 1));
}

TEST_CASE("a host that stays down is left alone, and asked by one first", "[registry][health]") {
  const FakeAnswer down = GENERATE(values<FakeAnswer>(
      {status(503), status(502), error(Kind::Connect), error(Kind::Tls), status(522)}));
  Rig rig;
  rig.serve(kUrl, {down});
  for (int i = 0; i < 5; ++i) {
    (void)rig.exchanger.ask(Rig::question());
    rig.clock.advance(seconds{1});
  }
  const std::size_t asked = rig.asked();
  Question other = Rig::question();
  other.credential = "other";
  const auto refused = rig.exchanger.ask(other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == LookupFailureKind::Unreachable);
  CHECK(refused.error().retry_after > seconds{0});
  CHECK(contains(refused.error().detail, "registry.example failed several times in a row"));
  CHECK(rig.asked() == asked);

  rig.clock.advance(seconds{30});
  rig.serve(kUrl, {kFine});
  CHECK(rig.exchanger.ask(other)->status() == 200);
  CHECK(rig.exchanger.ask(Rig::question())->status() == 200);
}

TEST_CASE("what one tenant can cause doesn't close a host for others", "[registry][health]") {
  struct Case {
    std::string name;
    FakeAnswer answer;
  };
  const auto row = GENERATE(values<Case>({
      {"wrong password", status(401)},
      {"forbidden", status(403)},
      {"not found", status(404)},
      {"a document that breaks the registry", status(500)},
      {"a method that it doesn't know", status(501)},
      {"limited", status(429, "1")},
      {"an address that is refused", error(Kind::Refused)},
      {"too large", {200, std::string(101, 'x'), {}, {}}},
      {"no time left", error(Kind::Timeout)},
      {"our own load", error(Kind::Overloaded)},
  }));
  CAPTURE(row.name);
  Rig rig;
  rig.serve(kUrl, {row.answer});
  for (int i = 0; i < 20; ++i) {
    (void)rig.exchanger.ask(Rig::question());
    rig.clock.advance(seconds{1});
  }
  rig.serve(kUrl, {kFine});
  Question other = Rig::question();
  other.credential = "other";
  CHECK(rig.exchanger.ask(other));
}

TEST_CASE("a host that is silent for long enough counts as down", "[registry][health]") {
  Rig rig;
  rig.transport.on(kUrl, [&](const HttpRequest&) {
    rig.clock.advance(seconds{5});
    return error(Kind::Timeout);
  });
  for (int i = 0; i < 5; ++i) {
    (void)rig.exchanger.ask(Rig::question());
  }
  (void)rig.exchanger.ask(Rig::question());
  CHECK(rig.asked() == 5);
}

TEST_CASE("a registry's quota is a metric of the registries that have a name",
          "[registry][metrics]") {
  Rig rig;
  FakeAnswer answer = kFine;
  answer.headers.push_back({"ratelimit-remaining", "76;w=21600"});
  rig.serve(kUrl, {answer});
  CHECK(rig.exchanger.ask(Rig::question()));
  CHECK(contains(rig.metrics.render(),
                 "leangate_registry_ratelimit_remaining{registry=\"registry.example\"} 76"));
}

TEST_CASE("failures hold as long as asking again would bring the same", "[registry]") {
  struct Case {
    int status;
    seconds span;
  };
  const auto row = GENERATE(values<Case>({
      {404, seconds{30}},
      {401, seconds{10}},
      {403, seconds{10}},
      {429, seconds{7}},
      {400, seconds{0}},
      {500, seconds{0}},
      {503, seconds{0}},
  }));
  CAPTURE(row.status);
  Answer answer;
  answer.head.status = row.status;
  answer.retry_after = seconds{row.status == 429 ? 7 : 0};
  CHECK(holds_for(answer) == row.span);
}

}  // namespace leangate::registry
