#include "webhook/transport/curl_transport_transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "webhook/transport/curl_transport_error.h"

namespace leangate::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = TransportError::Kind;

constexpr milliseconds kConnectTimeout{3000};
constexpr seconds kFirstByte{5};
// A peer that sends less than 1 KiB/s for 3 s holds a slot for nothing.
constexpr seconds kSlowWindow{3};
constexpr std::size_t kSlowBytes = 3u << 10;
// Connections are given up after a while, so that changed addresses and roots are followed.
constexpr long kMaxConnectionAge = 300;

std::size_t header_callback(char* data, std::size_t, std::size_t size, void* transfer) {
  return static_cast<Transfer*>(transfer)->on_header({data, size}) ? size : 0;
}

std::size_t body_callback(char* data, std::size_t, std::size_t size, void* transfer) {
  // A short count ends the transfer, and 0 is no short count of nothing.
  return static_cast<Transfer*>(transfer)->on_body({data, size}) ? size : size + 1;
}

curl_socket_t open_socket_callback(void* transfer, curlsocktype, curl_sockaddr* address) {
  return static_cast<Transfer*>(transfer)->on_open_socket(
      address->addr, address->socktype, address->protocol);
}

int request_callback(void* transfer, char*, char*, int, int) {
  static_cast<Transfer*>(transfer)->on_request_sent();
  return CURL_PREREQFUNC_OK;
}

// Replaces what libcurl would load: CURLOPT_CAINFO has the system's roots or a host's own, not
// both.
CURLcode trust_callback(CURL*, void* ssl_context, void* store) {
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_context), static_cast<X509_STORE*>(store));
  return CURLE_OK;
}

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(), [](unsigned char a, unsigned char b) {
        return std::tolower(a) == std::tolower(b);
      });
}

}  // namespace

void Transfer::FreeEasy::operator()(void* easy) const {
  curl_easy_cleanup(easy);
}

void Transfer::FreeList::operator()(void* list) const {
  curl_slist_free_all(static_cast<curl_slist*>(list));
}

Transfer::Transfer(const Exchange& exchange, std::function<void(Outcome)> on_end)
    : exchange_{exchange},
      on_end_{std::move(on_end)},
      error_text_(CURL_ERROR_SIZE, '\0'),
      first_byte_by_{SteadyClock::time_point::max()},
      window_end_{SteadyClock::time_point::max()} {}

Transfer::~Transfer() = default;

void Transfer::append(List& list, const std::string& line) {
  auto* const head = static_cast<curl_slist*>(list.release());
  list.reset(curl_slist_append(head, line.c_str()));
}

bool Transfer::prepare(const std::vector<std::string>& addresses,
                       const std::string& dial_name,
                       const AddressGuard& guard,
                       const CurlTransportOptions& options,
                       TrustStore trust) {
  easy_.reset(curl_easy_init());
  if (easy_ == nullptr) {
    return false;
  }
  guard_ = &guard;
  head_.set_limit(options.max_header_bytes);
  trust_ = std::move(trust);
  const std::string port = std::to_string(request().url.port);
  // '+': the entry ages like any other, so that the cache doesn't grow for ever.
  std::string entry = "+" + dial_name + ":" + port + ":";
  for (const std::string& address : addresses) {
    entry += entry.back() == ':' ? "" : ",";
    entry += address.find(':') == std::string::npos ? address : "[" + address + "]";
  }
  append(resolve_, entry);
  append(connect_to_, "::" + dial_name + ":" + port);
  curl_easy_setopt(easy_.get(), CURLOPT_RESOLVE, resolve_.get());
  curl_easy_setopt(easy_.get(), CURLOPT_CONNECT_TO, connect_to_.get());
  curl_easy_setopt(easy_.get(), CURLOPT_PRIVATE, this);
  set_target();
  set_safety();
  set_tls();
  set_headers(options.user_agent);
  return true;
}

void Transfer::set_target() {
  CURL* const easy = easy_.get();
  const Url& url = request().url;
  curl_easy_setopt(easy, CURLOPT_URL, url.str().c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, url.scheme.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  // With TLS it's known from the handshake on whether a connection can be shared. Without, libcurl
  // would wait for the whole first answer to find out that it can't.
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, url.scheme == "https" ? 1L : 0L);
  if (request().method == HttpRequest::Method::Head) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request().method == HttpRequest::Method::Post) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request().body.data());
    curl_easy_setopt(
        easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request().body.size()));
  }
  const auto left = std::max<milliseconds>(time_left(request().deadline), milliseconds{1});
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, long{left.count()});
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, long{std::min(left, kConnectTimeout).count()});
}

