// JSON -> DocumentNodes through nlohmann's event interface: yaml-cpp keeps other rules for numbers
// and escapes, and a DOM would lose places, duplicate keys and the order of members.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "policy/document_builder.h"
#include "policy/document_parsers.h"

namespace leangate::policy {
namespace {

using Json = nlohmann::json;
using Kind = DocumentNode::Kind;

// How far nlohmann's lexer has read. Its events carry no positions, but the lexer takes its
// characters one by one from an iterator, so the iterator can tell.
struct Cursor {
  const char* at;
};

class CountingIterator {
 public:
  // NOLINTBEGIN(readability-identifier-naming): std::iterator_traits' names
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  // NOLINTEND(readability-identifier-naming)

  CountingIterator(const char* at, Cursor* cursor) : at_{at}, cursor_{cursor} {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    cursor_->at = ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Cursor* cursor_;
};

// Between one token and the next stand only white space, ',' and ':'. So the next token begins
// after these; after a number the lexer has read one character too many, which is one of them or a
// closing bracket.
class JsonHandler final : public nlohmann::json_sax<Json> {
 public:
  JsonHandler(std::string_view text, const Cursor& cursor, TextReading& reading)
      : text_{text}, cursor_{cursor}, builder_{reading} {}

  bool null() override { return leaf(Kind::Null, "null"); }
  bool boolean(bool value) override { return leaf(Kind::Boolean, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override {
    return leaf(Kind::Integer, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return leaf(Kind::Integer, std::to_string(value));
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return leaf(kind_of_plain_scalar(text), text);  // an integer above 64 bits comes here too
  }
  bool string(string_t& value) override { return leaf(Kind::String, value); }
  bool key(string_t& value) override { return leaf(Kind::String, value); }
  bool binary(binary_t& /*value*/) override { return false; }  // never in text
  bool start_object(std::size_t /*elements*/) override { return begin(Kind::Mapping); }
  bool start_array(std::size_t /*elements*/) override { return begin(Kind::Sequence); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }

  bool parse_error(std::size_t /*position*/,
                   const std::string& /*last_token*/,
                   const nlohmann::detail::exception& error) override {
    // what() is "[json.exception...] parse error at line 1, column 5: syntax error while ...".
    constexpr std::size_t kLongest = 200;
    std::string message = error.what();
    const std::size_t place = message.find(": ");
    message.erase(0, place == std::string::npos ? 0 : place + 2);
    if (message.size() > kLongest) {
      message = message.substr(0, kLongest) + "...";
    }
    syntax_error_ = Mistake{"", next_mark(), "", "is no JSON: " + message};
    return false;
  }

  DocumentBuilder& builder() { return builder_; }
  const std::optional<Mistake>& syntax_error() const { return syntax_error_; }

 private:
  bool leaf(Kind kind, std::string text) {
    builder_.scalar(DocumentNode{kind, next_mark(), std::move(text), {}, {}});
    return !builder_.failed();
  }
  bool begin(Kind kind) {
    builder_.begin(kind, next_mark());
    return !builder_.failed();
  }
  bool end() {
    previous_end_ = offset();
    builder_.end();
    return !builder_.failed();
  }

  std::size_t offset() const { return static_cast<std::size_t>(cursor_.at - text_.data()); }

  // Where the token of this event began.
  Mark next_mark() {
    const std::size_t begin = text_.find_first_not_of(" \t\r\n,:", previous_end_);
    previous_end_ = offset();
    return mark_at(std::min(begin, previous_end_));
  }

  // Offsets only grow, so that counting lines costs one pass over the text.
  Mark mark_at(std::size_t offset) {
    for (; counted_ < offset; ++counted_) {
      if (text_[counted_] == '\n') {
        ++line_;
        line_begin_ = counted_ + 1;
      }
    }
    return {line_, static_cast<int>(offset - std::min(offset, line_begin_)) + 1};
  }

  std::string_view text_;
  const Cursor& cursor_;
  DocumentBuilder builder_;
  std::optional<Mistake> syntax_error_;
  std::size_t previous_end_ = 0;
  std::size_t counted_ = 0;
  std::size_t line_begin_ = 0;
  int line_ = 1;
};

}  // namespace

JsonReading read_json_document(std::string_view text, const DocumentLimits& limits) {
  Cursor cursor{text.data()};
  TextReading reading{limits};
  JsonHandler handler{text, cursor, reading};
  const char* end = text.data() + text.size();
  JsonReading result;
  try {
    Json::sax_parse(
        CountingIterator{text.data(), &cursor}, CountingIterator{end, &cursor}, &handler);
  } catch (const std::exception& error) {
    handler.builder().fail({}, error.what());
  }
  result.syntax_error = handler.syntax_error();
  if (handler.builder().failure()) {
    reading.add_mistake(*handler.builder().failure());
  } else if (auto document = handler.builder().take_document(); document && !result.syntax_error) {
    reading.result.documents.push_back(std::move(*document));
  }
  result.reading = std::move(reading.result);
  return result;
}

}  // namespace leangate::policy
