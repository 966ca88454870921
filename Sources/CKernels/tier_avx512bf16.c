// AVX-512 with the bfloat16 dot product (Cooper Lake, Zen 4 and later).
#if defined(__x86_64__)
#include "ckernels.h"
#include <math.h>
#include <string.h>
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512bf16"))), apply_to = function)
#define TIER avx512bf16
#define TIER_ID MartletTierAVX512BF16
#define MR_F32 12
#define NR_F32 32
#define LANES_F32 16
#define DEPTH_F32 256
#define F32_ROWS 0
#define BF16_MR 12
#define BF16_COLUMNS 32
#define BF16_DEPTH 2
#define BF16_TILES 0
#define BF16_WIDE 0
#define BF16_INSTRUCTION 1
#include "body/tier.h"
#pragma clang attribute pop
#endif
