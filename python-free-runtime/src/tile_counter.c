/*===- tile_counter.c - What persistent kernels draw their tiles from ------===*\
|*
|* A kernel leaves its counter at 0, so that launches in order share one and
|* nothing is reset between them. Launches that are not in order need different
|* ones: each queue (kgen_queue_t) has its own, and so has each captured launch,
|* because nobody knows when its graph runs. All live until the kernel is
|* unloaded.
|*
\*===----------------------------------------------------------------------===*/
#include "driver.h"

#include <pthread.h>
#include <stdlib.h>

/* Counters that are allocated together: the first when the kernel is loaded,
   then twice as many each time. */
enum { FIRST_SLAB = 32, LARGEST_SLAB = 8192 };

typedef struct slab_t {
  struct slab_t *next;
  void *memory;
  kgen_counter_t counters[];
} slab_t;

/* A row of the table of queues. */
typedef struct {
  uint64_t queue;
  kgen_counter_t *counter; /* NULL: the row is empty */
} row_t;

struct kgen_counter_pool_t {
  pthread_mutex_t lock;
  slab_t *slabs;
  size_t next_slab;     /* counters of the next one */
  kgen_counter_t *free; /* counters that nobody has */
  /* Queues with their counters: open addressing, at most half full. */
  row_t *rows;
  size_t row_capacity; /* a power of two, or 0 */
  size_t row_count;
};

static kgen_status_t no_host_memory(void) {
  return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                   "no host memory for the tile counters of a kernel");
}

/*===-- Counters
 * -----------------------------------------------------------===*/

static void push(kgen_counter_pool_t *pool, kgen_counter_t *counter) {
  counter->next = pool->free;
  pool->free = counter;
}

static kgen_status_t grow(kgen_device_t *device, kgen_counter_pool_t *pool) {
  size_t count = pool->next_slab;
  slab_t *slab = calloc(1, sizeof(*slab) + count * sizeof(slab->counters[0]));
  if (!slab)
    return no_host_memory();
  kgen_status_t status = device->driver->allocate_zeros(
      device, count * KGEN_TILE_COUNTER_STRIDE, &slab->memory);
  if (status != KGEN_STATUS_OK) {
    free(slab);
    return status;
  }
  slab->next = pool->slabs;
  pool->slabs = slab;
  for (size_t i = count; i-- > 0;) {
    slab->counters[i].address =
        (char *)slab->memory + i * KGEN_TILE_COUNTER_STRIDE;
    push(pool, &slab->counters[i]);
  }
  if (pool->next_slab < LARGEST_SLAB)
    pool->next_slab *= 2;
  return KGEN_STATUS_OK;
}

static kgen_status_t pop(kgen_device_t *device, kgen_counter_pool_t *pool,
                         kgen_counter_t **counter) {
  if (!pool->free)
    KGEN_RETURN_IF_ERROR(grow(device, pool));
  *counter = pool->free;
  pool->free = pool->free->next;
  return KGEN_STATUS_OK;
}

/*===-- Queues
 * -------------------------------------------------------------===*/

/* The queue's row, or the empty one where it belongs. */
static row_t *find_row(row_t *rows, size_t capacity, uint64_t queue) {
  /* Ids are mostly successive: spread them (the golden ratio of 2^64). */
  size_t at = (size_t)((queue * 0x9e3779b97f4a7c15ull) >> 32);
  while (rows[at & (capacity - 1)].counter &&
         rows[at & (capacity - 1)].queue != queue)
    ++at;
  return &rows[at & (capacity - 1)];
}

/* Makes room for one more queue. */
static kgen_status_t reserve_row(kgen_counter_pool_t *pool) {
  if (pool->row_count < pool->row_capacity / 2)
    return KGEN_STATUS_OK;
  size_t capacity = pool->row_capacity ? 2 * pool->row_capacity : 8;
  row_t *rows = calloc(capacity, sizeof(*rows));
  if (!rows)
    return no_host_memory();
  for (size_t i = 0; i < pool->row_capacity; ++i)
    if (pool->rows[i].counter)
      *find_row(rows, capacity, pool->rows[i].queue) = pool->rows[i];
  free(pool->rows);
  pool->rows = rows;
  pool->row_capacity = capacity;
  return KGEN_STATUS_OK;
}

static kgen_status_t take_of_queue(kgen_device_t *device,
                                   kgen_counter_pool_t *pool, uint64_t queue,
                                   kgen_counter_t **counter) {
  KGEN_RETURN_IF_ERROR(reserve_row(pool));
  row_t *row = find_row(pool->rows, pool->row_capacity, queue);
  if (!row->counter) {
    KGEN_RETURN_IF_ERROR(pop(device, pool, &row->counter));
    row->queue = queue;
    row->counter->is_captured = false;
    ++pool->row_count;
  }
  *counter = row->counter;
  return KGEN_STATUS_OK;
}

/*===-- Kernels
 * ------------------------------------------------------------===*/

kgen_status_t kgen_counters_create(kgen_device_t *device,
                                   const kgen_artifact_t *artifact,
                                   kgen_counter_pool_t **pool) {
  *pool = NULL;
  if (!artifact->header->tile_counter)
    return KGEN_STATUS_OK;
  kgen_counter_pool_t *created = calloc(1, sizeof(*created));
  if (!created)
    return no_host_memory();
  created->next_slab = FIRST_SLAB;
  kgen_status_t status = grow(device, created);
  if (status != KGEN_STATUS_OK) {
    free(created);
    return status;
  }
  pthread_mutex_init(&created->lock, NULL);
  *pool = created;
  return KGEN_STATUS_OK;
}

void kgen_counters_destroy(kgen_device_t *device, kgen_counter_pool_t *pool) {
  if (!pool)
    return;
  for (slab_t *slab = pool->slabs, *next; slab; slab = next) {
    next = slab->next;
    device->driver->release_zeros(device, slab->memory);
    free(slab);
  }
  pthread_mutex_destroy(&pool->lock);
  free(pool->rows);
  free(pool);
}

kgen_status_t kgen_counter_take(const kgen_kernel_t *kernel, void *stream,
                                kgen_counter_t **counter) {
  kgen_device_t *device = kernel->device;
  kgen_counter_pool_t *pool = kernel->counters;
  kgen_queue_t queue;
  KGEN_RETURN_IF_ERROR(device->driver->find_queue(device, stream, &queue));
  pthread_mutex_lock(&pool->lock);
  kgen_status_t status = queue.is_captured
                             ? pop(device, pool, counter)
                             : take_of_queue(device, pool, queue.id, counter);
  if (status == KGEN_STATUS_OK && queue.is_captured)
    (*counter)->is_captured = true;
  pthread_mutex_unlock(&pool->lock);
  return status;
}

void kgen_counter_return(const kgen_kernel_t *kernel, kgen_counter_t *counter) {
  kgen_counter_pool_t *pool = kernel->counters;
  pthread_mutex_lock(&pool->lock);
  if (counter->is_captured) /* a queue keeps its own */
    push(pool, counter);
  pthread_mutex_unlock(&pool->lock);
}
