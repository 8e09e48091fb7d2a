//===- HttpServer.cpp - A server on the loopback that misbehaves ----------===//

#include "HttpServer.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kgen::search {
namespace {

int listenOnLoopback(int &port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr *>(&address), size) != 0 ||
      listen(fd, 16) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size) != 0)
    std::abort(); // a machine without a loopback cannot run this test
  port = ntohs(address.sin_port);
  return fd;
}

// Header and body; the body's length is in the header.
std::string readRequest(int fd) {
  std::string text;
  size_t wanted = std::string::npos;
  char buffer[4096];
  while (text.size() < wanted) {
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0)
      break;
    text.append(buffer, static_cast<size_t>(got));
    size_t end = text.find("\r\n\r\n");
    size_t length = text.find("Content-Length: ");
    if (end != std::string::npos && length != std::string::npos)
      wanted = end + 4 + std::strtoul(text.c_str() + length + 16, nullptr, 10);
  }
  return text;
}

} // namespace

CannedResponse respond(int status, const std::string &body,
                       const std::string &headers) {
  return {"HTTP/1.1 " + std::to_string(status) +
              " Canned\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\nConnection: close\r\n" + headers + "\r\n" + body,
          false};
}

CannedResponse complete(const std::string &content) {
  nlohmann::json body{
      {"choices",
       {{{"message", {{"role", "assistant"}, {"content", content}}},
         {"finish_reason", "stop"}}}},
      {"usage", {{"prompt_tokens", 11}, {"completion_tokens", 7}}}};
  return respond(200, body.dump());
}

HttpServer::HttpServer(std::vector<CannedResponse> script)
    : script(std::move(script)) {
  listener = listenOnLoopback(port);
  if (pipe(wake) != 0)
    std::abort();
  thread = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  close(wake[1]);
  thread.join();
  close(wake[0]);
  close(listener);
  for (int fd : hanging)
    close(fd);
}

std::string HttpServer::endpoint() const {
  return "http://127.0.0.1:" + std::to_string(port) + "/v1";
}

std::vector<std::string> HttpServer::requests() {
  std::lock_guard<std::mutex> lock(mutex);
  return seen;
}

void HttpServer::serve() {
  while (true) {
    pollfd events[2] = {{listener, POLLIN, 0}, {wake[0], POLLIN, 0}};
    if (poll(events, 2, -1) < 0 || events[1].revents)
      return;
    int connection = accept(listener, nullptr, nullptr);
    if (connection >= 0)
      answer(connection);
  }
}

void HttpServer::answer(int connection) {
  std::string request = readRequest(connection);
  size_t index;
  {
    std::lock_guard<std::mutex> lock(mutex);
    index = std::min(seen.size(), script.size() - 1);
    seen.push_back(std::move(request));
  }
  const CannedResponse &response = script[index];
  for (size_t sent = 0; sent < response.bytes.size();) {
    ssize_t count = send(connection, response.bytes.data() + sent,
                         response.bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0)
      break;
    sent += static_cast<size_t>(count);
  }
  if (response.hang)
    hanging.push_back(connection);
  else
    close(connection);
}

std::string refusedEndpoint() {
  int port = 0;
  close(listenOnLoopback(port));
  return "http://127.0.0.1:" + std::to_string(port) + "/v1";
}

} // namespace kgen::search
