#include "policy/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

namespace leangate::policy {

namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kQuotes = "\"'`";
constexpr std::string_view kEndOfWord = " \t\r\n\"'`";
// RFC 3986 section 3.2: an authority ends at '/', '?', '#' or with the text.
constexpr std::string_view kEndOfAuthority = "/?# \t\r\n\"'`";

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

bool begins_with(std::string_view text, std::string_view word) {
  return same_letters(text.substr(0, word.size()), word);
}

bool ends_with(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && same_letters(text.substr(text.size() - word.size()), word);
}

bool ends_with_secret_name(std::string_view text) {
  static constexpr std::array<std::string_view, 8> kNames{
      "token", "password", "passwd", "secret", "api_key", "api-key", "apikey", "access_key"};
  return std::any_of(
      kNames.begin(), kNames.end(), [&](std::string_view name) { return ends_with(text, name); });
}

// The length of what stands before the first of `stops`.
std::size_t length_until(std::string_view text, std::string_view stops) {
  return std::min(text.find_first_of(stops), text.size());
}

// The length of a quoted value up to its closing quote, which a backslash takes back.
std::size_t quoted_length(std::string_view text, char quote) {
  std::size_t i = 0;
  while (i < text.size() && text[i] != quote) {
    const bool takes_back = text[i] == '\\' && quote == '"';
    i += takes_back ? 2U : 1U;
  }
  return std::min(i, text.size());
}

// Copies a text and leaves out what it is told to.
class Hider {
 public:
  explicit Hider(std::string_view text) : text_{text} {}

  std::string run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      copy(1);
      if (c == '=' && ends_with_secret_name(text_.substr(0, at_ - 1))) {
        hide_value();
      } else if (c == ':') {
        after_colon();
      }
    }
    return std::move(shown_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }

  void copy(std::size_t length) {
    shown_ += rest().substr(0, length);
    at_ += length;
  }

  void hide(std::size_t length) {
    if (length > 0) {
      shown_ += kHidden;
      at_ += length;
    }
  }

  void hide_value() {
    const std::size_t backslashes = std::min(rest().find_first_not_of('\\'), rest().size());
    const std::string_view value = rest().substr(backslashes);
    if (value.empty() || kQuotes.find(value.front()) == std::string_view::npos) {
      hide(length_until(rest(), kEndOfWord));
      return;
    }
    copy(backslashes + 1);
    // A quote that is escaped itself is closed by an escaped one.
    hide(backslashes > 0 ? length_until(rest(), value.substr(0, 1))
                         : quoted_length(rest(), value.front()));
  }

  void after_colon() {
    if (rest().starts_with("//")) {
      copy(2);
      const std::string_view authority = rest().substr(0, length_until(rest(), kEndOfAuthority));
      const std::size_t at_sign = authority.rfind('@');
      hide(at_sign == std::string_view::npos ? 0 : at_sign);
    } else if (ends_with(text_.substr(0, at_ - 1), "authorization")) {
      hide_credentials();
    }
  }

  void hide_credentials() {
    static constexpr std::array<std::string_view, 3> kSchemes{"basic ", "bearer ", "token "};
    copy(rest().starts_with(' ') ? 1 : 0);
    for (const std::string_view scheme : kSchemes) {
      if (begins_with(rest(), scheme)) {
        copy(scheme.size());
        hide(length_until(rest(), kEndOfWord));
        return;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string shown_;
};

}  // namespace

std::string hide_secrets(std::string_view text) {
  return Hider{text}.run();
}

}  // namespace leangate::policy
