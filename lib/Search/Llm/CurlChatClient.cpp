//===- CurlChatClient.cpp - Chat completions over libcurl -----------------===//
//
// The only file that knows curl. The key comes from the environment at each
// request, goes into one header and nowhere else: not into options, records,
// prompts or error texts. Redirects are not followed, so it reaches one host.
//
//===----------------------------------------------------------------------===//

#include "ChatJson.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <curl/curl.h>
#include <memory>
#include <thread>

namespace kgen::search {
namespace {

constexpr const char *kKeyVariable = "KGEN_LLM_API_KEY";
constexpr double kMaxBackoffSeconds = 8;
constexpr long kConnectTimeoutMs = 10000;

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What one HTTP exchange gave.
struct Exchange {
  CURLcode transport = CURLE_OK;
  long status = 0;
  double retryAfterSeconds = 0; ///< asked for by the server; 0: not
  std::string body;
  bool tooLarge = false;
  bool stopped = false;
};

struct Transfer {
  Exchange *exchange;
  size_t maxBytes;
  const std::atomic<bool> *stop;
};

size_t onBody(char *data, size_t size, size_t count, void *user) {
  auto *transfer = static_cast<Transfer *>(user);
  size_t bytes = size * count;
  if (transfer->exchange->body.size() + bytes > transfer->maxBytes) {
    transfer->exchange->tooLarge = true;
    return 0; // aborts the transfer
  }
  transfer->exchange->body.append(data, bytes);
  return bytes;
}

// Called several times a second, also while nothing arrives.
int onProgress(void *user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto *transfer = static_cast<Transfer *>(user);
  if (transfer->stop && transfer->stop->load())
    transfer->exchange->stopped = true;
  return transfer->exchange->stopped ? 1 : 0;
}

bool isRetryable(long status) {
  return status == 408 || status == 409 || status == 425 || status == 429 ||
         status >= 500;
}

std::string replaceAll(std::string text, const std::string &what,
                       const std::string &with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos;
       at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

/// The host of a URL as curl understands it; empty if it is not a URL.
struct Endpoint {
  std::string url;
  bool encrypted = false;
  bool loopback = false;
};

Expected<Endpoint> parseEndpoint(const std::string &base) {
  std::string url = base;
  while (url.ends_with('/'))
    url.pop_back();
  url += "/chat/completions";
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(),
                                                             curl_url_cleanup);
  auto part = [&](CURLUPart which) {
    char *text = nullptr;
    if (curl_url_get(handle.get(), which, &text, 0) != CURLUE_OK)
      return std::string();
    std::string result(text);
    curl_free(text);
    return result;
  };
  if (curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return Error(ErrorCode::LlmNotConfigured, "the endpoint is not a URL");
  // A password in the URL would end up in reports of the command line.
  if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty())
    return Error(ErrorCode::LlmNotConfigured,
                 "the endpoint holds a user name or password; the key belongs "
                 "into KGEN_LLM_API_KEY");
  std::string scheme = part(CURLUPART_SCHEME), host = part(CURLUPART_HOST);
  if (scheme != "http" && scheme != "https")
    return Error(ErrorCode::LlmNotConfigured, "the endpoint has scheme '" +
                                                  scheme +
                                                  "', known are http, "
                                                  "https");
  Endpoint endpoint{url, scheme == "https", false};
  endpoint.loopback =
      host == "localhost" || host == "[::1]" || host.starts_with("127.");
  return endpoint;
}

/// The key, or empty. A line break in it would add headers of its own.
Expected<std::string> readKey(const Endpoint &endpoint) {
  const char *value = std::getenv(kKeyVariable);
  std::string key = value ? value : "";
  for (char c : key)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return Error(ErrorCode::LlmKeyRefused,
                   std::string(kKeyVariable) +
                       " holds a space or a control character");
  if (!key.empty() && !endpoint.encrypted && !endpoint.loopback)
    return Error(ErrorCode::LlmInsecureEndpoint,
                 "the endpoint is http and not on this host");
  return key;
}

class CurlChatClient final : public ChatClient {
public:
  CurlChatClient(const LlmOptions &options, Endpoint endpoint)
      : options(options), endpoint(std::move(endpoint)) {}

  Expected<ChatReply> complete(const ChatRequest &request) override;

private:
  Exchange send(const std::string &body, const std::string &key,
                double limitSeconds, const std::atomic<bool> *stop) const;
  Expected<ChatReply> judge(const Exchange &exchange,
                            const std::string &key) const;
  bool shouldRetry(const Exchange &exchange);

