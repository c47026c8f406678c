#include "webhook/registry/warning_header.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "policy/one_line.h"
#include "webhook/registry/text.h"

namespace leangate::registry {
namespace {

constexpr std::size_t kMaxBytes = 4'096;
constexpr std::size_t kMaxTexts = 3;
// What Kubernetes shows of one warning, less the registry's name in front.
constexpr std::size_t kMaxCodePoints = 200;
// The code and the agent that the specification demands; nothing may follow the text.
constexpr std::string_view kStart = "299 - \"";

// The content of a quoted-string (RFC 9110 5.6.4) behind its first quote, which ends the header.
std::optional<std::string> unquote(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      return i + 1 == text.size() ? std::optional{result} : std::nullopt;
    }
    if (text[i] == '\\' && ++i == text.size()) {
      break;
    }
    result += text[i];
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> read_warnings(const std::vector<std::string_view>& headers) {
  std::vector<std::string> texts;
  std::size_t bytes = 0;
  for (const std::string_view header : headers) {
    bytes += header.size();
    if (bytes > kMaxBytes || texts.size() == kMaxTexts) {
      break;
    }
    const std::string_view value = trim(header);
    if (value.substr(0, kStart.size()) != kStart) {
      continue;
    }
    const std::optional<std::string> content = unquote(value.substr(kStart.size()));
    if (!content) {
      continue;
    }
    std::string text = policy::one_line(trim(*content), kMaxCodePoints);
    if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end()) {
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

}  // namespace leangate::registry
