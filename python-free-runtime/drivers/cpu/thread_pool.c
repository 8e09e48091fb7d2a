/*===- thread_pool.c - Run blocks of a CPU kernel on threads
 * ---------------===*/
#include "thread_pool.h"

#include "internal.h"

#include <pthread.h>
#include <stdlib.h>

enum { SCRATCH_ALIGNMENT = 64 };

/* A grid being run. */
typedef struct {
  kgen_cpu_kernel_t kernel;
  void **arguments;
  int64_t grid[3];
  int64_t block_count;
  atomic_llong next_block;
} job_t;

typedef struct {
  kgen_thread_pool_t *pool;
  pthread_t thread;
  void *scratch;
} worker_t;

struct kgen_thread_pool_t {
  pthread_mutex_t run_lock; /* held by the caller whose grid runs */
  pthread_mutex_t lock;     /* guards what follows */
  pthread_cond_t started;   /* generation or stopping changed */
  pthread_cond_t finished;  /* running became 0 */
  uint64_t generation;      /* counts grids */
  int32_t running;          /* workers not yet done with the current grid */
  bool stopping;
  job_t job;
  uint64_t scratch_bytes; /* each worker's scratch is at least this large */
  int32_t worker_count;   /* workers[0] is the calling thread */
  worker_t workers[];
};

static void run_blocks(job_t *job, void *scratch) {
  int64_t index;
  while ((index = atomic_fetch_add(&job->next_block, 1)) < job->block_count) {
    int64_t rest = index / job->grid[0];
    int64_t block[3] = {index % job->grid[0], rest % job->grid[1],
                        rest / job->grid[1]};
    job->kernel(job->arguments, block, scratch);
  }
}

static void *work(void *argument) {
  worker_t *worker = argument;
  kgen_thread_pool_t *pool = worker->pool;
  uint64_t seen = 0;
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    while (pool->generation == seen && !pool->stopping)
      pthread_cond_wait(&pool->started, &pool->lock);
    if (pool->stopping)
      break;
    seen = pool->generation;
    pthread_mutex_unlock(&pool->lock);
    run_blocks(&pool->job, worker->scratch);
    pthread_mutex_lock(&pool->lock);
    if (--pool->running == 0)
      pthread_cond_signal(&pool->finished);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

kgen_thread_pool_t *kgen_thread_pool_create(int32_t threads) {
  kgen_thread_pool_t *pool =
      calloc(1, sizeof(*pool) + (size_t)threads * sizeof(worker_t));
  if (!pool)
    return NULL;
  pthread_mutex_init(&pool->run_lock, NULL);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->started, NULL);
  pthread_cond_init(&pool->finished, NULL);
  pool->worker_count = 1;
  while (pool->worker_count < threads) {
    worker_t *worker = &pool->workers[pool->worker_count];
    worker->pool = pool;
    if (pthread_create(&worker->thread, NULL, work, worker) != 0)
      break;
    ++pool->worker_count;
  }
  return pool;
}

void kgen_thread_pool_destroy(kgen_thread_pool_t *pool) {
  if (!pool)
    return;
  pthread_mutex_lock(&pool->lock);
  pool->stopping = true;
  pthread_cond_broadcast(&pool->started);
  pthread_mutex_unlock(&pool->lock);
  for (int32_t i = 1; i < pool->worker_count; ++i)
    pthread_join(pool->workers[i].thread, NULL);
  for (int32_t i = 0; i < pool->worker_count; ++i)
    free(pool->workers[i].scratch);
  pthread_cond_destroy(&pool->finished);
  pthread_cond_destroy(&pool->started);
  pthread_mutex_destroy(&pool->lock);
  pthread_mutex_destroy(&pool->run_lock);
  free(pool);
}

/* No worker runs while this is called: run_lock is held. */
static kgen_status_t reserve_scratch(kgen_thread_pool_t *pool, uint64_t bytes) {
  if (bytes <= pool->scratch_bytes)
    return KGEN_STATUS_OK;
  uint64_t rounded =
      (bytes + SCRATCH_ALIGNMENT - 1) / SCRATCH_ALIGNMENT * SCRATCH_ALIGNMENT;
  if (rounded < bytes || rounded > PTRDIFF_MAX)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                     "the kernel needs %llu bytes of scratch per thread",
                     (unsigned long long)bytes);
  pool->scratch_bytes = 0; /* should one of the allocations fail */
  for (int32_t i = 0; i < pool->worker_count; ++i) {
    free(pool->workers[i].scratch);
    pool->workers[i].scratch =
        aligned_alloc(SCRATCH_ALIGNMENT, (size_t)rounded);
    if (!pool->workers[i].scratch)
      return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                       "no host memory for %llu bytes of scratch on each of "
                       "%d threads",
                       (unsigned long long)bytes, pool->worker_count);
  }
  pool->scratch_bytes = bytes;
  return KGEN_STATUS_OK;
}

static void run_on_all(kgen_thread_pool_t *pool) {
  pthread_mutex_lock(&pool->lock);
  ++pool->generation;
  pool->running = pool->worker_count - 1;
  pthread_cond_broadcast(&pool->started);
  pthread_mutex_unlock(&pool->lock);
  run_blocks(&pool->job, pool->workers[0].scratch);
  pthread_mutex_lock(&pool->lock);
  while (pool->running > 0)
    pthread_cond_wait(&pool->finished, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}

kgen_status_t kgen_thread_pool_run(kgen_thread_pool_t *pool,
                                   kgen_cpu_kernel_t kernel, void **arguments,
                                   const int64_t grid[3],
                                   uint64_t scratch_bytes) {
  int64_t blocks;
  if (__builtin_mul_overflow(grid[0], grid[1], &blocks) ||
      __builtin_mul_overflow(blocks, grid[2], &blocks) ||
      blocks > INT64_MAX / 2) /* next_block runs past the end by a few */
    return kgen_fail(KGEN_STATUS_LAUNCH_LIMIT,
                     "the grid %lld x %lld x %lld has more than 2^62 blocks",
                     (long long)grid[0], (long long)grid[1],
                     (long long)grid[2]);
  pthread_mutex_lock(&pool->run_lock);
  kgen_status_t status = reserve_scratch(pool, scratch_bytes);
  if (status == KGEN_STATUS_OK) {
    pool->job.kernel = kernel;
    pool->job.arguments = arguments;
    pool->job.block_count = blocks;
    for (int i = 0; i < 3; ++i)
      pool->job.grid[i] = grid[i];
    atomic_store(&pool->job.next_block, 0);
    if (blocks == 1 || pool->worker_count == 1)
      run_blocks(&pool->job, pool->workers[0].scratch);
    else
      run_on_all(pool);
  }
  pthread_mutex_unlock(&pool->run_lock);
  return status;
}
