// The chunked transfer coding (RFC 9112, 7.1), decoded piece by piece with bounds on everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leangate::server {

class ChunkedBody {
 public:
  enum class State { Size, Data, DataEnd, Trailer, Done, Broken };

  // Appends at most `room` bytes of content to `body` and returns how many bytes of the input are
  // done with. Less than all of them: the body ended or broke, or the room did not suffice.
  std::size_t decode(std::string_view bytes, std::size_t room, std::string& body);

  State state() const { return state_; }
  // Whether content is known to follow what has been decoded.
  bool has_more_content() const { return state_ == State::Data; }

 private:
  void take_framing(char byte);
  void finish_line();
  void finish_size();

  State state_ = State::Size;
  std::uint64_t left_in_chunk_ = 0;
  std::uint64_t content_ = 0;
  std::uint64_t framing_ = 0;  // bytes that are not content
  std::string line_;
};

}  // namespace leangate::server
