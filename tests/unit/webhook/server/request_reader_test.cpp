#include "webhook/server/request_reader.h"

#include <string>

#include "tests/support/catch.h"

namespace leangate::server {
namespace {

using Stage = RequestReader::Stage;

constexpr std::size_t kMaxBody = 1u << 20;

// Feeds the bytes in pieces of that size and grants whatever is asked for.
std::size_t feed(RequestReader& reader, std::string_view bytes, std::size_t piece) {
  std::size_t done = 0;
  while (done < bytes.size() && reader.stage() != Stage::Complete &&
         reader.stage() != Stage::Refused) {
    const std::size_t taken = reader.consume(bytes.substr(done, piece));
    done += taken;
    if (reader.stage() == Stage::NeedsMemory) {
      reader.grant(reader.wanted_memory());
    } else if (taken == 0) {
      break;
    }
  }
  return done;
}

std::string with_fields(const std::string& fields, const std::string& body = "") {
  return "POST /validate HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

std::string chunked(const std::string& body) {
  return with_fields("Transfer-Encoding: chunked\r\n", body);
}

TEST_CASE("well-formed requests are read, whatever pieces they come in", "[server]") {
  struct Case {
    const char* name;
    std::string bytes;
    std::string body;
    bool keep_alive = true;
  };
  const auto row = GENERATE(values<Case>({
      {"no body", with_fields(""), ""},
      {"counted", with_fields("Content-Length: 5\r\n", "hello"), "hello"},
      {"length zero", with_fields("Content-Length: 0\r\n"), ""},
      {"leading zeros", with_fields("Content-Length: 0005\r\n", "hello"), "hello"},
      {"chunked", chunked("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), "hello!"},
      {"chunk sizes in hex",
       chunked("A\r\n0123456789\r\n00a\r\n0123456789\r\n0\r\n\r\n"),
       "01234567890123456789"},
      {"extension and trailer", chunked("5;a=\"b\"\r\nhello\r\n0;x\r\nT: v\r\n\r\n"), "hello"},
      {"case of names", with_fields("content-LENGTH: 2\r\n", "{}"), "{}"},
      {"case of the coding", with_fields("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n"), ""},
      {"blanks around a value", with_fields("Content-Length: \t 2 \t\r\n", "{}"), "{}"},
      {"empty value", with_fields("Accept:\r\n"), ""},
      {"identity", with_fields("Content-Encoding: identity\r\n"), ""},
      {"close", with_fields("Connection: TE, close\r\n"), "", false},
      {"version 1.0", "GET / HTTP/1.0\r\n\r\n", "", false},
      {"bytes beyond ASCII in a value", with_fields("User-Agent: \xc3\xbc\r\n"), ""},
  }));
  const auto piece = GENERATE(values<std::size_t>({1, 2, 7, 100'000}));
  DYNAMIC_SECTION(row.name << " by " << piece) {
    RequestReader reader{kMaxBody};
    CHECK(feed(reader, row.bytes + "GET /next", piece) == row.bytes.size());
    REQUIRE(reader.stage() == Stage::Complete);
    const HttpRequest request = reader.take();
    CHECK(request.body == row.body);
    CHECK(request.keep_alive == row.keep_alive);
    CHECK_FALSE(request.truncated);
  }
}

TEST_CASE("requests that another reader could read differently are refused", "[server]") {
  struct Case {
    const char* name;
    std::string bytes;
    int status;
  };
  const auto row = GENERATE(values<Case>({
      {"two lengths", with_fields("Content-Length: 1\r\nContent-Length: 1\r\n"), 400},
      {"list of lengths", with_fields("Content-Length: 1, 1\r\n"), 400},
      {"signed length", with_fields("Content-Length: +1\r\n"), 400},
      {"negative length", with_fields("Content-Length: -1\r\n"), 400},
      {"hexadecimal length", with_fields("Content-Length: 0x1\r\n"), 400},
      {"empty length", with_fields("Content-Length:\r\n"), 400},
      {"overflowing length", with_fields("Content-Length: 18446744073709551617\r\n"), 400},
      {"length and chunked",
       with_fields("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
       400},
      {"chunked twice",
       with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       400},
      {"other coding", with_fields("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"coding with a quirk",
       with_fields("Transfer-Encoding: \x0b"
                   "chunked\r\n"),
       400},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"blank before the colon", with_fields("Content-Length : 1\r\n"), 400},
      {"folded line", with_fields("A: b\r\n c\r\n"), 400},
      {"no colon", with_fields("nonsense\r\n"), 400},
      {"bare LF", with_fields("A: b\nContent-Length: 5\r\n"), 400},
      {"bare CR", with_fields("A: b\rC: d\r\n"), 400},
      {"zero byte", with_fields(std::string{"A: \0\r\n", 6}), 400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", with_fields("Host: other\r\n"), 400},
      {"absolute form", "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"blank in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: h\r\n\r\n", 400},
      {"version 2", "PRI / HTTP/2.0\r\n\r\n", 505},
      {"range", with_fields("Range: bytes=0-\r\n"), 400},
      {"compressed", with_fields("Content-Encoding: gzip\r\n"), 415},
      {"other expectation", with_fields("Expect: miracles\r\n"), 417},
      {"large head", with_fields("A: " + std::string(kMaxHead, 'a') + "\r\n"), 431},
      {"chunk size missing", chunked("\r\nx\r\n"), 400},
      {"chunk size no number", chunked("g\r\nx\r\n"), 400},
      {"chunk size signed", chunked("-1\r\nx\r\n"), 400},
      {"chunk size overflowing", chunked("10000000000000001\r\nx\r\n"), 400},
      {"chunk size with LF alone", chunked("1\nx\r\n"), 400},
      {"chunk longer than said", chunked("1\r\nxy\r\n0\r\n\r\n"), 400},
      {"endless extension", chunked("1;" + std::string(5000, 'a')), 400},
      {"CR in an extension", chunked("1;a\rb\r\nx\r\n"), 400},
  }));
  const auto piece = GENERATE(values<std::size_t>({1, 100'000}));
  DYNAMIC_SECTION(row.name << " by " << piece) {
    RequestReader reader{kMaxBody};
    feed(reader, row.bytes, piece);
    REQUIRE(reader.stage() == Stage::Refused);
    CHECK(reader.refusal() == row.status);
  }
}

TEST_CASE("too many fields, and trailers without end, are refused", "[server]") {
  std::string fields;
  for (int i = 0; i < 101; ++i) {
    fields += "A: b\r\n";
  }
  RequestReader head{kMaxBody};
  feed(head, with_fields(fields), 1000);
  CHECK(head.refusal() == 431);

  std::string trailers;
  for (int i = 0; i < 4000; ++i) {
    trailers += "A: b\r\n";
  }
  RequestReader trailer{kMaxBody};
  feed(trailer, chunked("0\r\n" + trailers), 1000);
  CHECK(trailer.refusal() == 400);
}

TEST_CASE("a body of the limit is whole and one byte more is cut", "[server]") {
  const std::string body(kMaxBody, 'x');
  const auto over = GENERATE(values<std::size_t>({0, 1}));
  const auto is_chunked = GENERATE(values<int>({0, 1}));
  CAPTURE(over, is_chunked);
  const std::size_t size = body.size() + over;
  const std::string bytes =
      is_chunked != 0
          ? chunked("100000\r\n" + body + "\r\n" + (over != 0 ? "1\r\ny\r\n" : "") + "0\r\n\r\n")
          : with_fields("Content-Length: " + std::to_string(size) + "\r\n",
                        body + std::string(over, 'y'));
  RequestReader reader{kMaxBody};
  feed(reader, bytes, 16'384);
  REQUIRE(reader.stage() == Stage::Complete);
  const HttpRequest request = reader.take();
  CHECK(request.truncated == (over != 0));
  CHECK(request.keep_alive == (over == 0));
  // What is declared too large is not waited for; what is found too large has been kept.
  CHECK(request.body.size() == (over != 0 && is_chunked == 0 ? kSmallBody : kMaxBody));
}

TEST_CASE("a body grows only as far as memory is granted", "[server]") {
  RequestReader reader{kMaxBody};
  const std::string bytes = with_fields("Content-Length: 300000\r\n", std::string(300'000, 'x'));
  const std::size_t taken = reader.consume(bytes);
  REQUIRE(reader.stage() == Stage::NeedsMemory);
  CHECK(taken < kSmallBody + 1000);
  CHECK(reader.wanted_memory() == 2 * kSmallBody);
  CHECK(reader.consume("x") == 0);

  reader.grant(reader.wanted_memory());
  reader.consume(std::string_view{bytes}.substr(taken));
  REQUIRE(reader.stage() == Stage::NeedsMemory);
  reader.truncate();
  REQUIRE(reader.stage() == Stage::Complete);
  const HttpRequest request = reader.take();
  CHECK(request.truncated);
  CHECK(request.body.size() == 2 * kSmallBody);
}

}  // namespace
}  // namespace leangate::server
