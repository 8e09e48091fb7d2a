/*===- status.c - Names, sentences and the last error
 * ----------------------===*/
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

#ifndef KGEN_RUNTIME_VERSION
#error "KGEN_RUNTIME_VERSION comes from the build"
#endif

typedef struct {
  kgen_status_t status;
  const char *name;
  const char *sentence;
} status_text_t;

/* The same words as ErrorCodes.def of the compiler; a test compares them. */
static const status_text_t texts[] = {
    {KGEN_STATUS_OK, "Ok", "nothing to do"},
#define KGEN_STATUS_TEXT(status, name, sentence) {status, name, sentence},
#include "status_texts.def"
};

static const status_text_t *find_text(kgen_status_t status) {
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i)
    if (texts[i].status == status)
      return &texts[i];
  return NULL;
}

const char *kgen_version(void) { return KGEN_RUNTIME_VERSION; }

const char *kgen_status_name(kgen_status_t status) {
  const status_text_t *text = find_text(status);
  return text ? text->name : "Unknown";
}

const char *kgen_status_sentence(kgen_status_t status) {
  const status_text_t *text = find_text(status);
  return text ? text->sentence : "this number is no status of the runtime";
}

static _Thread_local char last_error[KGEN_ERROR_TEXT_SIZE];

const char *kgen_last_error(void) { return last_error; }

kgen_status_t kgen_fail(kgen_status_t status, const char *format, ...) {
  /* Arguments may point into last_error, so the new text is made aside. */
  char detail[3072];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(detail, sizeof(detail), format, arguments);
  va_end(arguments);
  snprintf(last_error, sizeof(last_error), "[KG%d] %s: %s", (int)status, detail,
           kgen_status_sentence(status));
  return status;
}

void kgen_restore_error(const char *text) {
  snprintf(last_error, sizeof(last_error), "%s", text);
}
