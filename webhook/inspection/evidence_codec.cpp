#include "webhook/inspection/evidence_codec.h"

#include <zlib.h>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "policy/image_facts.h"
#include "policy/image_reference.h"

namespace leangate::inspection {
namespace {

using policy::ImageConfig;
using policy::ImageEvidence;
using policy::ImageFacts;
using policy::Instant;
using policy::Platform;

// Raised with every change to the encoding: what another version wrote is read anew.
constexpr std::uint64_t kVersion = 1;
// The documents of one lookup are held to 16 MiB (registry/limits.h), and facts are parts of them.
constexpr std::size_t kMaxPlainBytes = 16u << 20;
// Beyond every list's own limit (registry/limits.h); no count is believed further.
constexpr std::uint64_t kMaxItems = 4'096;
constexpr std::string_view kSha256 = "sha256:";
constexpr std::size_t kSha256Bytes = 32;
constexpr std::string_view kDigits = "0123456789abcdef";

bool is_binary_digest(const std::string& text) {
  return text.starts_with(kSha256) && policy::is_digest(text);
}

// Writer and Reader have the same members, so that one function for each struct is both its writing
// and its reading.
class Writer {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      plain_.push_back(static_cast<char>((value & 0x7F) | 0x80));
    }
    plain_.push_back(static_cast<char>(value));
  }
  void flag(bool value) { plain_.push_back(value ? 1 : 0); }
  void text(const std::string& value) {
    number(value.size());
    plain_ += value;
  }
  // "sha256:..." in 33 bytes instead of 72; other text as it is.
  void digest(const std::string& value) {
    flag(is_binary_digest(value));
    if (!is_binary_digest(value)) {
      text(value);
      return;
    }
    for (std::size_t i = kSha256.size(); i < value.size(); i += 2) {
      plain_.push_back(static_cast<char>(kDigits.find(value[i]) * 16 + kDigits.find(value[i + 1])));
    }
  }
  void instant(const std::optional<Instant>& value) {
    flag(value.has_value());
    if (value) {
      number(static_cast<std::uint64_t>(value->time_since_epoch().count()));
    }
  }
  template <typename List, typename Each>
  void list(const List& list, Each each) {
    number(list.size());
    for (const auto& item : list) {
      each(item);
    }
  }
  void map(const std::map<std::string, std::string>& map) {
    number(map.size());
    for (const auto& [key, value] : map) {
      text(key);
      text(value);
    }
  }
  void config(const std::optional<ImageConfig>& config);

  const std::string& plain() const { return plain_; }

 private:
  std::string plain_;
};

// Behind the first thing that doesn't fit, everything reads as empty.
class Reader {
 public:
  explicit Reader(std::string_view plain) : rest_{plain} {}

  template <typename Number>
  void number(Number& value) {
    std::uint64_t read = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const unsigned char byte = next();
      read |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        break;
      }
    }
    value = static_cast<Number>(read);
  }
  void flag(bool& value) { value = next() != 0; }
  void text(std::string& value) {
    std::uint64_t size = 0;
    number(size);
    value = take(size);
  }
  void digest(std::string& value) {
    if (next() == 0) {
      text(value);
      return;
    }
    value = kSha256;
    for (const char c : take(kSha256Bytes)) {
      const auto byte = static_cast<unsigned char>(c);
      value += kDigits[byte / 16];
      value += kDigits[byte % 16];
    }
  }
  void instant(std::optional<Instant>& value) {
    if (next() != 0) {
      std::int64_t seconds = 0;
      number(seconds);
      value = Instant{std::chrono::seconds{seconds}};
    }
  }
  template <typename List, typename Each>
  void list(List& list, Each each) {
    const std::uint64_t size = count();
    list.reserve(size);
    for (std::uint64_t i = 0; i < size && is_good_; ++i) {
      each(list.emplace_back());
    }
  }
  void map(std::map<std::string, std::string>& map) {
    const std::uint64_t size = count();
    for (std::uint64_t i = 0; i < size && is_good_; ++i) {
      std::string key;
      text(key);
      text(map[key]);
    }
  }
  void config(std::optional<ImageConfig>& config);

  std::string_view rest() const { return rest_; }
  // All was read, and nothing is left.
  bool is_done() const { return is_good_ && rest_.empty(); }

 private:
  std::string_view take(std::uint64_t size) {
    is_good_ = is_good_ && size <= rest_.size();
    if (!is_good_) {
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  unsigned char next() {
    const std::string_view byte = take(1);
    return byte.empty() ? static_cast<unsigned char>(0) : static_cast<unsigned char>(byte[0]);
  }
  // Every item takes a byte at least.
  std::uint64_t count() {
    std::uint64_t size = 0;
    number(size);
    is_good_ = is_good_ && size <= kMaxItems && size <= rest_.size();
    return is_good_ ? size : 0;
  }

  std::string_view rest_;
  bool is_good_ = true;
};

template <typename Archive, typename Texts>
void pass_texts(Archive& archive, Texts& texts) {
  archive.list(texts, [&](auto& text) { archive.text(text); });
}

template <typename Archive, typename APlatform>
void pass_platform(Archive& archive, APlatform& platform) {
  archive.text(platform.os);
  archive.text(platform.architecture);
  archive.text(platform.variant);
}

template <typename Archive, typename Config>
void pass_config(Archive& archive, Config& config) {
  archive.text(config.user);
  pass_texts(archive, config.env);
  archive.map(config.labels);
  archive.instant(config.created);
  archive.list(config.diff_ids, [&](auto& digest) { archive.digest(digest); });
  archive.list(config.history, [&](auto& entry) {
    archive.text(entry.created_by);
    archive.text(entry.comment);
    archive.flag(entry.empty_layer);
  });
}

template <typename Archive, typename Facts>
void pass_facts(Archive& archive, Facts& facts) {
  archive.digest(facts.manifest_digest);
  pass_platform(archive, facts.platform);
  archive.list(facts.layers, [&](auto& layer) {
    archive.digest(layer.digest);
    archive.text(layer.media_type);
    archive.number(layer.compressed_bytes);
  });
  archive.map(facts.annotations);
  archive.config(facts.config);
}

template <typename Archive, typename Evidence>
void pass_evidence(Archive& archive, Evidence& evidence) {
  archive.digest(evidence.digest);
  archive.list(evidence.offered, [&](auto& platform) { pass_platform(archive, platform); });
  archive.list(evidence.platforms, [&](auto& facts) { pass_facts(archive, facts); });
}

void Writer::config(const std::optional<ImageConfig>& config) {
  flag(config.has_value());
  if (config) {
    pass_config(*this, *config);
  }
}

void Reader::config(std::optional<ImageConfig>& config) {
  if (next() != 0) {
    pass_config(*this, config.emplace());
  }
}

const Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<const Bytef*>(text.data());
}

