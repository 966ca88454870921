// Which tiers this processor and operating system run, and the table of each.
#define _GNU_SOURCE
#include "ckernels.h"
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#endif

extern const MartletKernels martlet_kernels_scalar, martlet_kernels_tile_model;
#if defined(__x86_64__)
extern const MartletKernels martlet_kernels_avx2, martlet_kernels_avx512,
    martlet_kernels_avx512bf16, martlet_kernels_amx;

// Linux hands out the tile registers (8 KiB of state a thread) only to those who ask.
static bool amx_permitted(void) {
#if defined(MARTLET_EMULATED_AMX)  // Tools/amx_emulator.c answers for the processor
    return true;
#elif defined(__linux__)
    enum { kRequestPermission = 0x1023, kTileData = 18 };
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
    return false;
#endif
}

static bool amx_present(void) {
#if defined(MARTLET_EMULATED_AMX)
    return true;
#endif
    unsigned a = 7, b = 0, c = 0, d = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (d >> 22 & 1) && (d >> 24 & 1);  // AMX-BF16, AMX-TILE
}
#endif

bool martlet_tier_supported(MartletTier tier) {
#if defined(__x86_64__)
    // The compiler's check includes XCR0: that the operating system saves the registers.
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    bool bf16 = avx512 && __builtin_cpu_supports("avx512bf16");
    switch (tier) {
    case MartletTierScalar: return true;
    case MartletTierAVX2: return avx2;
    case MartletTierAVX512: return avx512;
    case MartletTierAVX512BF16: return bf16;
    case MartletTierAMX: return bf16 && amx_present() && amx_permitted();
    }
    return false;
#else
    return tier == MartletTierScalar;
#endif
}

MartletTier martlet_best_tier(void) {
    for (int tier = MartletTierAMX; tier > MartletTierScalar; tier--)
        if (martlet_tier_supported((MartletTier)tier)) return (MartletTier)tier;
    return MartletTierScalar;
}

const MartletKernels *martlet_kernels(MartletTier tier) {
#if defined(__x86_64__)
    switch (tier) {
    case MartletTierScalar: break;
    case MartletTierAVX2: return &martlet_kernels_avx2;
    case MartletTierAVX512: return &martlet_kernels_avx512;
    case MartletTierAVX512BF16: return &martlet_kernels_avx512bf16;
    case MartletTierAMX: return &martlet_kernels_amx;
    }
#else
    (void)tier;
#endif
    return &martlet_kernels_scalar;
}

const MartletKernels *martlet_kernels_amx_model(void) { return &martlet_kernels_tile_model; }

int martlet_processor_count(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}

size_t martlet_attention_scratch(size_t group, size_t queries, size_t keys, size_t width) {
    (void)group;
    (void)queries;
    size_t pitch = (keys + 63) / 64 * 64, wide = (width + 63) / 64 * 64;
    // Packed keys and values, two blocks of scores (rows 16 longer than the keys), the right operands, and
    // the left operand, whose rows (64, or the keys) are padded to a panel: 80 covers 64 in panels of up to 16.
    return 2 * pitch * wide + 2 * 64 * (pitch + 16) + wide * (pitch + 64) + 80 * (pitch + wide + 64);
}

size_t martlet_attention_bf16_scratch(size_t keys, size_t width) {
    // What attention_buffers (body/attention_bf16.h) carves up: ROWS 64, KEYS 256.
    size_t deep = (width + 63) / 64 * 64, pitch = (keys + 255) / 256 * 256;
    size_t matrix = deep * pitch, block = 64 * deep, scores = 64 * 256;
    return 4 * (2 * matrix + 2 * scores + block) + 2 * (3 * matrix + 4 * block + 3 * scores);
}

void martlet_copy_strided(const void *source, ptrdiff_t row_stride, ptrdiff_t column_stride,
                          void *out, size_t rows, size_t columns, size_t width) {
    if (column_stride == 1) {
        for (size_t r = 0; r < rows; r++)
            memcpy((char *)out + r * columns * width,
                   (const char *)source + (ptrdiff_t)r * row_stride * (ptrdiff_t)width,
                   columns * width);
        return;
    }
    // Blocks of 16 x 16 keep both sides of a transpose in the first-level cache.
#define COPY(TYPE) do { \
        const TYPE *from = source; TYPE *to = out; \
        for (size_t r0 = 0; r0 < rows; r0 += 16) \
            for (size_t c0 = 0; c0 < columns; c0 += 16) \
                for (size_t r = r0; r < rows && r < r0 + 16; r++) \
                    for (size_t c = c0; c < columns && c < c0 + 16; c++) \
                        to[r * columns + c] = from[(ptrdiff_t)r * row_stride + (ptrdiff_t)c * column_stride]; \
    } while (0)
    switch (width) {
    case 1: COPY(uint8_t); break;
    case 2: COPY(uint16_t); break;
    case 4: COPY(uint32_t); break;
    default: COPY(uint64_t); break;
    }
#undef COPY
}