// What libcurl would do of its own accord, or on the word of the environment or the peer.
void Transfer::set_safety() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // no *_proxy variables
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_NONE));
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, kMaxConnectionAge);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &header_callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &body_callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket_callback);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &request_callback);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
}

void Transfer::set_tls() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &trust_callback);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, trust_.get());
  if (access() != nullptr && !access()->client_cert_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, access()->client_cert_file.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, access()->client_key_file.c_str());
  }
}

void Transfer::set_headers(const std::string& user_agent) {
  // A name without a value takes out the header that libcurl would add. The caller's come later in
  // the list and are sent all the same.
  for (const char* unasked : {"Accept:", "Expect:", "Content-Type:"}) {
    const std::string_view name{unasked, std::string_view{unasked}.size() - 1};
    const auto& given = request().headers;
    const bool asked = std::any_of(given.begin(), given.end(), [name](const Header& header) {
      return same_name(header.name, name);
    });
    if (!asked) {
      append(headers_, unasked);
    }
  }
  for (const Header& header : request().headers) {
    // "Name;" is libcurl's spelling of a header whose value is empty.
    append(headers_, header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
  if (!user_agent.empty()) {
    curl_easy_setopt(easy_.get(), CURLOPT_USERAGENT, user_agent.c_str());
  }
}

Transfer::SteadyClock::time_point Transfer::next_check() const {
  return std::min({request().deadline, first_byte_by_, window_end_});
}

std::optional<TransportError> Transfer::check(SteadyClock::time_point now) {
  if (now >= request().deadline) {
    return failure(Kind::Timeout, "the deadline passed");
  }
  if (now >= first_byte_by_) {
    return failure(Kind::Timeout, "no answer within 5 s of the request");
  }
  if (now >= window_end_) {
    if (window_bytes_ < kSlowBytes) {
      return failure(Kind::Timeout, "slower than 1 KiB/s for 3 s");
    }
    window_bytes_ = 0;
    window_end_ = now + kSlowWindow;
  }
  return std::nullopt;
}

TransportError Transfer::failure(Kind kind, std::string_view text) const {
  return make_error(kind, request().url, text);
}

Outcome Transfer::outcome(int code) {
  if (code == CURLE_OK && answered()) {
    return std::move(head_.head());
  }
  if (header_overflow_) {
    return Failure{failure(Kind::Protocol, "the headers of the answer are too large")};
  }
  if (sink_refused_) {
    const auto* buffer = dynamic_cast<const BufferSink*>(exchange_.sink);
    return buffer != nullptr && buffer->overflowed()
               ? Failure{failure(Kind::BodyTooLarge, "the body is larger than its limit")}
               : Failure{failure(Kind::Aborted, "the receiver ended the exchange")};
  }
  if (!guard_refusal_.empty() && !dialled_) {
    return Failure{failure(Kind::Refused, guard_refusal_)};
  }
  const std::string_view text{error_text_.data()};
  const auto curl_code = static_cast<CURLcode>(code);
  return Failure{
      failure(kind_of(code, answered()), text.empty() ? curl_easy_strerror(curl_code) : text)};
}

bool Transfer::on_header(std::string_view line) {
  first_byte_by_ = SteadyClock::time_point::max();
  if (window_end_ == SteadyClock::time_point::max()) {
    window_end_ = SteadyClock::now() + kSlowWindow;
  }
  window_bytes_ += line.size();
  switch (head_.take(line)) {
    case HeadReader::State::Reading:
      return true;
    case HeadReader::State::Complete:
      return begin_body();
    case HeadReader::State::TooLarge:
      header_overflow_ = true;
  }
  return false;
}

bool Transfer::begin_body() {
  const char* address = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_IP, &address);
  head_.head().remote_address = address != nullptr ? address : "";
  sink_refused_ = !exchange_.sink->begin(head_.head());
  return !sink_refused_;
}

bool Transfer::on_body(std::string_view data) {
  window_bytes_ += data.size();
  sink_refused_ = sink_refused_ || !exchange_.sink->write(data);
  return !sink_refused_;
}

int Transfer::on_open_socket(const sockaddr& address, int type, int protocol) {
  const std::string refusal = guard_->refusal(address, access());
  if (!refusal.empty()) {
    guard_refusal_ = refusal;
    return CURL_SOCKET_BAD;
  }
  dialled_ = true;
  return ::socket(address.sa_family, type | SOCK_CLOEXEC, protocol);
}

void Transfer::on_request_sent() {
  first_byte_by_ = SteadyClock::now() + kFirstByte;
}

}  // namespace leangate::transport
