// A body kept in memory up to a limit, for tests of a transport.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "webhook/transport/http_transport.h"

namespace leangate::fakes {

// One byte more than `limit` ends the exchange and leaves nothing: never a cut body that looks
// whole.
class BufferSink final : public transport::BodySink {
 public:
  explicit BufferSink(std::size_t limit) : limit_{limit} {}

  bool begin(const transport::HttpResponse& /*head*/) override {
    body_.clear();
    overflowed_ = false;
    return true;
  }

  bool write(std::string_view data) override {
    if (overflowed_ || data.size() > limit_ - body_.size()) {
      overflowed_ = true;
      body_.clear();
      return false;
    }
    body_.append(data);
    return true;
  }

  bool overflowed() const { return overflowed_; }
  const std::string& body() const { return body_; }

 private:
  std::size_t limit_;
  bool overflowed_ = false;
  std::string body_;
};

}  // namespace leangate::fakes
