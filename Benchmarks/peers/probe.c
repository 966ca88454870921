// What this machine gives at this moment: peak arithmetic by instruction set, and DRAM reads.
//
//     cc -O3 -pthread probe.c -o probe && ./probe [threads]
//
// Prints one JSON object; null where the CPU or the operating system does not offer a thing. Shared
// machines change speed by the minute: probe before and after a measurement, and read a figure as a
// share of the probe's. Each number is the best of several short runs on all threads at once.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { maximum_threads = 256, repeats = 7 };
static const size_t stream_bytes = (size_t)512 << 20;

/// One thing to measure. `body` does `rounds` rounds of `work` units each (flops or bytes).
typedef struct {
    const char *name;
    double work;
    void (*body)(long rounds, int thread);
} Measure;

static int thread_count = 1;
static unsigned char *stream;      // stream_bytes, shared out among the threads
static volatile float float_sink;  // keeps results alive
static volatile uint64_t word_sink;

// MARK: Bodies

#if defined(__x86_64__)

// Twelve independent chains hide a latency of up to six cycles at two instructions a cycle.
#define CHAINS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

__attribute__((target("avx2,fma"))) static void avx2_f32(long rounds, int thread) {
    const __m256 a = _mm256_set1_ps(0.9999f), b = _mm256_set1_ps(1e-5f * (float)thread);
#define START(i) __m256 s##i = _mm256_set1_ps(0.01f * i);
#define STEP(i) s##i = _mm256_fmadd_ps(s##i, a, b);
#define JOIN(i) total = _mm256_add_ps(total, s##i);
    CHAINS(START)
    for (long r = 0; r < rounds; r++) { CHAINS(STEP) }
    __m256 total = _mm256_setzero_ps();
    CHAINS(JOIN)
#undef START
#undef STEP
#undef JOIN
    float_sink = _mm256_cvtss_f32(total);
}

__attribute__((target("avx512f"))) static void avx512_f32(long rounds, int thread) {
    const __m512 a = _mm512_set1_ps(0.9999f), b = _mm512_set1_ps(1e-5f * (float)thread);
#define START(i) __m512 s##i = _mm512_set1_ps(0.01f * i);
#define STEP(i) s##i = _mm512_fmadd_ps(s##i, a, b);
#define JOIN(i) total = _mm512_add_ps(total, s##i);
    CHAINS(START)
    for (long r = 0; r < rounds; r++) { CHAINS(STEP) }
    __m512 total = _mm512_setzero_ps();
    CHAINS(JOIN)
#undef STEP
#undef JOIN
    float_sink = _mm512_cvtss_f32(total);
}

__attribute__((target("avx512f,avx512bf16"))) static void avx512_bf16(long rounds, int thread) {
    const __m512bh a = (__m512bh)_mm512_set1_epi16(0x3f80);  // 1.0 in every lane
    const __m512bh b = (__m512bh)_mm512_set1_epi16((short)(0x3a00 + thread));
#define STEP(i) s##i = _mm512_dpbf16_ps(s##i, a, b);
#define JOIN(i) total = _mm512_add_ps(total, s##i);
    CHAINS(START)
    for (long r = 0; r < rounds; r++) { CHAINS(STEP) }
    __m512 total = _mm512_setzero_ps();
    CHAINS(JOIN)
#undef START
#undef STEP
#undef JOIN
    float_sink = _mm512_cvtss_f32(total);
}

typedef struct {
    uint8_t palette, first_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} __attribute__((aligned(64))) TileShape;
_Static_assert(sizeof(TileShape) == 64, "the size LDTILECFG reads");

// Two by two tiles of results, as a matrix product has them: four loads feed four products.
__attribute__((target("amx-tile,amx-bf16"))) static void amx_bf16(long rounds, int thread) {
    static uint16_t operands[4][512] __attribute__((aligned(64)));
    TileShape shape;
    memset(&shape, 0, sizeof shape);
    shape.palette = 1;
    for (int t = 0; t < 8; t++) {
        shape.row_bytes[t] = 64;
        shape.rows[t] = 16;
    }
    _tile_loadconfig(&shape);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (long r = 0; r < rounds; r++) {
        _tile_loadd(4, operands[0], 64);
        _tile_loadd(6, operands[2], 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(5, operands[1], 64);
        _tile_dpbf16ps(1, 5, 6);
        _tile_loadd(7, operands[3], 64);
        _tile_dpbf16ps(2, 4, 7);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
    (void)thread;
}

__attribute__((target("avx2"))) static void read_avx2(long rounds, int thread) {
    const size_t share = stream_bytes / (size_t)thread_count / 256 * 256;
    const __m256i *from = (const __m256i *)(stream + share * (size_t)thread);
    __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
    for (long r = 0; r < rounds; r++) {
        for (size_t i = 0; i < share / 32; i += 8) {
            s0 = _mm256_add_epi64(s0, _mm256_xor_si256(from[i], from[i + 1]));
            s1 = _mm256_add_epi64(s1, _mm256_xor_si256(from[i + 2], from[i + 3]));
            s2 = _mm256_add_epi64(s2, _mm256_xor_si256(from[i + 4], from[i + 5]));
            s3 = _mm256_add_epi64(s3, _mm256_xor_si256(from[i + 6], from[i + 7]));
        }
    }
    s0 = _mm256_add_epi64(_mm256_add_epi64(s0, s1), _mm256_add_epi64(s2, s3));
    word_sink = (uint64_t)_mm256_extract_epi64(s0, 0);
}

#endif

static void read_plain(long rounds, int thread) {
    const size_t share = stream_bytes / (size_t)thread_count / 256 * 256;
    const uint64_t *from = (const uint64_t *)(stream + share * (size_t)thread);
    uint64_t sum[8] = {0};
    for (long r = 0; r < rounds; r++) {
        for (size_t i = 0; i < share / 8; i += 8) {
            for (int j = 0; j < 8; j++) { sum[j] += from[i + (size_t)j]; }
        }
    }
    for (int j = 0; j < 8; j++) { word_sink = word_sink + sum[j]; }
}

// MARK: What there is

#if defined(__x86_64__)

static int has_avx512_bf16(void) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__builtin_cpu_supports("avx512f")) { return 0; }
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 5 & 1);
}

