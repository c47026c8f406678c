// YAML -> DocumentNodes through yaml-cpp's event interface: its own nodes keep duplicate keys
// silently, read "040" as 32 and have no limits.
#include <cstddef>
#include <exception>
#include <istream>
#include <streambuf>
#include <string>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "policy/document_builder.h"
#include "policy/document_parsers.h"

namespace leangate::policy {
namespace {

using Kind = DocumentNode::Kind;

// yaml-cpp reads a whole flow collection into tokens before it tells the first event, at about 230
// bytes of memory for each '['. What it may read ahead of its events is therefore bounded by the
// longest single scalar that makes sense: etcd takes no Kubernetes object above 1.5 MiB.
constexpr std::size_t kMaxReadAhead = 3u << 19;

class BoundedText final : public std::streambuf {
 public:
  explicit BoundedText(std::string_view text) : text_{text} {}

  void allow_up_to(std::size_t offset) { allowed_ = offset; }
  bool was_cut() const { return was_cut_; }

 private:
  int_type underflow() override {
    if (next_ >= text_.size()) {
      return traits_type::eof();
    }
    if (next_ > allowed_) {
      was_cut_ = true;
      return traits_type::eof();
    }
    constexpr std::size_t kChunk = 4096;
    const std::string_view chunk = text_.substr(next_, kChunk);
    char* begin = const_cast<char*>(chunk.data());  // a get area is never written to
    setg(begin, begin, begin + chunk.size());
    next_ += chunk.size();
    return traits_type::to_int_type(*begin);
  }

  std::string_view text_;
  std::size_t next_ = 0;
  std::size_t allowed_ = kMaxReadAhead;
  bool was_cut_ = false;
};

// Leaves yaml-cpp's parser, which can't be told to stop.
struct StopParsing {};

class YamlHandler final : public YAML::EventHandler {
 public:
  YamlHandler(BoundedText& source, int first_line, DocumentBuilder& builder)
      : source_{source}, first_line_{first_line}, builder_{builder} {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    start_ = mark;
    builder_.start(place(mark));
    stop_when_failed();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.scalar(DocumentNode{Kind::Null, place(mark), "null", {}, {}}, anchor);
    stop_when_failed();
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.alias(place(mark), anchor);
    stop_when_failed();
  }

  void OnScalar(const YAML::Mark& mark,
                const std::string& tag,
                YAML::anchor_t anchor,
                const std::string& value) override {
    const bool is_plain = tag == "?";
    if (is_plain && value == "<<" && builder_.expects_key()) {
      builder_.merge_key(place(mark));
    } else {
      DocumentNode leaf{kind_of(tag, value, place(mark)), place(mark), value, {}, {}};
      if (leaf.kind == Kind::Boolean) {
        leaf.text = value[0] == 't' || value[0] == 'T' ? "true" : "false";
      }
      builder_.scalar(std::move(leaf), anchor);
    }
    stop_when_failed();
  }

  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    begin(Kind::Sequence, tag, mark, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    begin(Kind::Mapping, tag, mark, anchor);
  }
  void OnMapEnd() override { end(); }

  // Where the document began; the null mark when there was none.
  const YAML::Mark& start() const { return start_; }

  Mark place(const YAML::Mark& mark) {
    if (mark.is_null()) {
      return {};
    }
    source_.allow_up_to(static_cast<std::size_t>(mark.pos) + kMaxReadAhead);
    return {mark.line + first_line_ + 1, mark.column + 1};
  }

 private:
  // yaml-cpp gives plain scalars the tag "?" and quoted ones "!".
  Kind kind_of(const std::string& tag, const std::string& value, Mark mark) {
    const Kind plain = kind_of_plain_scalar(value);
    if (tag == "?") {
      return plain;
    }
    if (tag == "!" || tag == "tag:yaml.org,2002:str") {
      return Kind::String;
    }
    const bool fits = (tag == "tag:yaml.org,2002:int" && plain == Kind::Integer) ||
                      (tag == "tag:yaml.org,2002:float" && plain == Kind::Float) ||
                      (tag == "tag:yaml.org,2002:bool" && plain == Kind::Boolean) ||
                      (tag == "tag:yaml.org,2002:null" && plain == Kind::Null);
    if (!fits) {
      builder_.fail(mark, "has a tag that this value can't have, or that isn't known");
    }
    return plain;
  }

  void begin(Kind kind, const std::string& tag, const YAML::Mark& mark, YAML::anchor_t anchor) {
    const std::string expected = kind == Kind::Mapping ? "map" : "seq";
    if (tag != "?" && tag != "!" && tag != "tag:yaml.org,2002:" + expected) {
      builder_.fail(place(mark), "has a tag that this value can't have, or that isn't known");
    }
    builder_.begin(kind, place(mark), anchor);
    stop_when_failed();
  }

  void end() {
    builder_.end();
    stop_when_failed();
  }

  void stop_when_failed() const {
    if (builder_.failed()) {
      throw StopParsing{};
    }
  }

  BoundedText& source_;
  int first_line_;
  DocumentBuilder& builder_;
  YAML::Mark start_ = YAML::Mark::null_mark();
};

// Hands the next document to the builder; false when there is none, or after a failure.
bool read_next(YAML::Parser& parser, YamlHandler& handler, DocumentBuilder& builder) {
  try {
    return parser.HandleNextDocument(handler);
  } catch (const StopParsing&) {
  } catch (const YAML::Exception& error) {
    builder.fail(handler.place(error.mark), "is no YAML: " + error.msg);
  } catch (const std::exception& error) {
    builder.fail({}, std::string{"can't be read: "} + error.what());
  }
  return false;
}

}  // namespace

void read_yaml_documents(std::string_view part, int first_line, TextReading& reading) {
  BoundedText source{part};
  std::istream stream{&source};
  try {
    YAML::Parser parser{stream};
    int previous_start = -1;
    for (bool more = true; more;) {
      DocumentBuilder builder{reading};
      YamlHandler handler{source, first_line, builder};
      more = read_next(parser, handler, builder);
      // At a mark out of place, like the text ",", yaml-cpp 0.7 gives empty documents for ever.
      if (more && handler.start().pos == previous_start) {
        builder.fail(handler.place(handler.start()), "is no YAML: expected a value");
      }
      previous_start = handler.start().pos;
      if (source.was_cut()) {
        reading.add_mistake(
            {"", {first_line + 1, 1}, "", "has a value or a flow collection above 1.5 MiB"});
        return;
      }
      if (builder.failure()) {
        reading.add_mistake(*builder.failure());
        return;
      }
      if (auto document = builder.take_document(); document && document->kind != Kind::Null) {
        reading.result.documents.push_back(std::move(*document));
      }
    }
  } catch (const std::exception& error) {
    reading.add_mistake({"", {}, "", std::string{"can't be read: "} + error.what()});
  }
}

}  // namespace leangate::policy
