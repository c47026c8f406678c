#include "policy/image_reference.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace leangate::policy {

namespace {

constexpr std::string_view kDockerHub = "docker.io";

// Of the path alone, as distribution/reference counts since v0.6.
constexpr std::size_t kMaxPathLength = 255;

constexpr std::size_t kMaxTagLength = 128;

// What a message repeats of the text that it complains about.
constexpr std::size_t kMaxQuoted = 80;

using Error = std::string;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c);
}
bool is_lower_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
bool is_hex(char c) {
  return is_lower_hex(c) || (c >= 'A' && c <= 'F');
}

bool has_upper(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_upper);
}

std::string to_lower(std::string_view text) {
  std::string folded{text};
  for (char& c : folded) {
    if (is_upper(c)) {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return folded;
}

// Quotes a part for a message, cut to a bearable length. The text is known to be printable.
std::string quoted(std::string_view text) {
  if (text.size() <= kMaxQuoted) {
    return fmt::format("\"{}\"", text);
  }
  return fmt::format("\"{}...\"", text.substr(0, kMaxQuoted));
}

std::optional<Error> find_foreign_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c <= ' ' || c > '~') {
      return fmt::format(
          "character {} (byte 0x{:02x}) is a space, a control character or not ASCII",
          i + 1,
          static_cast<unsigned char>(c));
    }
  }
  return std::nullopt;
}

// ---- host[:port]

// label := alphanumeric, with hyphens inside
bool is_host_label(std::string_view label) {
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         std::all_of(
             label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_host_name(std::string_view host) {
  while (true) {
    const std::size_t dot = host.find('.');
    if (!is_host_label(host.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    host.remove_prefix(dot + 1);
  }
}

// "[" hexadecimal digits and colons "]": neither a zone nor a dotted tail. The grammar does without
// a colon, no address does, and "[2c]/x" would be read as an account when it is printed.
bool is_bracketed_address(std::string_view host) {
  if (host.size() < 3 || host.front() != '[' || host.back() != ']') {
    return false;
  }
  host = host.substr(1, host.size() - 2);
  return host.find(':') != std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_hex(c) || c == ':'; });
}

// The grammar allows any digits; TCP doesn't. A leading zero would make two names of one port.
bool is_port(std::string_view port) {
  constexpr std::size_t kMaxPortDigits = 5;
  if (port.empty() || port.size() > kMaxPortDigits || port.front() == '0' ||
      !std::all_of(port.begin(), port.end(), is_digit)) {
    return false;
  }
  std::uint32_t number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  return number <= std::numeric_limits<std::uint16_t>::max();
}

Result<std::string, Error> normalise_domain(std::string_view domain) {
  // The colons of an address in brackets are no port separators.
  const std::size_t bracket = domain.find(']');
  const std::size_t colon = domain.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = domain.substr(0, colon);
  if (colon != std::string_view::npos && !is_port(domain.substr(colon + 1))) {
    return Failure{
        fmt::format("the registry {} has a port that is no number from 1 to 65535 "
                    "without leading zeros",
                    quoted(domain))};
  }
  if (is_bracketed_address(host)) {
    return to_lower(domain);
  }
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  if (!is_host_name(host)) {
    return Failure{
        fmt::format("the registry {} is no host name: labels of letters, digits and "
                    "inner hyphens, separated by dots, or an IPv6 address in brackets",
                    quoted(domain))};
  }
  std::string folded = to_lower(host);
  if (colon != std::string_view::npos) {
    folded += domain.substr(colon);
  } else if (folded == "index.docker.io") {
    folded = kDockerHub;  // its name of old
  }
  return folded;
}

// Whether the text in front of the first '/' is a registry and not a Docker Hub account. A name
// with upper case is one because no account has any.
bool names_a_registry(std::string_view first_component) {
  return first_component == "localhost" ||
         first_component.find_first_of(".:") != std::string_view::npos ||
         has_upper(first_component);
}

// ---- path

// Length of the separator at the front: one '.' or '_', two '_', or any number of '-'.
std::size_t separator_length(std::string_view text) {
  if (text.front() == '-') {
    return std::min(text.find_first_not_of('-'), text.size());
  }
  if (text.starts_with("__")) {
    return 2;
  }
  return text.front() == '.' || text.front() == '_' ? 1 : 0;
}

// comp := run of lower-case letters and digits, then separators each followed by such a run
bool is_path_component(std::string_view component) {
  while (true) {
    std::size_t run = 0;
    while (run < component.size() && (is_lower(component[run]) || is_digit(component[run]))) {
      ++run;
    }
    if (run == 0) {
      return false;
    }
    component.remove_prefix(run);
    if (component.empty()) {
      return true;
    }
    const std::size_t separator = separator_length(component);
    if (separator == 0) {
      return false;
    }
    component.remove_prefix(separator);
  }
}

std::optional<Error> check_path(std::string_view path) {
  if (path.empty()) {
    return Error{"the name of the image is missing"};
  }
  if (has_upper(path)) {
    return fmt::format("the name {} has upper-case letters, image names are all lower case",
                       quoted(path));
  }
  if (path.size() > kMaxPathLength) {
    return fmt::format(
        "the name has {} characters, at most {} are allowed", path.size(), kMaxPathLength);
  }
  for (std::string_view rest = path;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view component = rest.substr(0, slash);
    if (!is_path_component(component)) {
      return fmt::format(
          "the part {} of the name {} is wrong: parts are lower-case letters and "
          "digits, with single '.', '_', '__' or hyphens inside",
          quoted(component),
          quoted(path));
    }
    if (slash == std::string_view::npos) {
      return std::nullopt;
    }
    rest.remove_prefix(slash + 1);
  }
}

// ---- tag and digest

std::optional<Error> check_tag(std::string_view tag) {
  const bool is_tag = !tag.empty() && tag.size() <= kMaxTagLength &&
                      (is_alphanumeric(tag.front()) || tag.front() == '_') &&
                      std::all_of(tag.begin(), tag.end(), [](char c) {
                        return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
                      });
  if (is_tag) {
    return std::nullopt;
  }
  return fmt::format(
      "the tag {} is wrong: a tag is 1 to {} letters, digits, '_', '.' and '-' and "
      "doesn't begin with '.' or '-'",
      quoted(tag),
      kMaxTagLength);
}

std::optional<Error> check_digest(std::string_view digest) {
  if (is_digest(digest)) {
    return std::nullopt;
  }
  return fmt::format(
      "the digest {} is wrong: expected \"sha256:\" and 64, or \"sha512:\" and 128, "
      "lower-case hexadecimal digits",
      quoted(digest));
}

// The unit of a bare identifier, which a runtime takes for a local image and no registry knows.
bool is_image_id(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), is_lower_hex);
}

