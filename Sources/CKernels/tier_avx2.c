// AVX2 with fused multiply-add: most servers and laptops since 2013.
#if defined(__x86_64__)
#include "ckernels.h"
#include <math.h>
#include <string.h>
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define TIER avx2
#define TIER_ID MartletTierAVX2
#define MR_F32 6
#define NR_F32 16
#define LANES_F32 8
#define DEPTH_F32 384
#define F32_ROWS 1
#define BF16_MR 4
#define BF16_COLUMNS 16
#define BF16_DEPTH 2
#define BF16_TILES 0
#define BF16_WIDE 1
#define BF16_INSTRUCTION 0
#include "body/tier.h"
#pragma clang attribute pop
#endif
