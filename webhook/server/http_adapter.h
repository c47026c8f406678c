// The door to cpp-httplib: requests that are read in full go in, bytes of answers come out. Nothing
// else of the server knows that library.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "webhook/server/https_server.h"
#include "webhook/server/request_reader.h"

namespace leangate::server {

struct HttpAnswer {
  std::string bytes;
  bool keep_alive = false;
};

class HttpAdapter {
 public:
  HttpAdapter(const ServerOptions& options, ValidateHandler handler);
  ~HttpAdapter();

  // Routes the request, calls the handler where it is one to POST /validate, and writes the answer.
  // Safe from any thread. An answer without bytes: there was no memory for it.
  HttpAnswer respond(HttpRequest request,
                     std::chrono::steady_clock::time_point received,
                     bool keep_alive);

  // From now on no answer keeps its connection, those being made included.
  void drain() { draining_ = true; }

 private:
  class Router;
  std::atomic<bool> draining_{false};
  std::unique_ptr<Router> router_;
};

// The answer to bytes that are no request: the status alone, and the connection closes.
std::string refusal_answer(int status);

}  // namespace leangate::server
