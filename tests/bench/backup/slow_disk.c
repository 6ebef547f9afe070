/* Makes a fast disk as slow as an SD card: one thing after the other, DISK_BYTES_S bytes per second, read or written,
 * and FSYNC_US microseconds for each fsync. What is written costs its time at the fsync, as with a page cache;
 * what is read costs it at once.
 *
 *   cc -shared -fPIC -O2 -o slow_disk.so slow_disk.c -ldl -lpthread
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define FDS 65536
/* Reads are added up until they take so long. */
#define READ_US 2000

static _Atomic long written[FDS];
static _Atomic long unpaid;
static double us_per_byte;
static long fsync_us;
/* When the disk has done all that it was asked for. */
static double free_us;
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void setup(void) {
  const char *bytes = getenv("DISK_BYTES_S"), *us = getenv("FSYNC_US");
  us_per_byte = bytes ? 1e6 / atof(bytes) : 0;
  fsync_us = us ? atol(us) : 0;
}

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* Who comes first is served first. */
static void busy(double us) {
  pthread_mutex_lock(&disk);
  double now = now_us();
  free_us = (free_us > now ? free_us : now) + us;
  double wait = free_us - now;
  pthread_mutex_unlock(&disk);
  usleep(wait);
}

static ssize_t wrote(int fd, ssize_t n) {
  if (n > 0 && fd > 2 && fd < FDS) atomic_fetch_add(&written[fd], n);
  return n;
}

static ssize_t have_read(ssize_t n) {
  if (n < 1024) return n;
  long bytes = atomic_fetch_add(&unpaid, n) + n;
  if (bytes * us_per_byte >= READ_US && atomic_compare_exchange_strong(&unpaid, &bytes, 0))
    busy(bytes * us_per_byte);
  return n;
}

static int synced(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  long bytes = fd < FDS ? atomic_exchange(&written[fd], 0) : 0;
  busy(fsync_us + bytes * us_per_byte);
  return real(fd);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *b, size_t n) { REAL(write); return wrote(fd, real(fd, b, n)); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(pwrite); return wrote(fd, real(fd, b, n, o)); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(pwrite64); return wrote(fd, real(fd, b, n, o)); }
ssize_t read(int fd, void *b, size_t n) { REAL(read); return have_read(real(fd, b, n)); }
ssize_t pread(int fd, void *b, size_t n, off_t o) { REAL(pread); return have_read(real(fd, b, n, o)); }
ssize_t pread64(int fd, void *b, size_t n, off64_t o) { REAL(pread64); return have_read(real(fd, b, n, o)); }
int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }
