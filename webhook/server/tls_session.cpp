#include "webhook/server/tls_session.h"

#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace leangate::server {

void TlsSession::FreeSession::operator()(ssl_st* session) const {
  SSL_free(session);
}

TlsSession::TlsSession(TlsContext context, int fd)
    : context_{std::move(context)}, session_{SSL_new(context_.get())} {
  if (session_ != nullptr && SSL_set_fd(session_.get(), fd) == 1) {
    SSL_set_accept_state(session_.get());
    usable_ = true;
  }
}

IoStatus TlsSession::handshake() {
  if (!usable_) {
    return IoStatus::Closed;
  }
  ERR_clear_error();
  return status_of(SSL_do_handshake(session_.get()));
}

IoResult TlsSession::read(std::span<char> into) {
  if (!usable_) {
    return {};
  }
  ERR_clear_error();
  IoResult result;
  result.status = status_of(SSL_read_ex(session_.get(), into.data(), into.size(), &result.bytes));
  return result;
}

IoResult TlsSession::write(std::string_view bytes) {
  if (!usable_) {
    return {};
  }
  ERR_clear_error();
  IoResult result;
  result.status =
      status_of(SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &result.bytes));
  return result;
}

void TlsSession::say_goodbye() {
  if (usable_ && SSL_is_init_finished(session_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
    ERR_clear_error();
  }
}

IoStatus TlsSession::status_of(int outcome) {
  if (outcome == 1) {
    return IoStatus::Done;
  }
  const int reason = SSL_get_error(session_.get(), outcome);
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
    return IoStatus::WouldBlock;
  }
  // After any other error the session must not be touched again (SSL_get_error(3)); a client's own
  // goodbye still lets us answer it, but it reads nothing any more.
  usable_ = false;
  ERR_clear_error();
  return IoStatus::Closed;
}

}  // namespace leangate::server
