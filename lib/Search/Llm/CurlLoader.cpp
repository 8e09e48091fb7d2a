//===- CurlLoader.cpp - libcurl found at run time --------------------------===//
//
// Only in self-contained builds (KGEN_STATIC): a static libcurl would bring TLS
// libraries and their certificates' paths with it, and a shared one would keep
// the tools from starting where it is absent. These are the functions of libcurl
// that CurlChatClient.cpp calls, forwarded to the machine's libcurl.so.4.
// Without it curl_global_init fails, and with it the llm proposer, which then
// falls back like for any other fault of its server.
//
//===----------------------------------------------------------------------===//

#include <cstdarg>
#include <cstdint>
#include <curl/curl.h>
#include <dlfcn.h>

namespace {

void *library() {
  static void *const handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  return handle;
}

template <typename Function>
Function *find(const char *name) {
  return library() ? reinterpret_cast<Function *>(dlsym(library(), name))
                   : nullptr;
}

} // namespace

// curl.h wraps these three in type-checking macros.
#undef curl_easy_setopt
#undef curl_easy_getinfo

#define KGEN_FORWARD(result, name, parameters, arguments, absent)              \
  extern "C" result name parameters {                                          \
    static auto *const function = find<result parameters>(#name);              \
    return function ? function arguments : absent;                             \
  }
#define KGEN_FORWARD_VOID(name, parameters, arguments)                         \
  extern "C" void name parameters {                                            \
    static auto *const function = find<void parameters>(#name);                \
    if (function)                                                              \
      function arguments;                                                      \
  }

KGEN_FORWARD(CURLcode, curl_global_init, (long flags), (flags),
             CURLE_FAILED_INIT)
KGEN_FORWARD(CURL *, curl_easy_init, (), (), nullptr)
KGEN_FORWARD_VOID(curl_easy_cleanup, (CURL * handle), (handle))
KGEN_FORWARD(CURLcode, curl_easy_perform, (CURL * handle), (handle),
             CURLE_FAILED_INIT)
KGEN_FORWARD(const char *, curl_easy_strerror, (CURLcode code), (code),
             "libcurl.so.4 is not on this machine")
KGEN_FORWARD(curl_slist *, curl_slist_append,
             (curl_slist * list, const char *text), (list, text), nullptr)
KGEN_FORWARD_VOID(curl_slist_free_all, (curl_slist * list), (list))
KGEN_FORWARD(CURLU *, curl_url, (), (), nullptr)
KGEN_FORWARD_VOID(curl_url_cleanup, (CURLU * handle), (handle))
KGEN_FORWARD(CURLUcode, curl_url_set,
             (CURLU * handle, CURLUPart part, const char *text, unsigned flags),
             (handle, part, text, flags), CURLUE_BAD_HANDLE)
KGEN_FORWARD(CURLUcode, curl_url_get,
             (CURLU * handle, CURLUPart part, char **text, unsigned flags),
             (handle, part, text, flags), CURLUE_BAD_HANDLE)
KGEN_FORWARD_VOID(curl_free, (void *pointer), (pointer))

// Every option's argument is one long, pointer or curl_off_t: one word on the
// x86-64 machines that these builds are for. The enumerators are passed as the
// int that a variadic call promotes them to.
static_assert(sizeof(long) == 8 && sizeof(curl_off_t) == 8);
static_assert(sizeof(CURLoption) == sizeof(int));

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wvarargs" // the enums are as wide as int

extern "C" CURLcode curl_easy_setopt(CURL *handle, CURLoption option, ...) {
  using Function = CURLcode(CURL *, CURLoption, ...);
  static auto *const function = find<Function>("curl_easy_setopt");
  va_list list;
  va_start(list, option);
  void *word = va_arg(list, void *);
  va_end(list);
  return function ? function(handle, option, word) : CURLE_FAILED_INIT;
}

extern "C" CURLcode curl_easy_getinfo(CURL *handle, CURLINFO info, ...) {
  using Function = CURLcode(CURL *, CURLINFO, ...);
  static auto *const function = find<Function>("curl_easy_getinfo");
  va_list list;
  va_start(list, info);
  void *word = va_arg(list, void *);
  va_end(list);
  return function ? function(handle, info, word) : CURLE_FAILED_INIT;
}

#pragma clang diagnostic pop
