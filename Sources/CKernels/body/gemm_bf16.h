// The matrix product over bfloat16 operands with float32 accumulation.
//
// Layout   k goes in pairs, as the dot-product instructions want them. B: panels of 32 columns,
//          each [k / 2][32][2]. A: panels of BF16_MR rows, each [k / 2][BF16_MR][2], except for
//          the tile unit (AMX), whose A panels are [k / 32][32 rows][32].
// Padding  k to BF16_DEPTH with zeros; denormal operands and results are flushed in every tier,
//          because the instructions do so. They flush partial sums too, which the other tiers keep:
//          a difference of at most k * 2^-126.
// Order    k ascending in one accumulation, whatever range a call computes.

#define BF16_NR 32
static const MartletPanels K(panels_bf16) = {BF16_MR, BF16_NR, BF16_DEPTH};

INLINE uint16_t K(fetch)(const MartletPack *p, ptrdiff_t index) {
    if (p->source_is_bf16) {
        uint16_t x = ((const uint16_t *)p->source)[index];
        return (x & 0x7f80u) == 0 ? x & 0x8000u : x;
    }
    return bf16_from(((const float *)p->source)[index]);
}

// Converts a run of up to 64 consecutive source elements.
INLINE void K(fetch_run)(const MartletPack *p, ptrdiff_t index, size_t count, uint16_t *out) {
    if (p->source_is_bf16) {
        const uint16_t *x = (const uint16_t *)p->source + index;
        for (size_t i = 0; i < count; i++) out[i] = (x[i] & 0x7f80u) == 0 ? x[i] & 0x8000u : x[i];
    } else {
        const float *x = (const float *)p->source + index;
        for (size_t i = 0; i < count; i++) out[i] = bf16_from(x[i]);
    }
}

// Panels [k / 2][panel][2] of `width` lines; `across` steps between lines, `along` within one.
INLINE void K(pack_pairs)(const MartletPack *p, ptrdiff_t across, ptrdiff_t along, size_t width,
                          size_t depth, size_t panel) {
    size_t padded = (depth + BF16_DEPTH - 1) / BF16_DEPTH * BF16_DEPTH;
    for (size_t first = p->begin; first < p->end; first += panel) {
        size_t count = first + panel <= width ? panel : width - first;
        uint16_t *block = (uint16_t *)p->out + first * padded;
        ptrdiff_t corner = (ptrdiff_t)first * across;
        if (count < panel || depth < padded) memset(block, 0, padded * panel * sizeof *block);
        if (across == 1) {
            for (size_t k = 0; k < depth; k += 2) {
                uint16_t even[64], odd[64] = {0}, *line = block + k * panel;
                K(fetch_run)(p, corner + (ptrdiff_t)k * along, count, even);
                if (k + 1 < depth) K(fetch_run)(p, corner + (ptrdiff_t)(k + 1) * along, count, odd);
                for (size_t i = 0; i < count; i++) {
                    line[2 * i] = even[i];
                    line[2 * i + 1] = odd[i];
                }
            }
        } else if (along == 1) {
            for (size_t k = 0; k < depth; k += 32) {
                size_t run = k + 32 < depth ? 32 : depth - k, i = 0;
                if (run == 32)
                    for (; i + 4 <= count; i += 4) {
                        uint16_t rows[4][32];
                        U16 r[4];
                        for (size_t j = 0; j < 4; j++)
                            K(fetch_run)(p, corner + (ptrdiff_t)(i + j) * across + (ptrdiff_t)k, 32,
                                         rows[j]);
                        memcpy(r, rows, sizeof r);
                        transpose_4x16(r[0], r[1], r[2], r[3], (char *)(block + k * panel + 2 * i),
                                       panel * 4);
                    }
                for (; i < count; i++) {
                    uint16_t line[32] = {0};
                    K(fetch_run)(p, corner + (ptrdiff_t)i * across + (ptrdiff_t)k, run, line);
                    uint32_t *out = (uint32_t *)(void *)(block + k * panel) + i;
                    for (size_t j = 0; j < (run + 1) / 2; j++) {
                        uint32_t pair;
                        memcpy(&pair, line + 2 * j, sizeof pair);
                        out[j * panel] = pair;
                    }
                }
            }
        } else {
            for (size_t k = 0; k < depth; k++)
                for (size_t i = 0; i < count; i++)
                    block[(k / 2) * panel * 2 + i * 2 + k % 2] = K(fetch)(
                        p, corner + (ptrdiff_t)i * across + (ptrdiff_t)k * along);
        }
    }
}

static void K(pack_b_bf16)(const MartletPack *p) {
    K(pack_pairs)(p, p->column_stride, p->row_stride, p->columns, p->rows, BF16_NR);
}