  LlmOptions options;
  Endpoint endpoint;
  TokenLimitKey limitKey = TokenLimitKey::MaxTokens;
};

/// Waits, unless the stop flag is set; false if it is.
bool sleepFor(double seconds, const std::atomic<bool> *stop) {
  for (Clock::time_point start = Clock::now(); secondsSince(start) < seconds;) {
    if (stop && stop->load())
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

Expected<ChatReply> CurlChatClient::complete(const ChatRequest &request) {
  Expected<std::string> key = readKey(endpoint);
  if (!key)
    return key.error();
  const Clock::time_point start = Clock::now();
  double backoff = options.backoffSeconds;
  for (int attempt = 1;; ++attempt) {
    double left = request.limitSeconds - secondsSince(start);
    if (left <= 0)
      return Error(ErrorCode::LlmTimedOut,
                   "no answer in " + std::to_string(request.limitSeconds) +
                       " s, " + std::to_string(attempt - 1) + " requests");
    std::string body =
        encodeChatRequest(request, options.model, options.maxTokens, limitKey);
    Exchange exchange =
        send(body, *key, std::min(left, options.timeoutSeconds), request.stop);
    double wait = std::max(std::min(backoff, kMaxBackoffSeconds),
                           exchange.retryAfterSeconds);
    left = request.limitSeconds - secondsSince(start);
    bool again = attempt < options.maxAttempts && wait < left &&
                 shouldRetry(exchange) && sleepFor(wait, request.stop);
    if (!again) {
      Expected<ChatReply> reply = judge(exchange, *key);
      if (reply)
        reply->attempts = attempt;
      return reply;
    }
    backoff *= 2;
  }
}

bool CurlChatClient::shouldRetry(const Exchange &exchange) {
  if (exchange.stopped || exchange.tooLarge)
    return false;
  if (exchange.transport != CURLE_OK)
    return exchange.transport == CURLE_COULDNT_CONNECT ||
           exchange.transport == CURLE_GOT_NOTHING ||
           exchange.transport == CURLE_RECV_ERROR ||
           exchange.transport == CURLE_PARTIAL_FILE;
  // Newer models take the limit under its newer name only.
  if (exchange.status == 400 && limitKey == TokenLimitKey::MaxTokens &&
      exchange.body.find("max_completion_tokens") != std::string::npos) {
    limitKey = TokenLimitKey::MaxCompletionTokens;
    return true;
  }
  return isRetryable(exchange.status);
}

Expected<ChatReply> CurlChatClient::judge(const Exchange &exchange,
                                          const std::string &key) const {
  if (exchange.stopped)
    return Error(ErrorCode::LlmCancelled, "the request was given up");
  if (exchange.tooLarge)
    return Error(ErrorCode::LlmReplyTooLarge,
                 "the response has more than " +
                     std::to_string(options.maxReplyBytes) + " bytes");
  if (exchange.transport == CURLE_OPERATION_TIMEDOUT)
    return Error(ErrorCode::LlmTimedOut, "the server did not answer in time");
  if (exchange.transport != CURLE_OK)
    return Error(ErrorCode::LlmConnectionFailed,
                 endpoint.url + ": " + curl_easy_strerror(exchange.transport));
  if (exchange.status == 401 || exchange.status == 403)
    return Error(ErrorCode::LlmKeyRefused,
                 "HTTP " + std::to_string(exchange.status) +
                     (key.empty()
                          ? ", and " + std::string(kKeyVariable) + " is not set"
                          : ""));
  auto redacted = [&](std::string text) {
    return key.empty() ? text : replaceAll(std::move(text), key, "<key>");
  };
  if (exchange.status < 200 || exchange.status > 299)
    return Error(ErrorCode::LlmHttpError,
                 "HTTP " + std::to_string(exchange.status) + ": " +
                     redacted(describeErrorBody(redacted(exchange.body))));
  Expected<ChatReply> reply = decodeChatReply(exchange.body);
  if (!reply)
    return Error(reply.error().code(), redacted(reply.error().detail()));
  return reply;
}

struct CurlDeleter {
  void operator()(CURL *handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist *list) const { curl_slist_free_all(list); }
};

void append(std::unique_ptr<curl_slist, CurlDeleter> &list,
            const std::string &line) {
  if (curl_slist *longer = curl_slist_append(list.get(), line.c_str())) {
    (void)list.release();
    list.reset(longer);
  }
}

Exchange CurlChatClient::send(const std::string &body, const std::string &key,
                              double limitSeconds,
                              const std::atomic<bool> *stop) const {
  Exchange exchange;
  std::unique_ptr<CURL, CurlDeleter> handle(curl_easy_init());
  if (!handle) {
    exchange.transport = CURLE_FAILED_INIT;
    return exchange;
  }
  std::unique_ptr<curl_slist, CurlDeleter> headers;
  append(headers, "Content-Type: application/json");
  append(headers, "Expect:"); // no pause for a 100-continue
  if (!key.empty())
    append(headers, "Authorization: Bearer " + key);
  Transfer transfer{&exchange, options.maxReplyBytes, stop};
  CURL *curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, endpoint.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   std::max(1L, static_cast<long>(limitSeconds * 1000)));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, onBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, onProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  exchange.transport = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange.status);
  curl_off_t retryAfter = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retryAfter);
  exchange.retryAfterSeconds =
      static_cast<double>(std::max<curl_off_t>(retryAfter, 0));
  return exchange;
}

} // namespace

Expected<std::unique_ptr<ChatClient>>
makeCurlChatClient(const LlmOptions &options) {
  if (options.endpoint.empty() || options.model.empty())
    return Error(ErrorCode::LlmNotConfigured, options.endpoint.empty()
                                                  ? "no endpoint was given"
                                                  : "no model was given");
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK)
    return Error(ErrorCode::LlmNotConfigured, "libcurl does not start");
  Expected<Endpoint> endpoint = parseEndpoint(options.endpoint);
  if (!endpoint)
    return endpoint.error();
  return std::unique_ptr<ChatClient>(
      std::make_unique<CurlChatClient>(options, *std::move(endpoint)));
}

} // namespace kgen::search
