// AMX-BF16: bfloat16 products on the tile unit (Sapphire Rapids and later).
#if defined(__x86_64__)
#include "ckernels.h"
#include <math.h>
#include <string.h>
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512bf16,amx-tile,amx-bf16"))), apply_to = function)
#define TIER amx
#define TIER_ID MartletTierAMX
#define MR_F32 12
#define NR_F32 32
#define LANES_F32 16
#define DEPTH_F32 256
#define F32_ROWS 0
#define BF16_MR 32
#define BF16_COLUMNS 32
#define BF16_DEPTH 32
#define BF16_TILES 1
#define BF16_WIDE 0
#define BF16_INSTRUCTION 1
#define TILE_CONFIGURE(shape) _tile_loadconfig(shape)
#define TILE_RELEASE() _tile_release()
#define TILE_ZERO(t) _tile_zero(t)
#define TILE_LOAD(t, p, stride) _tile_loadd(t, p, stride)
#define TILE_STORE(t, p, stride) _tile_stored(t, p, stride)
#define TILE_DOT(c, a, b) _tile_dpbf16ps(c, a, b)
#include "body/tier.h"
#pragma clang attribute pop
#endif
