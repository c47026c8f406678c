#!/usr/bin/env python3
"""The house rules that a compiler doesn't check: who may include whom, file sizes, marks.

    include_rules.py ROOT    prints every breach as file:line: what is wrong; exit status 1 if any

The rules are those of "Who may know whom" in the README. include_rules_test.py proves that each of
them can fail.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

SOURCE_FOLDERS = ("policy", "webhook", "tests", "deploy")
SOURCE_SUFFIXES = (".h", ".cpp", ".py", ".sh")
LONGEST_FILE = 500

# What a folder of webhook/ may include: whole folders, or single headers where only the interface
# is meant. Every folder may include itself and EVERYBODY_KNOWS; cli does the wiring and may all.
MAY_INCLUDE = {
    "admission": ("webhook/inspection/image_inspector.h", "webhook/policies/"),
    "inspection": (
        "webhook/registry/",
        "webhook/transport/http_transport.h",
        "webhook/transport/url.h",
    ),
    "observability": (),
    "policies": (),
    # Credentials are part of the inspector's interface.
    "registry": (
        "webhook/inspection/image_inspector.h",
        "webhook/transport/http_transport.h",
        "webhook/transport/url.h",
    ),
    "server": ("webhook/admission/",),
    "settings": ("webhook/registry/registry_options.h", "webhook/server/server_options.h",
                 # The ranges and the proxy of the file are refused by the parsers that read them.
                 "webhook/transport/ip_address.h", "webhook/transport/proxy.h"),
    "support": (),
    "transport": (),
}
EVERYBODY_KNOWS = ("webhook/support/", "webhook/observability/")
WIRING = "cli"

# Headers of libraries and the only places that may see them; a place ends in "/" or is a file.
CONFINED = (
    (re.compile(r"httplib\.h"), ("webhook/server/", "webhook/observability/operations_server.cpp")),
    # The benchmark measures against libcurl as it is.
    (re.compile(r"curl/"), ("webhook/transport/curl_transport", "tests/bench/lookup_bench.cpp")),
    (re.compile(r"toml\+\+/"), ("webhook/registry/toml_tree.cpp",)),
    (re.compile(r"sqlite3"), ("webhook/inspection/cache_database.cpp",)),
)
# Slow to compile or full of macros: the other headers do without, *_fwd.hpp apart. (The server's
# own headers may show httplib: deriving from its class is the point of that folder.)
NOT_IN_HEADERS = re.compile(r"nlohmann/json\.hpp|curl/|yaml-cpp/")

POLICY_DOCUMENTS = re.compile(r"yaml-cpp/|nlohmann/")
POLICY_DOCUMENTS_IN = ("policy/document_tree_json.cpp", "policy/document_tree_yaml.cpp")
POLICY_FORBIDS = re.compile(
    r"webhook/|tests/|spdlog/|curl/|httplib\.h|openssl/|prometheus/|sys/socket\.h|netinet/"
    r"|(pthread\.h|thread|mutex|shared_mutex|condition_variable|future|stop_token|semaphore)$"
)
CLOCK_READ = re.compile(
    r"::now\s*\(|\b(clock_gettime|gettimeofday)\s*\(|\btime\s*\(\s*(&|NULL|nullptr|0\s*\))"
)
ENVIRONMENT_READ = re.compile(r"\b(secure_)?getenv\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
# Spelled apart so that this file doesn't breach its own rule.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


@dataclass(frozen=True)
class Source:
    path: str  # from the root, with slashes
    lines: list[str]

    def includes(self) -> Iterator[tuple[int, bool, str]]:
        """Line number, whether it is quoted, and the header."""
        for number, line in enumerate(self.lines, start=1):
            if match := INCLUDE.match(line):
                yield number, match[1] == '"', match[2]

    def is_header(self) -> bool:
        return self.path.endswith(".h")

    def webhook_folder(self) -> str | None:
        parts = self.path.split("/")
        return parts[1] if parts[0] == "webhook" and len(parts) > 2 else None


Breaches = Iterator[tuple[int, str]]


def policy_stays_pure(source: Source) -> Breaches:
    if not source.path.startswith("policy/"):
        return
    for number, _, header in source.includes():
        if POLICY_FORBIDS.match(header):
            yield number, f"policy/ is pure and must not include {header}"
        if POLICY_DOCUMENTS.match(header) and source.path not in POLICY_DOCUMENTS_IN:
            if not header.endswith("_fwd.hpp"):
                yield number, f"{header} belongs into {' and '.join(POLICY_DOCUMENTS_IN)} only"
    for number, line in enumerate(source.lines, start=1):
        if CLOCK_READ.search(line):
            yield number, "policy/ reads no clock: take the instant as an argument"
        if ENVIRONMENT_READ.search(line):
            yield number, "policy/ reads no environment: take the value as an argument"


def folders_know_only_their_neighbours(source: Source) -> Breaches:
    folder = source.webhook_folder()
    if folder is None or folder == WIRING:
        return
    if folder not in MAY_INCLUDE:
        yield 1, f"webhook/{folder} is a new folder: say in MAY_INCLUDE whom it may know"
        return
    allowed = (f"webhook/{folder}/", "policy/", *EVERYBODY_KNOWS, *MAY_INCLUDE[folder])
    if folder == "support":
        allowed = ("webhook/support/",)
    for number, quoted, header in source.includes():
        if quoted and not header.startswith(allowed):
            yield number, f"webhook/{folder} must not know {header}"


def main_knows_only_the_command_line(source: Source) -> Breaches:
    if source.path != "webhook/main.cpp":
        return
    for number, quoted, header in source.includes():
        if quoted and header != "webhook/cli/command_line.h":
            yield number, f"main knows the command line only, not {header}"


def libraries_stay_behind_their_adapters(source: Source) -> Breaches:
    if source.path.startswith("tests/"):
        return
    for number, _, header in source.includes():
        for library, places in CONFINED:
            if library.match(header) and not source.path.startswith(places):
                yield number, f"{header} is confined to {', '.join(places)}"
        if source.is_header() and NOT_IN_HEADERS.match(header):
            yield number, f"{header} must stay out of headers"


def includes_are_rooted(source: Source) -> Breaches:
    for number, quoted, header in source.includes():
        if quoted and not header.startswith(tuple(f"{folder}/" for folder in SOURCE_FOLDERS)):
            yield number, f'"{header}" is not rooted at the repository'


def product_does_not_know_its_tests(source: Source) -> Breaches:
    if source.path.startswith("tests/"):
        return
    for number, quoted, header in source.includes():
        if quoted and header.startswith("tests/"):
            yield number, f"the product must not include {header}"


def headers_are_guarded(source: Source) -> Breaches:
    if source.is_header() and "#pragma once" not in source.lines:
        yield 1, "a header needs #pragma once"


def files_stay_short(source: Source) -> Breaches:
    if len(source.lines) > LONGEST_FILE:
        yield len(source.lines), f"{len(source.lines)} lines; the limit is {LONGEST_FILE}"


def nothing_is_left_unfinished(source: Source) -> Breaches:
    for number, line in enumerate(source.lines, start=1):
        if match := UNFINISHED.search(line):
            yield number, f"{match[0]}: finish it, or describe it in an issue"


def headers_say_why_they_exist(source: Source) -> Breaches:
    if source.is_header() and not (source.lines and source.lines[0].startswith("//")):
        yield 1, "open a header with a comment that says why it exists"


RULES: tuple[Callable[[Source], Breaches], ...] = (
    policy_stays_pure,
    folders_know_only_their_neighbours,
    main_knows_only_the_command_line,
    libraries_stay_behind_their_adapters,
    includes_are_rooted,
    product_does_not_know_its_tests,
    headers_are_guarded,
    files_stay_short,
    nothing_is_left_unfinished,
    headers_say_why_they_exist,
)


def sources(root: Path) -> Iterator[Source]:
    for folder in SOURCE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SOURCE_SUFFIXES and path.is_file():
                text = path.read_text(encoding="utf-8")
                yield Source(path.relative_to(root).as_posix(), text.splitlines())


def breaches(source: Source) -> list[str]:
    return [
        f"{source.path}:{number}: {what}" for rule in RULES for number, what in rule(source)
    ]


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    count, found = 0, []
    for source in sources(Path(arguments[0])):
        count += 1
        found += breaches(source)
    print("\n".join([*found, f"{count} files, {len(found)} breaches"]))
    # No file at all is a wrong ROOT, not a clean house.
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
