#include "webhook/transport/curl_transport_handle.h"

#include <algorithm>
#include <cctype>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "webhook/support/clock.h"

namespace leangate::transport {
namespace {

using std::chrono::milliseconds;

// Connections are given up after a while, so that changed addresses and roots are followed.
constexpr long kMaxConnectionAge = 300;

ExchangeEvents& events_of(void* data) {
  return *static_cast<ExchangeEvents*>(data);
}

std::size_t header_callback(char* data, std::size_t, std::size_t size, void* events) {
  return events_of(events).on_header({data, size}) ? size : 0;
}

std::size_t body_callback(char* data, std::size_t, std::size_t size, void* events) {
  // A short count ends the transfer, and 0 is no short count of nothing.
  return events_of(events).on_body({data, size}) ? size : size + 1;
}

curl_socket_t open_socket_callback(void* events, curlsocktype, curl_sockaddr* address) {
  return events_of(events).on_open_socket(address->addr, address->socktype, address->protocol);
}

int request_callback(void* events, char*, char*, int, int) {
  events_of(events).on_request_sent();
  return CURL_PREREQFUNC_OK;
}

// Replaces what libcurl would load: CURLOPT_CAINFO has the system's roots or a host's own, not
// both.
CURLcode trust_callback(CURL*, void* ssl_context, void* events) {
  x509_store_st* const roots = events_of(events).on_handshake();
  if (roots == nullptr) {
    return CURLE_SSL_CACERT_BADFILE;
  }
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_context), roots);
  return CURLE_OK;
}

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(), [](unsigned char a, unsigned char b) {
        return std::tolower(a) == std::tolower(b);
      });
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// An entry for libcurl's cache of names: "NAME:PORT:ADDRESS,ADDRESS".
std::string resolve_entry(const std::string& name,
                          const std::string& port,
                          const std::vector<std::string>& addresses) {
  std::string entry = name + ":" + port + ":";
  for (const std::string& address : addresses) {
    entry += entry.back() == ':' ? "" : ",";
    entry += bracketed(address);
  }
  return entry;
}

}  // namespace

void EasyHandle::FreeEasy::operator()(void* easy) const {
  curl_easy_cleanup(easy);
}

void EasyHandle::FreeList::operator()(void* list) const {
  curl_slist_free_all(static_cast<curl_slist*>(list));
}

void EasyHandle::append(List& list, const std::string& line) {
  auto* const head = static_cast<curl_slist*>(list.release());
  list.reset(curl_slist_append(head, line.c_str()));
}

bool EasyHandle::prepare(const Route& route,
                         const std::string& user_agent,
                         milliseconds connect_limit) {
  static_assert(kErrorSize >= CURL_ERROR_SIZE);
  easy_.reset(curl_easy_init());
  if (easy_ == nullptr) {
    return false;
  }
  set_target();
  set_limits(connect_limit);
  set_safety();
  set_events();
  set_route(route);
  set_tls(route);
  set_headers(user_agent);
  return true;
}

void EasyHandle::set_target() {
  CURL* const easy = easy_.get();
  const Url& url = request_.url;
  curl_easy_setopt(easy, CURLOPT_URL, url.str().c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, url.scheme.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  // With TLS it's known from the handshake on whether a connection can be shared. Without, libcurl
  // would wait for the whole first answer to find out that it can't.
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, url.scheme == "https" ? 1L : 0L);
  if (request_.method == HttpRequest::Method::Head) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request_.method == HttpRequest::Method::Post) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
    curl_easy_setopt(
        easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
}

void EasyHandle::set_limits(milliseconds connect_limit) {
  const auto left = std::max<milliseconds>(time_left(request_.deadline), milliseconds{1});
  curl_easy_setopt(easy_.get(), CURLOPT_TIMEOUT_MS, long{left.count()});
  curl_easy_setopt(
      easy_.get(), CURLOPT_CONNECTTIMEOUT_MS, long{std::min(left, connect_limit).count()});
  curl_easy_setopt(easy_.get(), CURLOPT_MAXLIFETIME_CONN, kMaxConnectionAge);
}

// What libcurl would do of its own accord, or on the word of the environment or the peer.
void EasyHandle::set_safety() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");    // no *_proxy variables
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");  // nor no_proxy
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_NONE));
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
}

void EasyHandle::set_events() {
  CURL* const easy = easy_.get();
  void* const events = &events_;
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &header_callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, events);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &body_callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, events);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket_callback);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, events);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &request_callback);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, events);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &trust_callback);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, events);
}

void EasyHandle::set_route(const Route& route) {
  CURL* const easy = easy_.get();
  if (route.proxy != nullptr) {
    // It stays in the cache until the next one takes its place: there is one proxy, and libcurl
    // must never look it up itself.
    append(resolve_,
           resolve_entry(route.proxy->host, std::to_string(route.proxy->port), route.addresses));
    set_proxy(*route.proxy);
  } else {
    const std::string port = std::to_string(request_.url.port);
    // '+': the entry ages like any other, so that the cache doesn't grow for ever.
    append(resolve_, "+" + resolve_entry(route.dial_name, port, route.addresses));
    append(connect_to_, "::" + route.dial_name + ":" + port);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to_.get());
  }
  curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve_.get());
}

// An https target is reached by CONNECT, an http one by handing the proxy the whole request. Our
// headers go to the target only, the proxy's user and password to the proxy only.
void EasyHandle::set_proxy(const Proxy& proxy) {
  CURL* const easy = easy_.get();
  const std::string url =
      proxy.scheme + "://" + bracketed(proxy.host) + ":" + std::to_string(proxy.port);
  curl_easy_setopt(easy, CURLOPT_PROXY, url.c_str());
  curl_easy_setopt(easy, CURLOPT_HEADEROPT, long{CURLHEADER_SEPARATE});
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  if (!proxy.user.empty()) {
    curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, proxy.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, proxy.password.c_str());
  }
}

void EasyHandle::set_tls(const Route& route) {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, nullptr);
  const HostAccess* const access = request_.access.get();
  if (access != nullptr && !access->client_cert_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, access->client_cert_file.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, access->client_key_file.c_str());
  }
  if (route.proxy != nullptr && route.roots != nullptr && !route.roots->authority.empty()) {
    // Believed by way of trust_callback. Here it is what keeps tunnels apart: libcurl uses one
    // again for the same authorities only, whereas a direct connection has its dial name.
    curl_blob authority{};
    authority.data = const_cast<char*>(route.roots->authority.data());
    authority.len = route.roots->authority.size();
    authority.flags = CURL_BLOB_COPY;
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &authority);
  }
}

void EasyHandle::set_headers(const std::string& user_agent) {
  // A name without a value takes out the header that libcurl would add. The caller's come later in
  // the list and are sent all the same.
  for (const char* unasked : {"Accept:", "Expect:", "Content-Type:"}) {
    const std::string_view name{unasked, std::string_view{unasked}.size() - 1};
    const auto& given = request_.headers;
    const bool asked = std::any_of(given.begin(), given.end(), [name](const Header& header) {
      return same_name(header.name, name);
    });
    if (!asked) {
      append(headers_, unasked);
    }
  }
  for (const Header& header : request_.headers) {
    // "Name;" is libcurl's spelling of a header whose value is empty.
    append(headers_, header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
  if (!user_agent.empty()) {
    curl_easy_setopt(easy_.get(), CURLOPT_USERAGENT, user_agent.c_str());
  }
}

std::string EasyHandle::remote_address() const {
  const char* address = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_IP, &address);
  return address != nullptr ? address : "";
}

}  // namespace leangate::transport
