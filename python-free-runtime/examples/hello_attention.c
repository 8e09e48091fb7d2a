// hello_attention FILE [SCALE]: runs an attention artefact (f32 or bf16) on
// random Q, K, V; with SCALE, checks a row of O = softmax(SCALE * Q K^T) V.
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
  kgen_argument_t args[4]; // Q, K, V, O: batch, heads, sequence, head dimension
  size_t size[4], w = 0;
  char *host[4];
  for (size_t p = 0; p < 4; ++p) {
    const kgen_artifact_parameter_t *it =
        kgen_artifact_get_parameter(artifact, p);
    if (!it || it->rank != 4 || it->element_type == KGEN_F16)
      return fprintf(stderr, "hello_attention: not Q, K, V, O of rank 4\n"), 1;
    args[p] = kgen_tensor_argument(NULL, it->element_type, 4, (int64_t[4]){0});
    size[p] = w = kgen_element_size(it->element_type);
    for (int d = 0; d < 4; size[p] *= (size_t)args[p].sizes[d++])
      if ((args[p].sizes[d] = it->dimensions[d].size) == KGEN_DYNAMIC_SIZE)
        args[p].sizes[d] = d == 0 ? 2 : 100;
    host[p] = malloc(size[p]);
    for (size_t i = 0; i < size[p]; i += w) {
      float value = (float)rand() / (float)RAND_MAX - 0.5f;
      memcpy(host[p] + i, (char *)&value + 4 - w, w);
    }
    check(kgen_buffer_allocate(device, size[p], &args[p].data));
    check(kgen_copy_to_device(device, args[p].data, host[p], size[p], NULL));
  }
  check(kgen_launch(kernel, args, 4, NULL)); // NULL: the default stream
  check(kgen_copy_to_host(device, host[3], args[3].data, size[3], NULL));
  int64_t dqk = args[0].sizes[3], dv = args[3].sizes[3], wrong = 0;
  for (int64_t c = 0; c < 4 && c < dv; ++c) { // the first row of the first head
    double sum = 0, o = 0, scale = argc > 2 ? atof(argv[2]) : 1, s;
    for (int64_t j = 0; j < args[1].sizes[2]; ++j, sum += s) {
      for (int64_t d = s = 0; d < dqk; ++d)
        s += scale * get(host[0], w, d) * get(host[1], w, j * dqk + d);
      o += (s = exp(s)) * get(host[2], w, j * dv + c);
    }
    printf("O[0,0,0,%d] = %f, ", (int)c, get(host[3], w, c));
    printf("plain attention: %f\n", o / sum);
    wrong |= argc > 2 && !(fabs(get(host[3], w, c) - o / sum) <= 1e-2);
  }
  return (int)wrong; // a longer program frees its buffers and handles here
}
