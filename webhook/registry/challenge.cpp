#include "webhook/registry/challenge.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "webhook/registry/limits.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

// RFC 9110 5.6.2
bool is_token_character(char c) {
  const bool alphanumeric =
      (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alphanumeric || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

// Unquoted values: registries write `realm=/` and `realm=https://...` against the grammar.
bool is_bare_value_character(char c) {
  return c > 0x20 && c < 0x7F && c != ',' && c != '"';
}

// RFC 9110 11.2: characters of a token68 before its '=' padding.
bool is_token68_character(char c) {
  return is_token_character(c) || c == '/';
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_{text} {}

  bool at_end() const { return position_ >= text_.size(); }
  std::size_t position() const { return position_; }
  void return_to(std::size_t position) { position_ = position; }

  bool skip(char c) {
    if (at_end() || text_[position_] != c) {
      return false;
    }
    ++position_;
    return true;
  }

  bool skip_space() {
    const std::size_t before = position_;
    take([](char c) { return c == ' ' || c == '\t'; });
    return position_ > before;
  }

  // RFC 9110 5.6.1: empty list elements are allowed.
  bool skip_commas() {
    bool any = false;
    skip_space();
    while (skip(',')) {
      any = true;
      skip_space();
    }
    return any;
  }

  std::string_view token() { return take(is_token_character); }
  std::string_view token68() { return take(is_token68_character); }

  std::optional<std::string> value() {
    if (skip('"')) {
      return quoted();
    }
    const std::string_view bare = take(is_bare_value_character);
    return bare.empty() ? std::nullopt : std::optional{std::string{bare}};
  }

 private:
  template <typename Predicate>
  std::string_view take(Predicate predicate) {
    const std::size_t begin = position_;
    while (!at_end() && predicate(text_[position_])) {
      ++position_;
    }
    return text_.substr(begin, position_ - begin);
  }

  // RFC 9110 5.6.4, after the opening quote.
  std::optional<std::string> quoted() {
    std::string result;
    while (!at_end()) {
      char c = text_[position_++];
      if (c == '"') {
        return result;
      }
      if (c == '\\') {
        if (at_end()) {
          return std::nullopt;
        }
        c = text_[position_++];
      }
      result += c;
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

enum class Step { Taken, NoParameter, Malformed };

// name BWS "=" BWS value
Step read_parameter(Scanner& scanner, Challenge& challenge) {
  const std::size_t start = scanner.position();
  const std::string_view name = scanner.token();
  scanner.skip_space();
  if (name.empty() || !scanner.skip('=')) {
    scanner.return_to(start);
    return Step::NoParameter;
  }
  scanner.skip_space();
  std::optional<std::string> value = scanner.value();
  if (!value) {
    return Step::Malformed;
  }
  challenge.parameters.emplace_back(lower_case(name), std::move(*value));
  return Step::Taken;
}

// "Negotiate YII=": skips the text when it is the whole rest of this challenge.
bool skip_token68(Scanner& scanner) {
  const std::size_t start = scanner.position();
  const bool any = !scanner.token68().empty();
  while (scanner.skip('=')) {
  }
  scanner.skip_space();
  const std::size_t end = scanner.position();
  if (any && (scanner.at_end() || scanner.skip(','))) {
    scanner.return_to(end);
    return true;
  }
  scanner.return_to(start);
  return false;
}

// The parameters after a scheme. False when the line can't be read any further.
bool read_parameters(Scanner& scanner, Challenge& challenge) {
  while (true) {
    switch (read_parameter(scanner, challenge)) {
      case Step::Malformed:
        return false;
      case Step::NoParameter:
        return true;  // the next challenge's scheme, or the end
      case Step::Taken:
        break;
    }
    const bool separated = scanner.skip_commas();
    if (scanner.at_end()) {
      return true;
    }
    if (!separated) {
      return false;  // a parameter right after a parameter
    }
  }
}

void parse_line(std::string_view line, std::vector<Challenge>& challenges) {
  Scanner scanner{line};
  scanner.skip_commas();
  while (!scanner.at_end() && challenges.size() < kMaxChallenges) {
    Challenge challenge{lower_case(scanner.token()), {}};
    if (challenge.scheme.empty()) {
      return;
    }
    const bool spaced = scanner.skip_space();
    if (!scanner.at_end() && !spaced && !scanner.skip_commas()) {
      return;
    }
    if (spaced && !skip_token68(scanner) && !read_parameters(scanner, challenge)) {
      return;
    }
    challenges.push_back(std::move(challenge));
    scanner.skip_commas();
  }
}

}  // namespace

std::string_view Challenge::parameter(std::string_view name) const {
  const auto found = std::find_if(
      parameters.begin(), parameters.end(), [&](const auto& entry) { return entry.first == name; });
  return found != parameters.end() ? std::string_view{found->second} : std::string_view{};
}

std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& lines) {
  std::vector<Challenge> challenges;
  std::size_t bytes = 0;
  for (const std::string_view line : lines) {
    bytes += line.size();
    if (bytes > kMaxChallengeBytes) {
      break;
    }
    parse_line(line, challenges);
  }
  return challenges;
}

const Challenge* choose_challenge(const std::vector<Challenge>& challenges) {
  const auto first = [&](std::string_view scheme) {
    return std::find_if(challenges.begin(), challenges.end(), [&](const Challenge& challenge) {
      return challenge.scheme == scheme &&
             (scheme != "bearer" || !challenge.parameter("realm").empty());
    });
  };
  auto found = first("bearer");
  if (found == challenges.end()) {
    found = first("basic");
  }
  return found != challenges.end() ? &*found : nullptr;
}

}  // namespace leangate::registry
