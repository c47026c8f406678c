#include "webhook/admission/review.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "webhook/admission/json_members.h"
#include "webhook/admission/pruned_json.h"
#include "webhook/admission/review_shape.h"
#include "webhook/admission/workload_images.h"

namespace leangate::admission {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kUid = "705ab4f5-6393-11e8-b7cc-42010a800002";

ordered_json pod_with(const std::string& image) {
  return {{"kind", "Pod"},
          {"apiVersion", "v1"},
          {"metadata", {{"name", "api"}, {"namespace", "elsewhere"}, {"labels", {{"app", "api"}}}}},
          {"spec", {{"containers", {{{"name", "api"}, {"image", image}}}}}}};
}

// A review with its keys in the order of kube-apiserver.
ordered_json review_of(const std::string& operation, const ordered_json& object) {
  return {{"kind", "AdmissionReview"},
          {"apiVersion", "admission.k8s.io/v1"},
          {"request",
           {{"uid", kUid},
            {"kind", {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
            {"resource", {{"group", ""}, {"version", "v1"}, {"resource", "pods"}}},
            {"requestKind", {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
            {"requestResource", {{"group", ""}, {"version", "v1"}, {"resource", "pods"}}},
            {"name", "api"},
            {"namespace", "ml"},
            {"operation", operation},
            {"userInfo", {{"username", "jane"}, {"groups", {"system:authenticated"}}}},
            {"object", object},
            {"oldObject", nullptr},
            {"dryRun", false},
            {"options", {{"kind", "CreateOptions"}, {"apiVersion", "meta.k8s.io/v1"}}}}}};
}

ReviewRequest read(const ordered_json& review) {
  auto request = read_review(review.dump());
  if (!request) {
    FAIL(request.error().detail);
  }
  return *std::move(request);
}

ReviewError refuse(const std::string& body, bool truncated = false) {
  auto request = read_review(body, truncated);
  REQUIRE_FALSE(request.has_value());
  return request.error();
}

}  // namespace

TEST_CASE("a review says who asks for what, and brings the workload", "[review]") {
  auto review = review_of("CREATE", pod_with("r.example/api:1"));
  review["request"]["dryRun"] = true;
  const auto request = read(review);

  CHECK(request.uid == kUid);
  CHECK(request.kind == "Pod");
  CHECK(request.operation == "CREATE");
  CHECK(request.sub_resource.empty());
  CHECK(request.name == "api");
  CHECK(request.namespace_name == "ml");
  CHECK(request.user == "jane");
  CHECK(request.dry_run);
  REQUIRE(request.workload.has_value());
  CHECK(request.workload->name == "api");
  CHECK(request.workload->namespace_name == "ml");
  CHECK(request.workload->labels == policy::Labels{{"app", "api"}});
  REQUIRE(request.workload->images.size() == 1);
  CHECK(request.workload->images[0].image == "r.example/api:1");
}

TEST_CASE("missing members are absent, unknown ones ignored", "[review]") {
  const auto request = read({{"future", {{"a", json::array({1, {{"b", 2}}})}}},
                             {"apiVersion", "admission.k8s.io/v1"},
                             {"kind", "AdmissionReview"},
                             {"request",
                              {{"object", pod_with("a")},
                               {"operation", "CREATE"},
                               {"kind", {{"kind", "Pod"}}},
                               {"uid", "u"}}}});
  CHECK(request.uid == "u");
  CHECK(request.name.empty());
  CHECK(request.user.empty());
  CHECK(request.workload->name == "api");
}

TEST_CASE("only requests that can bring images have a workload", "[review]") {
  struct Case {
    std::string kind;
    std::string operation;
    std::string sub_resource;
    bool has_workload;
  };
  const auto c = GENERATE(values<Case>({
      {"Pod", "CREATE", "", true},
      {"Pod", "UPDATE", "", true},
      {"Pod", "UPDATE", "ephemeralcontainers", true},
      {"CronJob", "CREATE", "", true},
      {"Deployment", "UPDATE", "", true},
      {"Pod", "DELETE", "", false},
      {"Pod", "CONNECT", "exec", false},
      {"Pod", "UPDATE", "status", false},
      {"Pod", "UPDATE", "resize", false},
      {"Deployment", "UPDATE", "status", false},
      {"Deployment", "UPDATE", "ephemeralcontainers", false},
      {"Scale", "UPDATE", "scale", false},
      {"Binding", "CREATE", "binding", false},
      {"ConfigMap", "CREATE", "", false},
  }));
  CAPTURE(c.kind, c.operation, c.sub_resource);
  auto review = review_of(c.operation, pod_with("a"));
  review["request"]["kind"]["kind"] = c.kind;
  review["request"]["subResource"] = c.sub_resource;

  CHECK(read(review).workload.has_value() == c.has_workload);
  // What is no object matters only where one is looked at.
  review["request"]["object"] = nullptr;
  CHECK(read_review(review.dump()).has_value() == !c.has_workload);
  const auto error = refuse(review.dump(), true);
  CHECK(error.may_bring_images == c.has_workload);
}

TEST_CASE("an update is compared with the old object", "[review]") {
  auto review = review_of("UPDATE", pod_with("a:2"));
  auto& spec = review["request"]["object"]["spec"];
  spec["ephemeralContainers"] = {{{"name", "debug"}, {"image", "busybox"}}};

  SECTION("which had one of the images") {
    review["request"]["oldObject"] = pod_with("a:2");
    const auto images = read(review).workload->images;
    REQUIRE(images.size() == 2);
    CHECK_FALSE(images[0].is_new);
    CHECK(images[1].is_new);
  }
  SECTION("which is not there: then every image is new") {
    const auto images = read(review).workload->images;
    CHECK(images[0].is_new);
    CHECK(images[1].is_new);
  }
}

TEST_CASE("what is being deleted can lose its finalizers", "[review]") {
  auto review = review_of("UPDATE", pod_with("a:2"));
  review["request"]["object"]["metadata"]["deletionTimestamp"] = "2026-11-23T00:00:00Z";
  CHECK_FALSE(read(review).workload.has_value());
  review["request"]["operation"] = "CREATE";
  CHECK(read(review).workload.has_value());
}

TEST_CASE("what is no v1 AdmissionReview is told apart", "[review]") {
  using Kind = ReviewError::Kind;
  struct Case {
    std::string name;
    std::string body;
    Kind kind;
  };
  const std::string v1 = R"("kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1")";
  const auto c = GENERATE_COPY(values<Case>({
      {"nothing", "", Kind::NotAReview},
      {"no JSON", "<html>", Kind::NotAReview},
      {"an array", "[]", Kind::NotAReview},
      {"another kind",
       R"({"kind": "Pod", "apiVersion": "v1", "request": {"uid": "u"}})",
       Kind::NotAReview},
      {"another kind that breaks off",
       R"({"kind": "Pod", "request": {"uid": "u", )",
       Kind::NotAReview},
      {"another group",
       R"({"kind": "AdmissionReview", "apiVersion": "v1", "request": {"uid": "u"}})",
       Kind::NotAReview},
      {"v1beta1",
       R"({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1beta1",
           "request": {"uid": "u"}})",
       Kind::Unsupported},
      {"no kind",
       R"({"apiVersion": "admission.k8s.io/v1", "request": {"uid": "u"}})",
       Kind::NotAReview},
      {"no request", "{" + v1 + "}", Kind::NotAReview},
      {"no uid", "{" + v1 + R"(, "request": {"operation": "CREATE"}})", Kind::NotAReview},
      {"a uid that is no text", "{" + v1 + R"(, "request": {"uid": 7}})", Kind::NotAReview},
      {"breaks off before the uid", "{" + v1 + R"(, "request": {"ui)", Kind::NotAReview},
      {"breaks off after the uid", "{" + v1 + R"(, "request": {"uid": "u", )", Kind::Unreadable},
      {"no kind of object",
       "{" + v1 + R"(, "request": {"uid": "u", "object": {}}})",
       Kind::Unreadable},
  }));
  CAPTURE(c.name);
  const auto error = refuse(c.body);
  CHECK(error.kind == c.kind);
  CHECK_FALSE(error.detail.empty());
}

TEST_CASE("a review that breaks off after its head still says whose it was", "[review]") {
  const auto body = review_of("UPDATE", pod_with("a")).dump();
  const auto head = body.find(R"("object":{)");
  for (const auto cut : {head, head + 20, body.size() - 1}) {
    for (const bool truncated : {false, true}) {
      CAPTURE(cut, truncated);
      const auto error = refuse(body.substr(0, cut), truncated);
      CHECK(error.kind == ReviewError::Kind::Unreadable);
      CHECK(error.uid == kUid);
      CHECK(error.object_kind == "Pod");
      CHECK(error.namespace_name == "ml");
      CHECK(error.operation == "UPDATE");
      CHECK(error.may_bring_images);
    }
  }
}

TEST_CASE("an object that can't be judged makes the review unreadable", "[review]") {
  struct Case {
    std::string name;
    std::string object;
    std::string detail;
  };
  std::string many = R"({"spec": {"containers": [{"image": "a"})";
  for (int i = 0; i < 1'000; ++i) {
    many += R"(, {"image": "a"})";
  }
  const auto c = GENERATE_COPY(values<Case>({
      {"null", "null", "the object is no JSON object"},
      {"a list", "[]", "the object is no JSON object"},
      {"a duplicate key", R"({"spec": {}, "spec": {}})", "the member \"spec\" comes twice"},
      {"too deep", std::string(200, '[') + std::string(200, ']'), "nested deeper than 128"},
      {"too many images", many + "]}}", "the object has more than 1000 images"},
  }));
  CAPTURE(c.name);
  auto body = review_of("CREATE", "@").dump();
  body.replace(body.find("\"@\""), 3, c.object);
  const auto error = refuse(body);
  CHECK(error.kind == ReviewError::Kind::Unreadable);
  CHECK(error.uid == kUid);
  CHECK(error.detail == c.detail);
}

TEST_CASE("nobody makes a storable pod unreadable by filling it", "[review]") {
  auto pod = pod_with("r.example/fat:1");
  SECTION("with arguments") {
    pod["spec"]["containers"][0]["args"] = std::vector<std::string>(1'000'000);
  }
  SECTION("with volumes") {
    for (int i = 0; i < 100'000; ++i) {
      pod["spec"]["volumes"].push_back({{"name", "v"}, {"emptyDir", json::object()}});
    }
  }
  SECTION("with labels") {
    json labels;  // sorted: an ordered object looks through all its members for each new one
    for (int i = 0; i < 100'000; ++i) {
      labels["k" + std::to_string(i)] = "";
    }
    pod["metadata"]["labels"] = labels;
  }
  SECTION("with affinity") {
    auto& terms = pod["spec"]["affinity"]["nodeAffinity"]
                     ["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
    for (int i = 0; i < 100'000; ++i) {
      terms.push_back({{"matchExpressions", {{{"key", "a"}, {"operator", "Exists"}}}}});
    }
  }
  auto review = review_of("UPDATE", pod);
  review["request"]["oldObject"] = pod;
  review["request"]["oldObject"]["spec"]["containers"][0]["image"] = "r.example/lean:1";
  const auto images = read(review).workload->images;
  REQUIRE(images.size() == 1);
  CHECK(images[0].image == "r.example/fat:1");
  CHECK(images[0].is_new);
}

TEST_CASE("a reference too long to be one stays too long", "[review]") {
  const auto request =
      read(review_of("CREATE", pod_with("r.example/" + std::string(1 << 20, 'a'))));
  CHECK(request.workload->images[0].image.size() == 4'097);
}

TEST_CASE("the pruned object holds all that is read of a workload", "[review]") {
  const std::string spec = R"({
    "os": {"name": "linux"},
    "nodeSelector": {"kubernetes.io/arch": "amd64", "zone": "a"},
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
      {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "beta.kubernetes.io/arch", "operator": "In", "values": ["amd64", "arm64"]}]}]}}},
    "containers": [{"name": "a", "image": "a:1", "env": [{"name": "E", "value": "secret"}]}],
    "initContainers": [{"name": "b", "image": "b:1"}],
    "ephemeralContainers": [{"name": "c", "image": "c:1"}],
    "volumes": [{"name": "s", "secret": {}}, {"name": "d", "image": {"reference": "d:1"}}]})";
  const auto [kind, prefix, suffix] = GENERATE(table<std::string, std::string, std::string>({
      {"Pod", "", ""},
      {"StatefulSet", R"({"template": {"spec": )", "}}"},
      {"CronJob", R"({"jobTemplate": {"spec": {"template": {"spec": )", "}}}}"},
      {"PodTemplate", "", ""},
  }));
  CAPTURE(kind);
  auto text = R"("metadata": {"name": "n", "namespace": "ns", "labels": {"l": "v"}}, "spec": )" +
              prefix + spec + suffix;
  text = kind == "PodTemplate" ? R"({"metadata": {"name": "n"}, "template": {)" + text + "}}"
                               : "{" + text + "}";

  json pruned;
  REQUIRE(read_pruned(text, workload_shape(), {64, 1'000, 1'000, 1'000}, pruned).has_value());
  CHECK(pruned.dump().find("secret") == std::string::npos);
  const auto from_pruned = read_workload(pruned, *workload_kind(kind));
  const auto from_whole = read_workload(json::parse(text), *workload_kind(kind));
  REQUIRE(from_whole.has_value());
  REQUIRE(from_pruned.has_value());
  CHECK(from_pruned->name == from_whole->name);
  CHECK(from_pruned->namespace_name == from_whole->namespace_name);
  CHECK(from_pruned->labels == from_whole->labels);
  CHECK(from_pruned->constraints.os == std::vector<std::string>{"linux"});
  CHECK(from_pruned->constraints.architectures == std::vector<std::string>{"amd64"});
  REQUIRE(from_whole->images.size() == 4);
  REQUIRE(from_pruned->images.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(from_pruned->images[i].image == from_whole->images[i].image);
    CHECK(from_pruned->images[i].field_path == from_whole->images[i].field_path);
    CHECK(from_pruned->images[i].container == from_whole->images[i].container);
  }
}

TEST_CASE("a review is answered in the wire form of v1", "[review]") {
  CHECK(write_review({.uid = "u"}) ==
        R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",)"
        R"("response":{"uid":"u","allowed":true}})");
  CHECK(write_review({.uid = "u", .allowed = false, .message = "no:\n- \"why\""}) ==
        R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",)"
        R"("response":{"uid":"u","allowed":false,)"
        R"("status":{"code":403,"reason":"Forbidden","message":"no:\n- \"why\""}}})");
  CHECK(write_review({.uid = "u",
                      .message = "ignored",
                      .warnings = {"a", "b"},
                      .audit_annotations = {{"verdict", "warn"}, {"policy", "p"}}}) ==
        R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",)"
        R"("response":{"uid":"u","allowed":true,"warnings":["a","b"],)"
        R"("auditAnnotations":{"policy":"p","verdict":"warn"}}})");
}

TEST_CASE("text that is no UTF-8 is replaced in the answer", "[review]") {
  const auto answer =
      write_review({.uid = "\xff", .allowed = false, .message = "a\xc3(", .warnings = {"\x80"}});
  const auto review = json::parse(answer);
  CHECK(review["response"]["uid"] == "\xef\xbf\xbd");
  CHECK(review["response"]["status"]["message"] == "a\xef\xbf\xbd(");
}

}  // namespace leangate::admission
