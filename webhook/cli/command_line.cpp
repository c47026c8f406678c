#include "webhook/cli/command_line.h"

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "webhook/cli/commands.h"
#include "webhook/cli/options.h"

namespace leangate::cli {
namespace {

using observability::LogFormat;
using observability::LogLevel;

// What the command line asked for; exactly one subcommand sets it.
using Command = std::function<int()>;

constexpr const char* kExitStatusHelp =
    "\nExit status: 0 all is well; 1 something reached --fail-on; 2 wrong usage or configuration;\n"
    "3 something could not be judged and nothing reached --fail-on.";

void add_common_flags(CLI::App& app, CommonOptions& options) {
  static const std::map<std::string, LogLevel> kLevels{{"debug", LogLevel::Debug},
                                                       {"info", LogLevel::Info},
                                                       {"warn", LogLevel::Warn},
                                                       {"error", LogLevel::Error},
                                                       {"off", LogLevel::Off}};
  static const std::map<std::string, LogFormat> kFormats{{"text", LogFormat::Text},
                                                         {"json", LogFormat::Json}};
  app.add_option("--config", options.config_file, "Configuration file; flags win over it")
      ->type_name("FILE");
  app.add_option("--log-level", options.log_level, "debug, info, warn, error or off")
      ->transform(CLI::CheckedTransformer(kLevels).description(""))
      ->type_name("LEVEL");
  app.add_option("--log-format", options.log_format, "text or json, on stderr")
      ->transform(CLI::CheckedTransformer(kFormats).description(""))
      ->type_name("FORMAT");
}

void add_policies_flag(CLI::App& app, std::vector<std::string>& policies) {
  app.add_option("--policies",
                 policies,
                 "Policy file, directory (its *.yaml, *.yml, *.json) or builtin:NAME; repeatable. "
                 "Without it builtin:baseline")
      ->type_name("PATH")
      ->allow_extra_args(false);
}

// Table and JSON are served; the other formats of the interface are refused by their names.
std::string check_output_format(const std::string& format) {
  if (format == "table" || format == "json") {
    return {};
  }
  if (format == "sarif" || format == "junit") {
    return fmt::format("the output format {} is not in this version; table and json are", format);
  }
  return fmt::format("\"{}\" is no output format; expected table or json", format);
}

void add_lookup_flags(CLI::App& app, LookupOptions& options) {
  app.add_option("--platform",
                 options.platform,
                 "os/arch[/variant], or all: the worst one decides. Without it this host's")
      ->type_name("PLATFORM");
  app.add_option_function<std::string>(
         "--output",
         [&options](const std::string& format) { options.json = format == "json"; },
         "table or json")
      ->check(CLI::Validator(check_output_format, ""))
      ->type_name("FORMAT");
  app.add_option("--plain-http",
                 options.plain_http,
                 "Registry host[:port] to be spoken to without TLS; it may be private or loopback; "
                 "repeatable")
      ->type_name("HOST")
      ->allow_extra_args(false);
  app.add_option("--docker-config",
                 options.docker_config,
                 "Folder with a config.json that holds registry credentials")
      ->type_name("DIR");
}

void add_serve(CLI::App& app, ServeOptions& options, Command& command) {
  CLI::App* serve_app = app.add_subcommand("serve", "Run the admission webhook");
  add_common_flags(*serve_app, options.common);
  add_policies_flag(*serve_app, options.policies);
  serve_app->add_option("--listen", options.listen, "Address of the webhook")
      ->type_name("HOST:PORT");
  serve_app
      ->add_option("--ops-listen", options.ops_listen, "Address of /healthz, /readyz, /metrics")
      ->type_name("HOST:PORT");
  serve_app->add_option("--tls-cert", options.tls_cert, "Certificate chain, PEM")
      ->type_name("FILE");
  serve_app->add_option("--tls-key", options.tls_key, "Private key, PEM")->type_name("FILE");
  serve_app
      ->add_option_function<std::string>(
          "--client-ca",
          [](const std::string&) {
            throw CLI::ValidationError("--client-ca", "is not in this version");
          },
          "")
      ->group("");
  serve_app
      ->add_option("--enforcement",
                   options.enforcement,
                   "Enforce, or DryRun: nothing reaches users, what would have been is recorded")
      ->check(CLI::IsMember({"DryRun", "Enforce"}).description(""))
      ->type_name("MODE");
  serve_app->callback([&] { command = [&] { return serve(options); }; });
}

void add_check(CLI::App& app, CheckOptions& options, Command& command) {
  options.common.log_level = LogLevel::Warn;
  CLI::App* check_app =
      app.add_subcommand("check", "Judge images, or every image of Kubernetes manifests");
  check_app->footer(kExitStatusHelp);
  add_common_flags(*check_app, options.common);
  add_policies_flag(*check_app, options.policies);
  add_lookup_flags(*check_app, options.lookup);
  check_app->add_option("IMAGE", options.images, "Image references");
  check_app->add_option("-f,--file", options.files, "Manifest; - is standard input; repeatable")
      ->type_name("MANIFEST");
  check_app
      ->add_option("--namespace",
                   options.namespace_name,
                   "Namespace of images and of manifests that name none")
      ->type_name("NS");
  check_app
      ->add_option_function<std::string>(
          "--fail-on",
          [&options](const std::string& decision) { options.fail_on_warn = decision == "warn"; },
          "deny (default) or warn: what makes the exit status 1")
      ->check(CLI::IsMember({"deny", "warn"}).description(""))
      ->type_name("DECISION");
  check_app->callback([&] {
    if (options.images.empty() && options.files.empty()) {
      throw CLI::RequiredError("IMAGE or -f MANIFEST");
    }
    command = [&] { return check(options); };
  });
}

void add_inspect(CLI::App& app, InspectOptions& options, Command& command) {
  options.common.log_level = LogLevel::Warn;
  CLI::App* inspect_app = app.add_subcommand(
      "inspect", "Show what an image is: platforms, base, sizes, a row for each layer");
  add_common_flags(*inspect_app, options.common);
  add_lookup_flags(*inspect_app, options.lookup);
  inspect_app->add_option("IMAGE", options.image, "Image reference")->required();
  inspect_app->callback([&] { command = [&] { return inspect(options); }; });
}

void add_policy(CLI::App& app, std::vector<std::string>& arguments, Command& command) {
  CLI::App* policy_app = app.add_subcommand("policy", "Validate policies, show built-in ones");
  policy_app->require_subcommand(1);

  CLI::App* validate = policy_app->add_subcommand(
      "validate", "Read policy files and print every mistake with file, line and field");
  validate->add_option("PATH", arguments, "Files, directories or builtin:NAME")->required();
  validate->callback([&] { command = [&] { return validate_policies(arguments); }; });

  CLI::App* show = policy_app->add_subcommand("show", "Print a built-in policy");
  show->add_option("POLICY", arguments, "builtin:NAME")->required()->expected(1);
  show->callback([&] { command = [&] { return show_policy(arguments.front()); }; });
}

// Commands of the interface that later versions bring: refused by name, and not in the help.
void refuse_unbuilt(CLI::App& app, const std::string& name) {
  CLI::App* unbuilt = app.add_subcommand(name)->group("");
  unbuilt->allow_extras();
  unbuilt->callback([name] {
    throw CLI::ValidationError(fmt::format("\"{}\"", name), "is not in this version");
  });
}

int parse_and_run(int argc, char** argv) {
  CLI::App app{"leangate keeps fat container images out of Kubernetes clusters.", "leangate"};
  app.require_subcommand(1);

  Command command;
  ServeOptions serve_options;
  CheckOptions check_options;
  InspectOptions inspect_options;
  std::vector<std::string> policy_arguments;
  std::string rule_name;

  add_serve(app, serve_options, command);
  add_check(app, check_options, command);
  add_inspect(app, inspect_options, command);
  CLI::App* rules = app.add_subcommand("rules", "List the checks, or explain one");
  rules->add_option("NAME", rule_name, "A check, such as TotalCompressedSize");
  rules->callback([&] { command = [&] { return show_rules(rule_name); }; });
  add_policy(app, policy_arguments, command);
  refuse_unbuilt(*app.get_subcommand("policy"), "test");
  refuse_unbuilt(app, "selftest");
  app.add_subcommand("version", "Show version, commit and library versions")->callback([&] {
    command = show_version;
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_help = error.get_exit_code() == 0;
    app.exit(error);
    return is_help ? kExitOk : kExitUsage;
  }
  return command();
}

}  // namespace

int run_command_line(int argc, char** argv) {
  // A peer that closes its connection is an error of one write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "leangate: %s\n", error.what());
    return kExitUsage;
  }
}

}  // namespace leangate::cli
