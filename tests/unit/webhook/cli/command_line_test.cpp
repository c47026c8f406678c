#include "webhook/cli/command_line.h"

#include <iostream>
#include <string>
#include <vector>

#include "tests/fakes/captured_output.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/support/catch.h"

namespace leangate::cli {
namespace {

struct Outcome {
  int status = 0;
  std::string output;
  std::string error;
};

Outcome run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "leangate");
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  fakes::CapturedOutput captured;
  const int status = run_command_line(static_cast<int>(argv.size()), argv.data());
  std::cout.flush();
  captured.stop();
  return {status, captured.standard_output(), captured.standard_error()};
}

}  // namespace

TEST_CASE("wrong usage is status 2 and says what is wrong", "[cli]") {
  struct Case {
    const char* name;
    std::vector<std::string> arguments;
    const char* expected;
  };
  const auto c = GENERATE(values<Case>({
      {"no command", {}, "subcommand is required"},
      {"an unknown command", {"frobnicate"}, "frobnicate"},
      {"an unknown flag", {"check", "--frob", "x"}, "--frob"},
      {"check without anything", {"check"}, "IMAGE or -f MANIFEST"},
      {"an unknown output", {"check", "--output", "xml", "a"}, "\"xml\" is no output format"},
      {"an output of a later version",
       {"check", "--output", "sarif", "a"},
       "sarif is not in this version"},
      {"a command of a later version", {"selftest"}, "is not in this version"},
      {"a policy command of a later version", {"policy", "test", "x"}, "is not in this version"},
      {"a flag of a later version", {"serve", "--client-ca", "x"}, "is not in this version"},
      {"a wrong platform", {"check", "--platform", "linux", "a"}, "--platform"},
      {"an unknown log level", {"check", "--log-level", "loud", "a"}, "--log-level"},
      {"inspect without an image", {"inspect"}, "IMAGE"},
      {"serve without a certificate", {"serve"}, "no certificate"},
      {"a configuration that isn't there", {"check", "--config", "/none.yaml", "a"}, "/none.yaml"},
      {"a policy that isn't there", {"check", "--policies", "/none.yaml", "a"}, "/none.yaml"},
      {"a check that isn't there", {"rules", "Nothing"}, "no check \"Nothing\""},
      {"a built-in that isn't there", {"policy", "show", "builtin:x"}, "builtin:baseline"},
  }));
  DYNAMIC_SECTION(c.name) {
    const Outcome outcome = run(c.arguments);
    CAPTURE(outcome.output, outcome.error);
    CHECK(outcome.status == 2);
    CHECK(outcome.error.find(c.expected) != std::string::npos);
    CHECK(outcome.output.empty());
  }
}

TEST_CASE("help is for asking, on standard output", "[cli]") {
  const auto arguments = GENERATE(values<std::vector<std::string>>({{"--help"},
                                                                    {"serve", "--help"},
                                                                    {"check", "--help"},
                                                                    {"inspect", "--help"},
                                                                    {"policy", "show", "--help"}}));
  CAPTURE(arguments);
  const Outcome outcome = run(arguments);

  CHECK(outcome.status == 0);
  CHECK(outcome.output.find("Usage: leangate") != std::string::npos);
  CHECK(outcome.output.find("client-ca") == std::string::npos);
  CHECK(outcome.output.find("selftest") == std::string::npos);
  CHECK(outcome.error.empty());
}

TEST_CASE("version names the commit and the libraries", "[cli]") {
  const Outcome outcome = run({"version"});

  CHECK(outcome.status == 0);
  CHECK(outcome.output.find("leangate 0.") == 0);
  CHECK(outcome.output.find("OpenSSL 3") != std::string::npos);
}

TEST_CASE("a built-in policy is printed and is valid", "[cli]") {
  const auto name = GENERATE(values<std::string>({"builtin:baseline", "builtin:ml-inference"}));
  CAPTURE(name);
  const fakes::TemporaryFolder folder;

  const Outcome shown = run({"policy", "show", name});
  REQUIRE(shown.status == 0);
  const Outcome validated = run({"policy", "validate", folder.write("p.yaml", shown.output)});

  CHECK(validated.status == 0);
  CHECK(validated.output == "policies: 1, exceptions: 0, no mistakes\n");
}

TEST_CASE("every mistake of a policy is printed with its place", "[cli]") {
  const fakes::TemporaryFolder folder;
  const std::string file = folder.write("p.yaml",
                                        "apiVersion: leangate.io/v1alpha1\n"
                                        "kind: ClusterLeanImagePolicy\n"
                                        "metadata: {name: p}\n"
                                        "spec:\n"
                                        "  rules:\n"
                                        "  - name: total\n"
                                        "    size: {maxCompressed: 500MB, maxLayers: 3}\n");

  const Outcome outcome = run({"policy", "validate", file});

  CHECK(outcome.status == 2);
  CHECK(outcome.output.empty());
  CHECK(outcome.error.find(file + ":7:27: spec.rules[0].size.maxCompressed: ") == 0);
  CHECK(outcome.error.find("spec.rules[0].size.maxLayers") != std::string::npos);
}

TEST_CASE("every check of the catalogue can be explained", "[cli]") {
  const Outcome list = run({"rules"});
  const Outcome one = run({"rules", "TotalCompressedSize"});

  CHECK(list.status == 0);
  CHECK(list.output.find("TotalCompressedSize") != std::string::npos);
  CHECK(one.status == 0);
  CHECK(one.output.find("Why: ") != std::string::npos);
}

}  // namespace leangate::cli
