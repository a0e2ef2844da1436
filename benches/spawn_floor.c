/* The floor under a process runner: posix_spawn and waitpid in a loop on some threads, nothing else.
 *
 *     spawn_floor JOBS THREADS PROGRAM
 */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;
static atomic_long jobs_left;
static char *program;

static void *work(void *unused) {
    char *argv[] = {program, "1", NULL};
    (void)unused;
    while (atomic_fetch_sub(&jobs_left, 1) > 0) {
        pid_t pid;
        int status;
        int error = posix_spawn(&pid, program, NULL, NULL, argv, environ);
        if (error != 0) {
            fprintf(stderr, "spawn_floor: %s: %s\n", program, strerror(error));
            exit(1);
        }
        if (waitpid(pid, &status, 0) != pid || status != 0) {
            fprintf(stderr, "spawn_floor: %s failed\n", program);
            exit(1);
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    long threads = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
    if (threads < 1 || threads > 1024) {
        fprintf(stderr, "usage: spawn_floor JOBS THREADS PROGRAM\n");
        return 2;
    }
    jobs_left = strtol(argv[1], NULL, 10);
    program = argv[3];
    pthread_t workers[1024];
    for (long i = 0; i < threads; i++)
        if (pthread_create(&workers[i], NULL, work, NULL) != 0) return 1;
    for (long i = 0; i < threads; i++) pthread_join(workers[i], NULL);
    return 0;
}
