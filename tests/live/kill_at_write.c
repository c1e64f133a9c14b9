/* Preloaded into a gateway: kills it at its N-th write below a folder. For kill_at_write.py.

   KILL_FOLDER: the folder; KILL_AT: N, 0 for never; KILL_HOW: "before" it, "torn" (half of its bytes are written) or "after".
   KILL_COUNT: a file that gets, at the process's end, how many there were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long writes;

static int is_below(const char* path) {
    const char* folder = getenv("KILL_FOLDER");
    return folder != NULL && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_file_below(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    return is_below(path);
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

enum how { before, torn, after };

/* Counts one; whether and how it is the last. */
static int is_last(enum how* how) {
    const char* at = getenv("KILL_AT");
    const char* words = getenv("KILL_HOW");
    *how = words == NULL || strcmp(words, "before") == 0 ? before : strcmp(words, "torn") == 0 ? torn : after;
    return atomic_fetch_add(&writes, 1) + 1 == (at == NULL ? 0 : atol(at));
}

__attribute__((destructor)) static void tell(void) {
    const char* path = getenv("KILL_COUNT");
    FILE* out = path == NULL ? NULL : fopen(path, "w");
    if (out == NULL)
        return;
    fprintf(out, "%ld\n", (long)writes);
    fclose(out);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* `half` writes the first half of the bytes, where there are any. */
#define AT_A_WRITE(type, is_counted, half, whole)  \
    enum how how;                                  \
    if (!(is_counted) || !is_last(&how))           \
        return whole;                              \
    if (how == torn)                               \
        (void)!(half);                             \
    if (how == after)                              \
        (void)!(whole);                            \
    die();                                         \
    return (type)-1;

ssize_t write(int file, const void* bytes, size_t size) {
    AT_A_WRITE(ssize_t, is_file_below(file), REAL(write)(file, bytes, size / 2), REAL(write)(file, bytes, size))
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
    AT_A_WRITE(ssize_t, is_file_below(file), REAL(pwrite64)(file, bytes, size / 2, at),
               REAL(pwrite64)(file, bytes, size, at))
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
    AT_A_WRITE(ssize_t, is_file_below(file), REAL(pwrite)(file, bytes, size / 2, at), REAL(pwrite)(file, bytes, size, at))
}

int fsync(int file) { AT_A_WRITE(int, is_file_below(file), 0, REAL(fsync)(file)) }

int fdatasync(int file) { AT_A_WRITE(int, is_file_below(file), 0, REAL(fdatasync)(file)) }

int ftruncate(int file, off_t size) { AT_A_WRITE(int, is_file_below(file), 0, REAL(ftruncate)(file, size)) }

int ftruncate64(int file, off64_t size) { AT_A_WRITE(int, is_file_below(file), 0, REAL(ftruncate64)(file, size)) }

int unlink(const char* path) { AT_A_WRITE(int, is_below(path), 0, REAL(unlink)(path)) }

int rename(const char* from, const char* to) { AT_A_WRITE(int, is_below(to), 0, REAL(rename)(from, to)) }
