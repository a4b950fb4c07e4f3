/* Notes in a log, in order, what a process writes below one folder and what of it it makes durable.

   Loaded before the C library (LD_PRELOAD). POWER_LOSS_ROOT is the folder, POWER_LOSS_LOG the log. A record is a head of
   24 bytes (kind, length of the path, offset, length of the data; little-endian), the path and the data. Written to the
   log after the call it is about succeeded. Memory that is mapped (SQLite's -shm) is not seen: it is no part of what a
   disk keeps. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE = 2, SYNC = 3, UNLINK = 4 };

struct head {
    uint32_t kind, path;
    uint64_t offset, data;
};

static int log_fd = -1;
static const char *root;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("POWER_LOSS_LOG");
    root = getenv("POWER_LOSS_ROOT");
    if (path && root) log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(uint32_t kind, const char *path, uint64_t offset, const void *data, uint64_t length) {
    struct head head = {kind, (uint32_t)strlen(path), offset, data ? length : 0};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)data, head.data}};
    if (writev(log_fd, parts, 3) < 0) abort();
}

/* Whether a path is the folder or lies in it. */
static int is_below(const char *path) {
    size_t length = strlen(root);
    return strncmp(path, root, length) == 0 && (path[length] == 0 || path[length] == '/');
}

/* The same of an open file, and its path. */
static int is_watched(int fd, char *path, size_t size) {
    char link[64];
    int before = errno;
    ssize_t length;
    if (log_fd < 0 || fd == log_fd) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, size - 1);
    errno = before;
    if (length <= 0) return 0;
    path[length] = 0;
    return is_below(path);
}

#define REAL(name, type, arguments) \
    static type(*real) arguments;   \
    if (!real) real = (type(*) arguments)dlsym(RTLD_NEXT, name)

#define WATCHED(fd)                                  \
    char path[4096];                                 \
    int watched = is_watched(fd, path, sizeof path); \
    if (watched) pthread_mutex_lock(&order)

#define DONE                                      \
    if (watched) pthread_mutex_unlock(&order);    \
    return done

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    REAL("pwrite64", ssize_t, (int, const void *, size_t, off64_t));
    WATCHED(fd);
    ssize_t done = real(fd, data, length, offset);
    if (watched && done > 0) note(WRITE, path, (uint64_t)offset, data, (uint64_t)done);
    DONE;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

ssize_t write(int fd, const void *data, size_t length) {
    REAL("write", ssize_t, (int, const void *, size_t));
    WATCHED(fd);
    ssize_t done = real(fd, data, length);
    if (watched && done > 0) note(WRITE, path, (uint64_t)lseek(fd, 0, SEEK_CUR) - (uint64_t)done, data, (uint64_t)done);
    DONE;
}

int ftruncate64(int fd, off64_t length) {
    REAL("ftruncate64", int, (int, off64_t));
    WATCHED(fd);
    int done = real(fd, length);
    if (watched && done == 0) note(TRUNCATE, path, (uint64_t)length, NULL, 0);
    DONE;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fsync(int fd) {
    REAL("fsync", int, (int));
    WATCHED(fd);
    int done = real(fd);
    if (watched && done == 0) note(SYNC, path, 0, NULL, 0);
    DONE;
}

int fdatasync(int fd) {
    REAL("fdatasync", int, (int));
    WATCHED(fd);
    int done = real(fd);
    if (watched && done == 0) note(SYNC, path, 0, NULL, 0);
    DONE;
}

int unlink(const char *name) {
    REAL("unlink", int, (const char *));
    int done = real(name);
    if (log_fd >= 0 && done == 0 && is_below(name)) note(UNLINK, name, 0, NULL, 0);
    return done;
}