std::optional<Error> check_text(std::string_view text) {
  if (text.empty()) {
    return Error{"the image reference is empty"};
  }
  if (text.size() > kMaxReferenceLength) {
    return fmt::format("the image reference has {} characters, at most {} are allowed",
                       text.size(),
                       kMaxReferenceLength);
  }
  if (auto foreign = find_foreign_character(text)) {
    return foreign;
  }
  if (text.find("://") != std::string_view::npos) {
    return Error{"an image reference has no scheme: leave out everything up to \"://\""};
  }
  if (is_image_id(text)) {
    return Error{"64 hexadecimal digits are an image ID, not a name that a registry knows"};
  }
  return std::nullopt;
}

// Takes "[:tag][@digest]" off the end of the text behind the registry.
std::optional<Error> take_version(std::string_view& rest, ImageReference& reference) {
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    const std::string_view digest = rest.substr(at + 1);
    if (auto error = check_digest(digest)) {
      return error;
    }
    reference.digest = std::string{digest};
    rest = rest.substr(0, at);
  }
  std::string_view tag = "latest";
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    tag = rest.substr(colon + 1);
    if (auto error = check_tag(tag)) {
      return error;
    }
    rest = rest.substr(0, colon);
  }
  // containerd's CRI fetches by digest and drops the tag; so what stands there is no evidence.
  if (!reference.digest) {
    reference.tag = std::string{tag};
  }
  return std::nullopt;
}

}  // namespace

std::string ImageReference::repository() const {
  return fmt::format("{}{}/{}", domain, names_a_registry(domain) ? "" : ".", path);
}

std::string ImageReference::str() const {
  return repository() + (digest ? "@" + *digest : ":" + tag.value_or("latest"));
}

Result<ImageReference, std::string> parse_image_reference(std::string_view text,
                                                          std::string_view unqualified_host) {
  if (auto error = check_text(text)) {
    return Failure{std::move(*error)};
  }
  ImageReference reference;
  reference.domain = unqualified_host;
  std::string_view rest = text;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos && names_a_registry(text.substr(0, slash))) {
    auto domain = normalise_domain(text.substr(0, slash));
    if (!domain) {
      return Failure{std::move(domain).error()};
    }
    reference.domain = std::move(domain).value();
    rest = text.substr(slash + 1);
  }
  if (auto error = take_version(rest, reference)) {
    return Failure{std::move(*error)};
  }
  // Docker's official images stand under "library". distribution/reference doesn't add it behind
  // "Docker.io"; the host is one and the same, so here it does.
  const bool is_official =
      reference.domain == kDockerHub && !rest.empty() && rest.find('/') == std::string_view::npos;
  reference.path = is_official ? fmt::format("library/{}", rest) : std::string{rest};
  if (auto error = check_path(reference.path)) {
    return Failure{std::move(*error)};
  }
  return reference;
}

Result<std::string, std::string> parse_registry_host(std::string_view text) {
  if (text.empty()) {
    return Failure{Error{"the registry is empty"}};
  }
  if (text.size() > kMaxReferenceLength) {
    return Failure{fmt::format("the registry has {} characters, at most {} are allowed",
                               text.size(),
                               kMaxReferenceLength)};
  }
  if (auto foreign = find_foreign_character(text)) {
    return Failure{std::move(*foreign)};
  }
  return normalise_domain(text);
}

bool is_digest(std::string_view text) {
  const auto has_form = [text](std::string_view algorithm, std::size_t digits) {
    return text.size() == algorithm.size() + digits && text.starts_with(algorithm) &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(algorithm.size()),
                       text.end(),
                       is_lower_hex);
  };
  return has_form("sha256:", 64) || has_form("sha512:", 128);
}

}  // namespace leangate::policy