// Writes a finished row of a tile: adds what C holds and the bias, flushes denormals.
INLINE F16 K(finish)(F16 v, F16 old, F16 bias) {
    return (F16_abs(v) < 1.17549435e-38f ? (F16)0.0f : v) + old + bias;
}
INLINE void K(finish_row)(const float *values, float *row, size_t columns, bool accumulate,
                          const float *bias) {
    for (size_t j = 0; j < columns; j += 16) {
        size_t rest = columns - j < 16 ? columns - j : 16;
        float old[16] = {0}, add[16] = {0};
        if (accumulate) memcpy(old, row + j, rest * sizeof(float));
        if (bias) memcpy(add, bias + j, rest * sizeof(float));
        F16 v = K(finish)(F16_load(values + j), F16_load(old), F16_load(add));
        memcpy(row + j, &v, rest * sizeof(float));
    }
}
// The same for a full row of 32, in registers.
INLINE void K(finish_full_row)(F16 low, F16 high, float *row, bool accumulate, const float *bias) {
    F16 old[2] = {0, 0}, add[2] = {0, 0};
    if (accumulate) memcpy(old, row, sizeof old);
    if (bias) memcpy(add, bias, sizeof add);
    F16_store(row, K(finish)(low, old[0], add[0]));
    F16_store(row + 16, K(finish)(high, old[1], add[1]));
}

#if BF16_TILES
#include "gemm_bf16_tiles.h"
#else
static void K(pack_a_bf16)(const MartletPack *p) {
    K(pack_pairs)(p, p->row_stride, p->column_stride, p->rows, p->columns, BF16_MR);
}

// Adds to 16 float32 sums the products of 16 pairs with one pair of A.
#if BF16_INSTRUCTION
INLINE F16 K(dot_pair)(F16 sum, uint32_t a, U16 b) {
    return (F16)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32((int)a), (__m512bh)b);
}
#else
INLINE F16 K(dot_pair)(F16 sum, uint32_t a, U16 b) {
    float low = __builtin_bit_cast(float, a << 16);
    float high = __builtin_bit_cast(float, a & 0xffff0000u);
    F16 b_low = __builtin_bit_cast(F16, b << 16), b_high = __builtin_bit_cast(F16, b & 0xffff0000u);
    sum = sum + high * b_high;
    return sum + low * b_low;
}
#endif

INLINE void K(tile_bf16)(const int rows, size_t pairs, const uint32_t *a, const uint32_t *b,
                         float *c, ptrdiff_t stride, size_t valid_rows, size_t columns,
                         bool accumulate, const float *bias) {
    F16 s[BF16_MR][2];
    for (int i = 0; i < rows; i++) s[i][0] = s[i][1] = (F16)0.0f;
    for (size_t k = 0; k < pairs; k++, a += BF16_MR, b += BF16_NR) {
        U16 w[2];
        memcpy(w, b, sizeof w);
        for (int i = 0; i < rows; i++) {
            s[i][0] = K(dot_pair)(s[i][0], a[i], w[0]);
            s[i][1] = K(dot_pair)(s[i][1], a[i], w[1]);
        }
    }
    for (int i = 0; i < rows; i++) {
        if ((size_t)i >= valid_rows) break;
        if (columns == BF16_NR) {
            K(finish_full_row)(s[i][0], s[i][1], c + i * stride, accumulate, bias);
        } else {
            float values[32];
            memcpy(values, s[i], sizeof values);
            K(finish_row)(values, c + i * stride, columns, accumulate, bias);
        }
    }
}

static void K(product_bf16)(const MartletProduct *p) {
    size_t padded = (p->k + BF16_DEPTH - 1) / BF16_DEPTH * BF16_DEPTH, pairs = padded / 2;
    const uint32_t *a = p->a, *b = p->b;
    for (size_t n = p->column_begin; n < p->column_end; n += BF16_NR) {
        size_t columns = n + BF16_NR <= p->column_end ? BF16_NR : p->column_end - n;
        for (size_t m = p->row_begin; m < p->row_end; m += BF16_MR) {
            size_t rows = m + BF16_MR <= p->row_end ? BF16_MR : p->row_end - m;
            float *corner = (float *)p->c + (ptrdiff_t)m * p->c_stride + n;
            const float *bias = p->bias ? (const float *)p->bias + n : NULL;
#define TILE(count) K(tile_bf16)(count, pairs, a + m * pairs, b + n * pairs, corner, p->c_stride, rows, columns, p->accumulate, bias)
            if (rows > BF16_MR / 2) TILE(BF16_MR);
            else if (rows > 2) TILE(BF16_MR / 2);
            else if (rows == 2) TILE(2);
            else TILE(1);
#undef TILE
        }
    }
}
#endif
