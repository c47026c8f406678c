#include "tests/fakes/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "tests/support/catch.h"

namespace leangate::fakes {
namespace {

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& bytes) const {
    REQUIRE(::send(socket_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  std::string receive(std::size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t got = ::recv(socket_, bytes.data(), size, MSG_WAITALL);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

 private:
  int socket_;
};

}  // namespace

TEST_CASE("a scripted server answers as it was told and remembers what it was asked", "[fakes]") {
  ScriptedServer server;
  const std::string answer = http_response(200, "abc", {"X-Test: 1"});
  server.on("/a", answer);
  const Client client{server.port()};

  client.send("POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(client.receive(answer.size()) == answer);
  client.send("GET /other HTTP/1.1\r\n\r\n");
  CHECK(client.receive(12) == "HTTP/1.1 404");

  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].target == "/a?b=c");
  CHECK(requests[0].header("host") == "x");
  CHECK(requests[0].body == "body");
  CHECK(requests[1].connection == requests[0].connection);
  CHECK(server.connections() == 1);
}

TEST_CASE("a scripted server ends while its connections hang", "[fakes]") {
  std::unique_ptr<Client> client;
  {
    ScriptedServer server;
    server.behave([](ScriptedConnection& connection) {
      connection.send("half");
      connection.pause(std::chrono::hours{1});
    });
    client = std::make_unique<Client>(server.port());
    CHECK(client->receive(4) == "half");
  }
  CHECK(client->receive(1).empty());
}

}  // namespace leangate::fakes
