/*===- cuda_arch.c - Which code runs on which NVIDIA GPU
 * -------------------===*/
#include "cuda_arch.h"

#include <string.h>

bool cuda_arch_parse(const char *text, cuda_arch_t *arch) {
  if (strncmp(text, "sm_", 3) != 0)
    return false;
  int number = 0, digits = 0;
  for (text += 3; *text >= '0' && *text <= '9' && digits < 4; ++text, ++digits)
    number = number * 10 + (*text - '0');
  if (digits < 2)
    return false;
  arch->major = number / 10;
  arch->minor = number % 10;
  arch->suffix = 0;
  if (*text == 'a' || *text == 'f')
    arch->suffix = *text++;
  return *text == '\0';
}

bool cuda_arch_runs(cuda_arch_t device, cuda_arch_t code, bool is_ptx) {
  if (code.suffix == 'a')
    return device.major == code.major && device.minor == code.minor;
  if (device.major == code.major)
    return device.minor >= code.minor;
  return is_ptx && code.suffix == 0 && device.major > code.major;
}