Bytef* bytes_of(std::string& text) {
  return reinterpret_cast<Bytef*>(text.data());
}

std::optional<std::string> deflated(const std::string& plain) {
  uLongf size = compressBound(plain.size());
  std::string bytes(size, '\0');
  if (compress2(bytes_of(bytes), &size, bytes_of(plain), plain.size(), Z_BEST_COMPRESSION) !=
      Z_OK) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

// zlib's format ends in a checksum of the plain text, so that most damage shows here.
std::optional<std::string> inflated(std::string_view bytes, std::size_t plain_size) {
  std::string plain(plain_size, '\0');
  uLongf size = plain_size;
  if (uncompress(bytes_of(plain), &size, bytes_of(bytes), bytes.size()) != Z_OK ||
      size != plain_size) {
    return std::nullopt;
  }
  return plain;
}

template <typename Archive, typename Base>
void pass_base(Archive& archive, Base& base) {
  archive.text(base.name);
  archive.list(base.diff_ids, [&](auto& digest) { archive.digest(digest); });
  archive.list(base.layer_digests, [&](auto& digest) { archive.digest(digest); });
}

// Version and size in front of the deflated text.
template <typename Pass, typename Value>
std::optional<std::string> encode(Pass pass, const Value& value) {
  Writer writer;
  pass(writer, value);
  if (writer.plain().size() > kMaxPlainBytes) {
    return std::nullopt;
  }
  const std::optional<std::string> body = deflated(writer.plain());
  if (!body) {
    return std::nullopt;
  }
  Writer head;
  head.number(kVersion);
  head.number(writer.plain().size());
  return head.plain() + *body;
}

template <typename Value, typename Pass>
std::optional<Value> decode(Pass pass, std::string_view bytes) {
  Reader head{bytes};
  std::uint64_t version = 0;
  std::size_t plain_size = 0;
  head.number(version);
  head.number(plain_size);
  if (version != kVersion || plain_size > kMaxPlainBytes) {
    return std::nullopt;
  }
  const std::optional<std::string> plain = inflated(head.rest(), plain_size);
  if (!plain) {
    return std::nullopt;
  }
  Reader reader{*plain};
  Value value;
  pass(reader, value);
  return reader.is_done() ? std::optional{std::move(value)} : std::nullopt;
}

constexpr auto kPassEvidence = [](auto& archive, auto& evidence) {
  pass_evidence(archive, evidence);
};
constexpr auto kPassBase = [](auto& archive, auto& base) { pass_base(archive, base); };

}  // namespace

std::optional<std::string> encode_evidence(const ImageEvidence& evidence) {
  return evidence.failure ? std::nullopt : encode(kPassEvidence, evidence);
}

std::optional<ImageEvidence> decode_evidence(std::string_view bytes) {
  return decode<ImageEvidence>(kPassEvidence, bytes);
}

std::optional<std::string> encode_base(const policy::KnownBase& base) {
  return encode(kPassBase, base);
}

std::optional<policy::KnownBase> decode_base(std::string_view bytes) {
  return decode<policy::KnownBase>(kPassBase, bytes);
}

}  // namespace leangate::inspection
