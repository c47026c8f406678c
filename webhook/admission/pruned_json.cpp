#include "webhook/admission/pruned_json.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace leangate::admission {

namespace {

using nlohmann::json;

const Shape kScalar{.kind = Shape::Kind::Scalar};

class Pruner final : public nlohmann::json_sax<json> {
 public:
  Pruner(const Shape& root, const PruneLimits& limits, json& kept)
      : root_shape_{root}, limits_{limits}, root_{kept} {}

  const std::string& mistake() const { return mistake_; }

  bool null() override { return scalar(json{}); }
  bool boolean(bool value) override { return scalar(json(value)); }
  // Numbers decide nothing that is judged here.
  bool number_integer(number_integer_t) override { return scalar(json{}); }
  bool number_unsigned(number_unsigned_t) override { return scalar(json{}); }
  bool number_float(number_float_t, const string_t&) override { return scalar(json{}); }
  bool binary(binary_t&) override { return scalar(json{}); }
  bool string(string_t& value) override {
    if (is_skipping()) {
      return true;
    }
    if (value.size() > limits_.max_string) {
      value.resize(limits_.max_string);
    }
    return scalar(json(std::move(value)));
  }

  bool start_object(std::size_t) override { return start(json::object()); }
  bool start_array(std::size_t) override { return start(json::array()); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }

  bool key(string_t& name) override {
    if (is_skipping()) {
      return true;
    }
    const auto& frame = frames_.back();
    member_shape_ = shape_of_member(*frame.shape, name);
    if (member_shape_ == nullptr) {
      return true;
    }
    if (frame.value->contains(name)) {
      return fail(frame.shape->kind == Shape::Kind::Members
                      ? "the member \"" + name + "\" comes twice"
                      : "a key comes twice");
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::detail::exception&) override {
    return fail("broken JSON at byte " + std::to_string(position));
  }

 private:
  // A kept object or list that is still open.
  struct Frame {
    json* value;  // stays where it is: its parent doesn't grow before it is closed
    const Shape* shape;
    std::size_t depth;
    std::size_t kept_before;
  };

  static const Shape* shape_of_member(const Shape& shape, std::string_view name) {
    if (shape.kind == Shape::Kind::ScalarMap) {
      return &kScalar;
    }
    const auto found =
        std::ranges::find_if(shape.members, [&](const auto& m) { return m.name == name; });
    return found != shape.members.end() ? found->shape : nullptr;
  }

  static bool fits(const json& value, const Shape& shape) {
    switch (shape.kind) {
      case Shape::Kind::Scalar:
        return value.is_string() || value.is_boolean();
      case Shape::Kind::ScalarMap:
      case Shape::Kind::Members:
        return value.is_object();
      case Shape::Kind::List:
        return value.is_array();
    }
    return false;
  }

  bool fail(std::string mistake) {
    mistake_ = std::move(mistake);
    return false;
  }

  bool is_skipping() const { return skipped_depth_ > 0; }

  // Whether the value that comes next is wanted, and in which shape.
  const Shape* next_shape() const {
    if (frames_.empty()) {
      return &root_shape_;
    }
    const auto& shape = *frames_.back().shape;
    return shape.kind == Shape::Kind::List ? shape.element : member_shape_;
  }

  bool scalar(json value) {
    if (is_skipping()) {
      return true;
    }
    const auto* shape = next_shape();
    return shape == nullptr || place(fits(value, *shape) ? std::move(value) : json{}) != nullptr;
  }

  bool start(json empty) {
    if (++depth_ > limits_.max_depth) {
      return fail("nested deeper than " + std::to_string(limits_.max_depth));
    }
    if (is_skipping()) {
      return true;
    }
    const auto* shape = next_shape();
    const bool is_wanted = shape != nullptr && fits(empty, *shape);
    if (!is_wanted) {
      skipped_depth_ = depth_;
      return shape == nullptr || place(json{}) != nullptr;
    }
    const auto kept_before = kept_;
    auto* value = place(std::move(empty));
    if (value != nullptr && !is_skipping()) {
      frames_.push_back({value, shape, depth_, kept_before});
    }
    return value != nullptr;
  }

  bool end() {
    if (skipped_depth_ == depth_) {
      skipped_depth_ = 0;
    } else if (!is_skipping()) {
      const auto& frame = frames_.back();
      const auto& needed = frame.shape->useless_without;
      if (!needed.empty() && !frame.value->contains(needed)) {
        forget(frame);
      }
      frames_.pop_back();
    }
    --depth_;
    return true;
  }

  // Puts the value where it belongs; null when that breaks a limit.
  json* place(json value) {
    const bool counts = !value.is_null();
    auto* slot = &root_;
    if (frames_.empty()) {
      root_ = std::move(value);
    } else if (auto& parent = *frames_.back().value; parent.is_array()) {
      if (++elements_ > limits_.max_elements) {
        return refuse("the lists are too long");
      }
      slot = &parent.emplace_back(std::move(value));
    } else {
      slot = &(parent[key_] = std::move(value));
    }
    if (counts && ++kept_ > limits_.max_kept) {
      return refuse("too many values");
    }
    return drop_overfull() ? &root_ : slot;
  }

  json* refuse(std::string mistake) {
    fail(std::move(mistake));
    return nullptr;
  }

  void forget(const Frame& frame) {
    *frame.value = nullptr;
    kept_ = frame.kept_before;
  }

  // Forgets the outermost open value that holds more than its shape allows, and skips the rest of
  // it.
  bool drop_overfull() {
    const auto overfull = std::ranges::find_if(frames_, [this](const Frame& frame) {
      return frame.shape->dropped_above > 0 &&
             kept_ - frame.kept_before > frame.shape->dropped_above;
    });
    if (overfull == frames_.end()) {
      return false;
    }
    skipped_depth_ = overfull->depth;
    forget(*overfull);
    frames_.erase(overfull, frames_.end());
    return true;
  }

  const Shape& root_shape_;
  const PruneLimits& limits_;
  json& root_;
  std::vector<Frame> frames_;
  const Shape* member_shape_ = nullptr;  // of the member whose key was read last
  std::string key_;
  std::size_t depth_ = 0;
  std::size_t skipped_depth_ = 0;  // where the outermost unwanted value began; 0: none is open
  std::size_t kept_ = 0;
  std::size_t elements_ = 0;
  std::string mistake_;
};

}  // namespace

Result<void, std::string> read_pruned(std::string_view text,
                                      const Shape& shape,
                                      const PruneLimits& limits,
                                      json& kept) {
  kept = nullptr;
  Pruner pruner{shape, limits, kept};
  if (!json::sax_parse(text, &pruner)) {
    return Failure{pruner.mistake()};
  }
  return {};
}

}  // namespace leangate::admission
