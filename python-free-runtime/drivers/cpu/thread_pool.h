/*===- thread_pool.h - Run blocks of a CPU kernel on threads
 * ---------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_CPU_THREAD_POOL_H
#define KGEN_RUNTIME_DRIVERS_CPU_THREAD_POOL_H

#include "kgen_runtime.h"

/* Threads that wait for grids to run. The calling thread works too, so that a
   pool of n starts n-1 threads. */
typedef struct kgen_thread_pool_t kgen_thread_pool_t;

/* threads >= 1. If the system refuses some of them, the pool has fewer. NULL:
   no memory. */
kgen_thread_pool_t *kgen_thread_pool_create(int32_t threads);
void kgen_thread_pool_destroy(kgen_thread_pool_t *pool);

/* Calls `kernel` once for each block of the grid and returns when all are done.
   Threads take the next block, x fastest, as they become free: blocks of causal
   attention differ in cost. Calls from several threads run one after another.
 */
kgen_status_t kgen_thread_pool_run(kgen_thread_pool_t *pool,
                                   kgen_cpu_kernel_t kernel, void **arguments,
                                   const int64_t grid[3],
                                   uint64_t scratch_bytes);

#endif /* KGEN_RUNTIME_DRIVERS_CPU_THREAD_POOL_H */
