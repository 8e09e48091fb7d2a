// hello_attention FILE [SCALE]: runs an attention artefact (Q, K, V -> O; f32
// or bf16) on random data; with SCALE, checks O = softmax(SCALE * Q K^T) V.
#include <kgen_runtime.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void check(kgen_status_t status) {
  if (status != KGEN_STATUS_OK)
    exit((fprintf(stderr, "hello_attention: %s\n", kgen_last_error()), 1));
}
static float get(const char *data, size_t width, int64_t i) {
  float value = 0; // bf16 is the upper half of f32
  memcpy((char *)&value + 4 - width, data + (size_t)i * width, width);
  return value;
}
int main(int argc, char **argv) {
  kgen_artifact_t *artifact;
  kgen_device_t *device;
  kgen_kernel_t *kernel;
  check(kgen_artifact_load_file(argc > 1 ? argv[1] : "", &artifact));
  check(kgen_device_open_for(artifact, NULL, &device));
  check(kgen_kernel_load(device, artifact, &kernel));
  kgen_argument_t args[4];
  size_t width = 0, bytes[4];
  char *host[4];
  for (size_t p = 0; p < 4; ++p) {
    const kgen_artifact_parameter_t *it = kgen_artifact_get_parameter(artifact, p);
    if (!it || it->rank != 4 || it->element_type == KGEN_F16)
      return fprintf(stderr, "hello_attention: not Q, K, V, O of rank 4\n"), 1;
    int64_t sizes[4]; // batch, heads, sequence, head dimension
    bytes[p] = width = kgen_element_size(it->element_type);
    for (int d = 0; d < 4; bytes[p] *= (size_t)sizes[d++])
      sizes[d] = it->dimensions[d].size < 0 ? (d ? 100 : 2) : it->dimensions[d].size;
    host[p] = malloc(bytes[p]);
    for (size_t i = 0; i < bytes[p] / width; ++i) {
      float value = (float)rand() / (float)RAND_MAX - 0.5f;
      memcpy(host[p] + i * width, (char *)&value + 4 - width, width);
    }
    args[p] = kgen_tensor_argument(NULL, it->element_type, 4, sizes);
    check(kgen_buffer_allocate(device, bytes[p], &args[p].data));
    check(kgen_copy_to_device(device, args[p].data, host[p], bytes[p], NULL));
  }
  check(kgen_launch(kernel, args, 4, NULL)); // NULL: the default stream
  check(kgen_copy_to_host(device, host[3], args[3].data, bytes[3], NULL));
  int64_t skv = args[1].sizes[2], dqk = args[0].sizes[3], dv = args[3].sizes[3];
  for (int64_t c = 0; c < 4 && c < dv; ++c) { // the first row of the first head
    double sum = 0, o = 0, have = get(host[3], width, c);
    for (int64_t j = 0; j < skv; ++j) {
      double s = 0;
      for (int64_t d = 0; d < dqk; ++d)
        s += get(host[0], width, d) * get(host[1], width, j * dqk + d);
      double p = exp(s * (argc > 2 ? atof(argv[2]) : 1));
      sum += p, o += p * get(host[2], width, j * dv + c);
    }
    printf("O[0,0,0,%d] = %f\n", (int)c, have);
    if (argc > 2 && !(fabs(have - o / sum) <= 1e-2))
      return fprintf(stderr, "hello_attention: expected %f\n", o / sum), 1;
  }
  return 0; // a longer program would free its buffers and handles here
}