static int has_amx_bf16(void) {
#if defined(__linux__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) { return 0; }
    if (!(d >> 22 & 1) || !(d >> 24 & 1)) { return 0; }
    const long request_permission = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return 0;
#endif
}

#endif

static void print_cpu_name(void) {
    char name[49] = "unknown";
#if defined(__x86_64__)
    unsigned words[12];
    for (unsigned leaf = 0; leaf < 3; leaf++) {
        unsigned *w = words + 4 * leaf;
        if (!__get_cpuid(0x80000002u + leaf, w, w + 1, w + 2, w + 3)) { break; }
        if (leaf == 2) { memcpy(name, words, 48); }
    }
#endif
    size_t end = strlen(name);
    while (end > 0 && name[end - 1] == ' ') { name[--end] = 0; }
    putchar('"');
    for (const char *c = name; *c; c++) {
        if (*c >= ' ' && *c <= '~' && *c != '"' && *c != '\\') { putchar(*c); }
    }
    putchar('"');
}

// MARK: Timing

typedef struct {
    const Measure *measure;
    long rounds;
    int thread;
    atomic_int *waiting;  // threads that have not yet arrived, then 0: all start together
} Job;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *work(void *argument) {
    const Job *job = argument;
    atomic_fetch_sub(job->waiting, 1);
    while (atomic_load(job->waiting) > 0) { sched_yield(); }
    job->measure->body(job->rounds, job->thread);
    return NULL;
}

/// Seconds that all threads together take for `rounds` rounds each.
static double timed(const Measure *measure, long rounds) {
    pthread_t threads[maximum_threads];
    Job jobs[maximum_threads];
    atomic_int waiting = thread_count + 1;
    for (int i = 0; i < thread_count; i++) {
        jobs[i] = (Job){measure, rounds, i, &waiting};
        if (pthread_create(&threads[i], NULL, work, &jobs[i]) != 0) {
            fprintf(stderr, "probe: cannot start a thread\n");
            exit(1);
        }
    }
    while (atomic_load(&waiting) > 1) { sched_yield(); }
    const double start = now();  // before the last arrival: nobody has begun
    atomic_fetch_sub(&waiting, 1);
    for (int i = 0; i < thread_count; i++) { pthread_join(threads[i], NULL); }
    return now() - start;
}

/// Prints `, "name": figure`, in 10^9 units a second.
static void report(const Measure *measure, int available) {
    printf(", \"%s\": ", measure->name);
    if (!available) {
        printf("null");
        return;
    }
    long rounds = 1;
    while (timed(measure, rounds) < 0.05 && rounds < 1L << 40) { rounds *= 2; }
    double best = 0;
    for (int i = 0; i < repeats; i++) {
        const double rate = measure->work * (double)rounds * thread_count / timed(measure, rounds);
        if (rate > best) { best = rate; }
    }
    printf("%.1f", best / 1e9);
    fflush(stdout);
}

int main(int argc, char **argv) {
    thread_count = argc > 1 ? atoi(argv[1]) : 2;
    if (argc > 2 || thread_count < 1 || thread_count > maximum_threads) {
        fprintf(stderr, "usage: probe [threads, 1 to %d]\n", maximum_threads);
        return 2;
    }
    stream = mmap(NULL, stream_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (stream == MAP_FAILED) {
        fprintf(stderr, "probe: no memory for the read test\n");
        return 1;
    }
#if defined(MADV_HUGEPAGE)
    madvise(stream, stream_bytes, MADV_HUGEPAGE);
#endif
    memset(stream, 1, stream_bytes);
    const double share = (double)(stream_bytes / (size_t)thread_count / 256 * 256);

    printf("{\"cpu\": ");
    print_cpu_name();
    printf(", \"threads\": %d", thread_count);
#if defined(__x86_64__)
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    report(&(Measure){"avx2_f32_gflops", 12 * 8 * 2, avx2_f32}, avx2);
    report(&(Measure){"avx512_f32_gflops", 12 * 16 * 2, avx512_f32},
           __builtin_cpu_supports("avx512f"));
    report(&(Measure){"avx512bf16_gflops", 12 * 32 * 2, avx512_bf16}, has_avx512_bf16());
    report(&(Measure){"amx_bf16_gflops", 4 * 16 * 16 * 32 * 2, amx_bf16}, has_amx_bf16());
    report(&(Measure){"dram_read_gb_per_s", share, avx2 ? read_avx2 : read_plain}, 1);
#else
    printf(", \"avx2_f32_gflops\": null, \"avx512_f32_gflops\": null");
    printf(", \"avx512bf16_gflops\": null, \"amx_bf16_gflops\": null");
    report(&(Measure){"dram_read_gb_per_s", share, read_plain}, 1);
#endif
    printf("}\n");
    return 0;
}
