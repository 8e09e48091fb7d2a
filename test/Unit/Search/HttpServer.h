//===- HttpServer.h - A server on the loopback that misbehaves on request -===//
#ifndef KGEN_TEST_UNIT_SEARCH_HTTPSERVER_H
#define KGEN_TEST_UNIT_SEARCH_HTTPSERVER_H

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kgen::search {

/// What the server sends to one request, byte for byte.
struct CannedResponse {
  std::string bytes;
  bool hang = false; ///< keeps the connection open after the bytes
};

/// A whole HTTP response with a content length.
CannedResponse respond(int status, const std::string &body,
                       const std::string &headers = "");
/// A chat completion whose message has this content.
CannedResponse complete(const std::string &content);

/// Serves one canned response a connection, in order, the last one for ever.
class HttpServer {
public:
  explicit HttpServer(std::vector<CannedResponse> script);
  ~HttpServer();

  /// "http://127.0.0.1:PORT/v1".
  std::string endpoint() const;
  /// Header and body of each request so far.
  std::vector<std::string> requests();

private:
  void serve();
  void answer(int connection);

  std::vector<CannedResponse> script;
  std::vector<std::string> seen;
  std::vector<int> hanging;
  std::mutex mutex;
  int listener = -1;
  int wake[2] = {-1, -1};
  int port = 0;
  std::thread thread;
};

/// A port of the loopback on which nothing listens.
std::string refusedEndpoint();

} // namespace kgen::search

#endif // KGEN_TEST_UNIT_SEARCH_HTTPSERVER_H
