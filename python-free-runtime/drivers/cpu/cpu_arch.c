/*===- cpu_arch.c - The instruction set level of this machine
--------------===*\
|*
|* The x86-64 levels are those of the System V psABI, section
"Micro-Architecture
|* Levels".
|*
\*===----------------------------------------------------------------------===*/
#include "cpu_arch.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

typedef struct {
  unsigned leaf1_ecx, leaf7_ebx, extended_ecx;
  unsigned long long xcr0; /* register states that the system saves */
} features_t;

static features_t read_features(void) {
  features_t features = {0, 0, 0, 0};
  unsigned eax, ebx, ecx, edx;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
    features.leaf1_ecx = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
    features.leaf7_ebx = ebx;
  if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx))
    features.extended_ecx = ecx;
  if (features.leaf1_ecx & bit_OSXSAVE) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    features.xcr0 = (unsigned long long)high << 32 | low;
  }
  return features;
}

static bool has_all(unsigned long long value, unsigned long long bits) {
  return (value & bits) == bits;
}

static int host_level(void) {
  enum { LAHF = 1 << 0, LZCNT = 1 << 5 };     /* 80000001h ecx */
  enum { YMM_STATE = 0x6, ZMM_STATE = 0xe6 }; /* xcr0 */
  features_t features = read_features();
  if (!has_all(features.leaf1_ecx, bit_CMPXCHG16B | bit_POPCNT | bit_SSE3 |
                                       bit_SSE4_1 | bit_SSE4_2 | bit_SSSE3) ||
      !has_all(features.extended_ecx, LAHF))
    return 1;
  if (!has_all(features.leaf1_ecx,
               bit_AVX | bit_F16C | bit_FMA | bit_MOVBE | bit_OSXSAVE) ||
      !has_all(features.leaf7_ebx, bit_AVX2 | bit_BMI | bit_BMI2) ||
      !has_all(features.extended_ecx, LZCNT) ||
      !has_all(features.xcr0, YMM_STATE))
    return 2;
  if (!has_all(features.leaf7_ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512CD |
                                       bit_AVX512DQ | bit_AVX512VL) ||
      !has_all(features.xcr0, ZMM_STATE))
    return 3;
  return 4;
}

const char *kgen_cpu_host_arch(void) {
  static const char *const names[] = {"x86-64", "x86-64-v2", "x86-64-v3",
                                      "x86-64-v4"};
  return names[host_level() - 1];
}

#elif defined(__aarch64__)
const char *kgen_cpu_host_arch(void) { return "aarch64"; }
#else
#error "name this machine's arch here"
#endif

/* 1 to 4 for the x86-64 levels, 0 for anything else. */
static int level_of(const char *arch) {
  if (strcmp(arch, "x86-64") == 0)
    return 1;
  if (strncmp(arch, "x86-64-v", 8) == 0 && arch[8] >= '2' && arch[8] <= '4' &&
      arch[9] == '\0')
    return arch[8] - '0';
  return 0;
}

bool kgen_cpu_arch_runs(const char *host, const char *arch) {
  if (level_of(arch) > 0)
    return level_of(arch) <= level_of(host);
  return strcmp(host, arch) == 0;
}

void kgen_cpu_description(char *text, size_t size) {
  snprintf(text, size, "CPU");
  FILE *file = fopen("/proc/cpuinfo", "r");
  if (!file)
    return;
  char line[256];
  while (fgets(line, sizeof(line), file)) {
    char *value = strchr(line, ':');
    if (!value || strncmp(line, "model name", 10) != 0)
      continue;
    value[strcspn(value, "\n")] = '\0';
    snprintf(text, size, "%s", value + 2);
    break;
  }
  fclose(file);
}
