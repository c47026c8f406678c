#!/usr/bin/env python3
"""Proves that every rule of include_rules.py can fail, and that what is allowed passes."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import include_rules
from include_rules import LONGEST_FILE, RULES, Source, breaches

# Rule -> sources that breach it: name, path, text.
BAD = {
    "policy_stays_pure": [
        ("a webhook header", "policy/a.cpp", '#include "webhook/support/clock.h"'),
        ("a log", "policy/a.cpp", "#include <spdlog/spdlog.h>"),
        ("a socket", "policy/a.cpp", "#include <sys/socket.h>"),
        ("a thread", "policy/a.h", "#include <thread>"),
        ("a lock", "policy/rules/a.cpp", "#include <mutex>"),
        ("cryptography", "policy/a.cpp", "#include <openssl/evp.h>"),
        (
            "JSON outside the document tree",
            "policy/policy_reader.cpp",
            "#include <nlohmann/json.hpp>",
        ),
        (
            "YAML outside the document tree",
            "policy/policy_reader.cpp",
            "#include <yaml-cpp/yaml.h>",
        ),
        ("a C++ clock", "policy/a.cpp", "auto t = std::chrono::system_clock::now();"),
        ("a clock by alias", "policy/a.cpp", "auto t = Clock::now();"),
        ("the environment", "policy/a.cpp", 'auto* home = getenv("HOME");'),
        ("a C clock", "policy/a.cpp", "auto t = time(nullptr);"),
    ],
    "folders_know_only_their_neighbours": [
        (
            "the inspector's implementation",
            "webhook/admission/a.cpp",
            '#include "webhook/inspection/registry_inspector.h"',
        ),
        (
            "registry from admission",
            "webhook/admission/a.h",
            '#include "webhook/registry/client.h"',
        ),
        (
            "server from admission",
            "webhook/admission/a.cpp",
            '#include "webhook/server/https_server.h"',
        ),
        (
            "curl's type from the registry",
            "webhook/registry/a.cpp",
            '#include "webhook/transport/curl_transport.h"',
        ),
        (
            "admission from transport",
            "webhook/transport/a.cpp",
            '#include "webhook/admission/review.h"',
        ),
        ("policy from support", "webhook/support/a.h", '#include "policy/result.h"'),
        ("wiring from a folder", "webhook/server/a.cpp", '#include "webhook/cli/options.h"'),
        ("a folder nobody decided on", "webhook/helpers/a.cpp", "#include <string>"),
    ],
    "main_knows_only_the_command_line": [
        ("settings from main", "webhook/main.cpp", '#include "webhook/settings/settings.h"'),
    ],
    "libraries_stay_behind_their_adapters": [
        ("httplib in the reviewer", "webhook/admission/a.cpp", "#include <httplib.h>"),
        (
            "httplib beside the operations server",
            "webhook/observability/metrics.cpp",
            "#include <httplib.h>",
        ),
        ("SQLite in its own header", "webhook/inspection/cache_database.h", "#include <sqlite3.h>"),
        ("SQLite beside", "webhook/inspection/cache_store.cpp", "#include <sqlite3.h>"),
        ("curl in the registry", "webhook/registry/a.cpp", "#include <curl/curl.h>"),
        (
            "curl in a header of its own folder",
            "webhook/transport/curl_transport.h",
            "#include <curl/curl.h>",
        ),
        ("JSON in a header", "webhook/admission/a.h", "#include <nlohmann/json.hpp>"),
        ("YAML in a header", "webhook/settings/a.h", "#include <yaml-cpp/yaml.h>"),
    ],
    "includes_are_rooted": [
        ("a neighbour by its bare name", "policy/a.cpp", '#include "glob.h"'),
        ("a path upwards", "webhook/cli/a.cpp", '#include "../settings/settings.h"'),
    ],
    "product_does_not_know_its_tests": [
        ("a fake in the product", "webhook/cli/a.cpp", '#include "tests/fakes/fake_clock.h"'),
    ],
    "headers_are_guarded": [
        ("no guard", "policy/a.h", "int f();"),
        ("the guard in a comment only", "policy/a.h", "// #pragma once"),
    ],
    "files_stay_short": [
        ("one line too many", "policy/a.cpp", "\n".join(["//"] * (LONGEST_FILE + 1))),
        ("a long test", "tests/unit/a_test.cpp", "\n".join(["//"] * (LONGEST_FILE + 1))),
    ],
    "nothing_is_left_unfinished": [
        ("a mark", "policy/a.cpp", "// TO" "DO: later"),
        ("another mark", "tests/unit/a_test.cpp", "int a;  // FIX" "ME"),
    ],
    "headers_say_why_they_exist": [
        ("no opening", "policy/a.h", "#pragma once\nint f();"),
        ("an empty header", "policy/a.h", ""),
    ],
}

GOOD = [
    (
        "a pure header",
        "policy/a.h",
        "// Why.\n#pragma once\n#include <chrono>\n#include \"policy/result.h\"",
    ),
    (
        "the document tree",
        "policy/document_tree_json.cpp",
        "// Why.\n#include <nlohmann/json.hpp>",
    ),
    ("a .cpp with its header", "policy/a.cpp", '#include "policy/a.h"'),
    (
        "forward declarations",
        "webhook/admission/a.h",
        "// Why.\n#pragma once\n#include <nlohmann/json_fwd.hpp>",
    ),
    (
        "the inspector's interface",
        "webhook/admission/a.cpp",
        '// Why.\n#include "webhook/inspection/image_inspector.h"',
    ),
    (
        "the transport's interface",
        "webhook/registry/a.cpp",
        '// Why.\n#include "webhook/transport/http_transport.h"',
    ),
    (
        "wiring knows all",
        "webhook/cli/a.cpp",
        '// Why.\n#include "webhook/transport/curl_transport.h"',
    ),
    (
        "curl at home",
        "webhook/transport/curl_transport_loop.cpp",
        "// Why.\n#include <curl/curl.h>",
    ),
    ("httplib at home", "webhook/server/a.h", "// Why.\n#pragma once\n#include <httplib.h>"),
    (
        "a test sees all",
        "tests/unit/a_test.cpp",
        '// Why.\n#include <httplib.h>\n#include "webhook/cli/a.h"',
    ),
    ("the longest file", "policy/a.cpp", "\n".join(["//"] * LONGEST_FILE)),
    ("time as a word", "policy/a.cpp", "// Why.\nint f(int time);\nint g = f(time_of(0));"),
]


class RulesTest(unittest.TestCase):
    def test_every_rule_has_a_bad_example(self) -> None:
        self.assertEqual({rule.__name__ for rule in RULES}, set(BAD))

    def test_bad_examples_breach_their_rule(self) -> None:
        rules = {rule.__name__: rule for rule in RULES}
        for rule, examples in BAD.items():
            for name, path, text in examples:
                with self.subTest(rule=rule, name=name):
                    self.assertTrue(list(rules[rule](Source(path, text.splitlines()))))

    def test_good_examples_pass(self) -> None:
        for name, path, text in GOOD:
            with self.subTest(name=name):
                self.assertEqual(breaches(Source(path, text.splitlines())), [])


class CommandTest(unittest.TestCase):
    def run_on(self, files: dict[str, str]) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                file = Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            command = [sys.executable, include_rules.__file__, root]
            return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_a_clean_tree_passes(self) -> None:
        result = self.run_on({"policy/a.h": "// Why.\n#pragma once\n"})
        self.assertEqual((result.returncode, result.stdout), (0, "1 files, 0 breaches\n"))

    def test_a_breach_fails_with_file_and_line(self) -> None:
        result = self.run_on({"policy/a.h": "// Why.\n#pragma once\n#include <thread>\n"})
        self.assertEqual(result.returncode, 1)
        self.assertIn("policy/a.h:3: policy/ is pure", result.stdout)

    def test_a_tree_without_sources_fails(self) -> None:
        self.assertEqual(self.run_on({"README.md": ""}).returncode, 1)


if __name__ == "__main__":
    unittest.main()
