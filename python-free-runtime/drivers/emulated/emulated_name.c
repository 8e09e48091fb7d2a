/*===- emulated_name.c - Names of emulated devices
 * -------------------------===*/
#include "emulated_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool emulated_name_parse(const char *text, emulated_name_t *name) {
  static const char option[] = ",seed=";
  size_t length = strcspn(text, ",");
  memset(name, 0, sizeof(*name));
  if (length == 0 || length >= sizeof(name->arch))
    return false;
  memcpy(name->arch, text, length);
  text += length;
  if (*text == '\0')
    return true;
  if (strncmp(text, option, sizeof(option) - 1) != 0)
    return false;
  text += sizeof(option) - 1;
  if (!is_digit(*text)) /* strtoull takes signs and blanks */
    return false;
  char *end;
  errno = 0;
  name->seed = strtoull(text, &end, 10);
  return *end == '\0' && errno == 0;
}
