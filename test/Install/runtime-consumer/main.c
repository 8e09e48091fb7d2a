/* Loads the artefact that it is given, and opens its device. */
#include <kgen_runtime.h>
#include <stdio.h>

int main(int argc, char **argv) {
  kgen_artifact_t *artifact;
  kgen_artifact_info_t info;
  kgen_device_t *device;
  kgen_kernel_t *kernel;
  if (kgen_artifact_load_file(argc > 1 ? argv[1] : "", &artifact) ||
      kgen_artifact_get_info(artifact, &info) ||
      kgen_device_open_for(artifact, NULL, &device) ||
      kgen_kernel_load(device, artifact, &kernel)) {
    fprintf(stderr, "consumer: %s\n", kgen_last_error());
    return 1;
  }
  printf("kgen %s: %s for %s with %u parameters\n", kgen_version(),
         info.kernel_name, info.arch, (unsigned)info.parameter_count);
  kgen_kernel_destroy(kernel);
  kgen_device_close(device);
  kgen_artifact_destroy(artifact);
  return 0;
}
