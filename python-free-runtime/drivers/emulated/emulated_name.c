/*===- emulated_name.c - Names of emulated devices
 * -------------------------===*/
#include "emulated_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Reads `option` and its number at *text; false if it is another one. */
static bool take_number(const char **text, const char *option,
                        uint64_t *number) {
  size_t length = strlen(option);
  if (strncmp(*text, option, length) != 0 ||
      !is_digit((*text)[length])) /* strtoull takes signs and blanks */
    return false;
  char *end;
  errno = 0;
  *number = strtoull(*text + length, &end, 10);
  *text = end;
  return errno == 0;
}

bool emulated_name_parse(const char *text, emulated_name_t *name) {
  size_t length = strcspn(text, ",");
  memset(name, 0, sizeof(*name));
  if (length == 0 || length >= sizeof(name->arch))
    return false;
  memcpy(name->arch, text, length);
  text += length;
  if (strncmp(text, ",processors=", 12) == 0 &&
      (!take_number(&text, ",processors=", &name->processors) ||
       name->processors == 0 || name->processors > EMULATED_MAX_PROCESSORS))
    return false;
  if (*text != '\0' && !take_number(&text, ",seed=", &name->seed))
    return false;
  return *text == '\0';
}

void emulated_name_write(const emulated_name_t *name, char *text, size_t size) {
  char processors[32] = "", seed[32] = "";
  if (name->processors)
    snprintf(processors, sizeof(processors), ",processors=%llu",
             (unsigned long long)name->processors);
  if (name->seed)
    snprintf(seed, sizeof(seed), ",seed=%llu", (unsigned long long)name->seed);
  snprintf(text, size, "%s%s%s", name->arch, processors, seed);
}
