// relative_position FILE: runs the artefact of relative_position.mlir on random data and compares one row of each
// head with the definition, O[i] = sum_j softmax_j(q_i . k_j / 8 + i - j) v_j. README.md shows how to build it.
#include <kgen_runtime.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { B = 2, H = 4, S = 300, D = 64, N = B * H * S * D }; // batch and sequence are this program's choice
static float q[N], k[N], v[N], o[N];

static void check(kgen_status_t status) {
  if (status != KGEN_STATUS_OK)
    exit((fprintf(stderr, "relative_position: %s\n", kgen_last_error()), 1));
}

static double expected(int head, int i, int column) {
  double above = 0, below = 0;
  for (int j = 0; j < S; ++j) {
    double s = 0;
    for (int d = 0; d < D; ++d)
      s += (double)q[(head * S + i) * D + d] * k[(head * S + j) * D + d];
    double weight = exp(s / 8 - j); // the row's i is in every score and drops out
    above += weight * v[(head * S + j) * D + column];
    below += weight;
  }
  return above / below;
}

int main(int argc, char **argv) {
  kgen_artifact_t *artifact;
  kgen_device_t *device;
  kgen_kernel_t *kernel;
  check(kgen_artifact_load_file(argc > 1 ? argv[1] : "", &artifact));
  check(kgen_device_open_for(artifact, NULL, &device)); // the first one that can run it: CPU or GPU
  check(kgen_kernel_load(device, artifact, &kernel));

  float *host[4] = {q, k, v, o};
  kgen_argument_t arguments[4];
  for (int p = 0; p < 4; ++p) {
    for (int i = 0; i < N; ++i)
      host[p][i] = (float)rand() / (float)RAND_MAX - 0.5f;
    arguments[p] = kgen_tensor_argument(NULL, KGEN_F32, 4, (int64_t[4]){B, H, S, D});
    check(kgen_buffer_allocate(device, sizeof(q), &arguments[p].data));
    check(kgen_copy_to_device(device, arguments[p].data, host[p], sizeof(q), NULL));
  }
  check(kgen_launch(kernel, arguments, 4, NULL)); // NULL: the default stream
  check(kgen_copy_to_host(device, o, arguments[3].data, sizeof(o), NULL));

  double worst = 0;
  for (int head = 0, i = 0; head < B * H; ++head, i = (i + 41) % S)
    for (int d = 0; d < D; ++d)
      worst = fmax(worst, fabs(o[(head * S + i) * D + d] - expected(head, i, d)));
  printf("relative_position: largest difference from the definition %.1e\n", worst);
  return !(worst <= 1e-4); // a longer program frees its buffers and handles here
}
