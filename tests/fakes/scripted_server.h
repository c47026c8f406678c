// A server that does what a test tells it, byte by byte: half answers, lies, endless headers,
// silence. Real sockets on 127.0.0.1, over TCP or TLS.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/fakes/test_certificates.h"

namespace leangate::fakes {

struct RecordedRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // as long as Content-Length says
  std::string client;  // the common name of the client's certificate, empty when it showed none
  int connection = 0;  // numbered from 1, in the order of acceptance

  // The first header of that (lower-case) name, empty when there is none.
  std::string header(std::string_view name) const;
};

// One accepted connection, seen from its own thread.
class ScriptedConnection {
 public:
  virtual ~ScriptedConnection() = default;

  // Reads and records the next request; false when the client went away or the server stops.
  virtual bool read_request(RecordedRequest& request) = 0;
  // Sends the bytes as they are; false when the client went away or the server stops.
  virtual bool send(std::string_view bytes) = 0;
  // Waits, at most that long; false when the server stops meanwhile.
  virtual bool pause(std::chrono::milliseconds span) = 0;
  // Until the client goes away or the server stops.
  virtual void wait_for_close() = 0;
  // Hands bytes to and fro between the client and 127.0.0.1:PORT until one of them goes away or the
  // server stops: what a proxy does after CONNECT.
  virtual void relay_to(std::uint16_t port) = 0;
};

// "HTTP/1.1 STATUS x", the headers ("Name: value"), Content-Length and the body.
std::string http_response(int status,
                          std::string_view body,
                          const std::vector<std::string>& headers = {});

// Which certificates clients are asked for; without a file, none.
struct ClientCertificates {
  std::string ca_file;
  bool required = true;
};

class ScriptedServer {
 public:
  // Answers one request; false closes the connection.
  using Handler = std::function<bool(const RecordedRequest&, ScriptedConnection&)>;
  // Owns the whole connection, which closes when it returns.
  using Behaviour = std::function<void(ScriptedConnection&)>;

  // Plain TCP, or TLS with these files.
  ScriptedServer();
  explicit ScriptedServer(const CertificateFiles& files, const ClientCertificates& clients = {});
  // Ends every connection, whatever it waits for.
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  // What answers requests whose target, or its part before '?', is `path`. Others get 404.
  void on(const std::string& path, Handler handler);
  // The same with fixed bytes, sent as they are.
  void on(const std::string& path, const std::string& raw_response);
  // Replaces all of the above: the behaviour reads requests itself.
  void behave(Behaviour behaviour);

  std::uint16_t port() const { return port_; }
  // "https://HOST:PORT" or "http://HOST:PORT".
  std::string origin(const std::string& host = "127.0.0.1") const;

  std::vector<RecordedRequest> requests() const;
  // Accepted so far; failed handshakes count.
  int connections() const { return accepted_; }
  // True as soon as that many connections were accepted; false after 10 s.
  bool wait_for_connections(int count) const;
  // True as soon as that many requests were read; false after 10 s.
  bool wait_for_requests(std::size_t count) const;

 private:
  class Connection;
  struct Tls;

  void accept_loop();
  void serve(Connection& connection);
  void dispatch(ScriptedConnection& connection);
  void record(const RecordedRequest& request);

  std::unique_ptr<Tls> tls_;
  int listener_ = -1;
  int stop_event_ = -1;  // readable once the server stops
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, Handler> handlers_;
  Behaviour behaviour_;
  std::vector<RecordedRequest> requests_;
  std::atomic<int> accepted_{0};

  std::list<std::thread> workers_;  // touched by the acceptor, then by the destructor
  std::thread acceptor_;
};

}  // namespace leangate::fakes
