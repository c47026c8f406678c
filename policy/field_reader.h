// Reads the fields of one mapping strictly: wrong types, missing and unknown fields become
// Mistakes, all of them, each with its place. Used by policy_reader and by the settings.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/document_tree.h"
#include "policy/duration.h"
#include "policy/result.h"

namespace leangate::policy {

// Hostile text for a message: in double quotes, control characters as \xNN, cut at 64 bytes.
std::string quoted(std::string_view text);

// The known name that a misspelled one was probably meant to be; empty when none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

// Where mistakes of one file go: the first kMaxMistakes are kept, those beyond are counted.
struct MistakeLog {
  std::string file;
  std::vector<Mistake> mistakes;
  std::size_t more_mistakes = 0;

  void add(Mark mark, std::string field, std::string message);
  // Whether the next mistake will only be counted, so that nothing need be found out about it.
  bool is_full() const { return mistakes.size() >= kMaxMistakes; }
  // All, in the order of the text, for a person reads from top to bottom; then, in a mistake
  // without a place, how many more there are. The log is empty afterwards.
  std::vector<Mistake> take();
};

// Each read_* method marks the field as known and returns nothing when it is absent or wrong; what
// is wrong has then been logged. finish() logs every member that nothing asked for, with the
// nearest known name where there is one. An empty (null) field is wrong, not absent: who wrote
// "expiresAt:" meant to write more. Numbers are taken where a quantity, a duration or an instant is
// expected, for these are text to YAML only by chance; where a string is expected they are not.
class FieldReader {
 public:
  // `node` must outlive the reader. A node that is no mapping is logged at once.
  FieldReader(const DocumentNode& node, std::string path, MistakeLog& log);

  bool is_mapping() const;
  const std::string& path() const { return path_; }

  // Whether the mapping has any member but this one, known or not.
  bool has_fields_besides(std::string_view name) const;

  // Logs "is missing" when a required field isn't there.
  void require(std::string_view name);

  std::optional<std::string> read_string(std::string_view name, std::size_t max_length = 4096);
  std::optional<bool> read_bool(std::string_view name);
  std::optional<std::int64_t> read_integer(std::string_view name,
                                           std::int64_t min,
                                           std::int64_t max);
  std::optional<std::uint64_t> read_quantity(std::string_view name);
  std::optional<Duration> read_duration(std::string_view name);
  std::optional<Instant> read_instant(std::string_view name);
  // A list of strings; duplicates and empty strings are mistakes. Wrong entries are left out of
  // what is returned.
  std::optional<std::vector<std::string>> read_strings(std::string_view name,
                                                       std::size_t max_items = 128);
  // A mapping of strings to strings.
  std::optional<std::map<std::string, std::string>> read_string_map(std::string_view name,
                                                                    std::size_t max_items = 128);
  // One of the names; the index into `names` is returned.
  std::optional<std::size_t> read_choice(std::string_view name,
                                         std::initializer_list<std::string_view> names);
  // A list of some of the names, without duplicates, at least one: the indexes into `names`.
  std::optional<std::vector<std::size_t>> read_choices(
      std::string_view name, std::initializer_list<std::string_view> names);
  // A mapping or a sequence of mappings, each handed on with a reader of its own that is finished
  // afterwards.
  void read_mapping(std::string_view name, const std::function<void(FieldReader&)>& read);
  void read_mappings(std::string_view name,
                     std::size_t max_items,
                     const std::function<void(FieldReader&)>& read);

  // The raw node, for what none of the above can read; nullptr when absent.
  const DocumentNode* take(std::string_view name);
  // Fields of the format that this version doesn't serve: logged as "not in this version" if set.
  void refuse_unbuilt(std::initializer_list<std::string_view> names);
  // Logs a mistake at the field's value, or at the mapping when the field is absent; an empty name
  // means the mapping itself.
  void mistake(std::string_view name, std::string message);
  // "spec.rules[0]" and "size" -> "spec.rules[0].size".
  std::string path_of(std::string_view name) const;

  void finish();

 private:
  using ReadItem = std::function<void(const DocumentNode& item, const std::string& path)>;

  template <typename T>
  std::optional<T> read_parsed(std::string_view name,
                               std::string_view what,
                               Result<T, std::string> (*parse)(std::string_view));
  // False when the field is absent, no list, or too long; logged but for the first.
  bool for_each_item(std::string_view name,
                     std::size_t max_items,
                     std::string_view expected,
                     const ReadItem& read);
  std::optional<std::string> string_of(const DocumentNode& node,
                                       const std::string& path,
                                       std::size_t max_length);
  std::optional<std::size_t> choice_of(const DocumentNode& node,
                                       const std::string& path,
                                       std::initializer_list<std::string_view> names);

  const DocumentNode& node_;
  std::string path_;
  MistakeLog& log_;
  std::vector<std::string> known_;
};

}  // namespace leangate::policy
