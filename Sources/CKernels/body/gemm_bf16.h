// The matrix product over bfloat16 operands with float32 accumulation.
//
// Layout   k goes in pairs, as the dot-product instructions want them. B: panels of 32 columns,
//          each [k / 2][32][2]. A: panels of BF16_MR rows, each [k / 2][BF16_MR][2], except for
//          the tile unit (AMX), whose A panels are [k / 32][32 rows][32].
// Padding  k to BF16_DEPTH with zeros. Denormal operands and results are flushed, because the
//          instructions do so; they flush partial sums too, which the other tiers keep, a
//          difference of at most k * 2^-126. Rows taken as they stand are not flushed where no
//          instruction does it.
// Order    k ascending in one accumulation, depending on the shape alone.

#define BF16_NR 32

// Up to 16 values; the other lanes are zero.
INLINE F16 K(some)(const float *p, size_t n) {
    F16 v = 0;
    if (n >= 16) memcpy(&v, p, sizeof v); else memcpy(&v, p, n * sizeof *p);
    return v;
}
// GPT-2's GELU as x sigmoid(2 inner(x)): the same function with one exponential and one quotient.
INLINE F16 K(gelu_gate)(F16 v) {
    return 1.0f / (1.0f + F16_exp(-1.5957691216057308f * (v + 0.044715f * v * v * v)));
}
// The activations a product can end with.
INLINE F16 K(activation)(MartletUnary op, F16 v) {
    switch (op) {
    case MartletRelu: return v < 0.0f ? (F16)0.0f : v;
    case MartletSilu: return v * F(sigmoid_of)(v);
    case MartletGelu: return F(gelu_of)(v);
    case MartletGeluTanh: return v * K(gelu_gate)(v);
    default: return v;
    }
}
// The same, and its derivative at v.
INLINE F16 K(activation_and_slope)(MartletUnary op, F16 v, F16 *slope) {
    switch (op) {
    case MartletRelu: *slope = v > 0.0f ? (F16)1.0f : (F16)0.0f; break;
    case MartletSilu: {
        F16 s = F(sigmoid_of)(v);
        *slope = s + v * s * (1.0f - s);
        return v * s;
    }
    case MartletGelu: *slope = F(gelu_slope)(v); break;
    case MartletGeluTanh: {
        F16 s = K(gelu_gate)(v), inner = 1.0f + 0.134145f * v * v;
        // Far out the gate is 0 or 1, and the product of its distance with v * inner would be 0 x inf.
        F16 bend = v * s * (1.0f - s) * (1.5957691216057308f * inner);
        *slope = s + (F16_abs(v) > 16.0f ? (F16)0.0f : bend);
        return v * s;
    }
    default: *slope = (F16)1.0f;
    }
    return K(activation)(op, v);
}

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
        K(f32_to_bf16)((const float *)p->source + index, out, count);
    }
}

// Two lines of `count` bfloat16 values side by side: pairs of one value from each.
INLINE void K(interleave)(const uint16_t *even, const uint16_t *odd, size_t count, uint16_t *out) {
    for (size_t i = 0; i < count; i += 16) {
        size_t n = count - i < 16 ? count - i : 16;
        H16 e = 0, o = 0;
        memcpy(&e, even + i, n * sizeof *even);
        memcpy(&o, odd + i, n * sizeof *odd);
        U16 low = __builtin_convertvector(e, U16), high = __builtin_convertvector(o, U16);
#if !BF16_INSTRUCTION  // the instructions flush denormal operands themselves
        low = (low & 0x7f80u) == 0u ? low & 0x8000u : low;
        high = (high & 0x7f80u) == 0u ? high & 0x8000u : high;
#endif
        U16 pairs = low | high << 16;
        memcpy(out + 2 * i, &pairs, n * 4);
    }
}

// Two lines of float32, `along` apart, as pairs of bfloat16; the second is zeros where there is `one`.
INLINE void K(narrow_pair)(const float *x, ptrdiff_t along, bool one, size_t count, uint16_t *out) {
    uint16_t even[64], odd[64] = {0};
    K(f32_to_bf16)(x, even, count);
    if (!one) K(f32_to_bf16)(x + along, odd, count);
    K(interleave)(even, odd, count, out);
}

// Panels [k / 2][panel][2] of `width` lines; `across` steps between lines, `along` within one.
INLINE void K(pack_pairs)(const MartletPack *p, ptrdiff_t across, ptrdiff_t along, size_t width,
                          size_t depth, const size_t panel) {
    size_t padded = (depth + BF16_DEPTH - 1) / BF16_DEPTH * BF16_DEPTH;
    for (size_t first = p->begin; first < p->end; first += panel) {
        size_t count = first + panel <= width ? panel : width - first;
        uint16_t *block = (uint16_t *)p->out + first * padded;
        ptrdiff_t corner = (ptrdiff_t)first * across;
        if (count < panel || depth < padded) memset(block, 0, padded * panel * sizeof *block);
        if (across == 1 && p->source_is_bf16) {
            const uint16_t *x = (const uint16_t *)p->source + corner, zeros[64] = {0};
            for (size_t k = 0; k < depth; k += 2, x += 2 * along) {
                const uint16_t *odd = k + 1 < depth ? x + along : zeros;
                if (count == panel) K(interleave)(x, odd, panel, block + k * panel);
                else K(interleave)(x, odd, count, block + k * panel);
            }
        } else if (across == 1) {
            // A constant width where it is one, or every vector asks for its end.
            const float *x = (const float *)p->source + corner;
            for (size_t k = 0; k < depth; k += 2, x += 2 * along)
                if (count == panel) K(narrow_pair)(x, along, k + 1 == depth, panel, block + k * panel);
                else K(narrow_pair)(x, along, k + 1 == depth, count, block + k * panel);
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

// Finishes a tile whose sums stand in `values`, rows of 32: flushes denormals, adds what C holds
// and the bias, and does what MartletFinish asks. (m, n) is the tile's corner in C.
INLINE void K(finish_columns)(const MartletProduct *product, const float *values, size_t m, size_t n,
                              size_t rows, size_t columns) {
    // Copies, which no store can change: they are read once.
    const MartletProduct own = *product, *p = &own;
    const MartletFinish asked = p->finish ? *p->finish : (MartletFinish){0};
    const MartletFinish *f = p->finish ? &asked : NULL;
    const float *bias = p->bias ? (const float *)p->bias + n : NULL;
    for (size_t i = 0; i < rows; i++) {
        ptrdiff_t row = (ptrdiff_t)(m + i), at = row * p->c_stride + (ptrdiff_t)n;
        for (size_t j = 0; j < columns; j += 16) {
            size_t rest = columns - j < 16 ? columns - j : 16;
            F16 v = F16_load(values + i * 32 + j);
#if !BF16_INSTRUCTION  // the instructions flush denormal sums themselves
            v = F16_abs(v) < 1.17549435e-38f ? (F16)0.0f : v;
#endif
            if (p->accumulate) v += K(some)((const float *)p->c + at + j, rest);
            if (bias) v += K(some)(bias + j, rest);
            if (f) {
                if (f->slopes) {
                    F16 slope;
                    v = K(activation_and_slope)((MartletUnary)f->activation, v, &slope);
                    K(store_bf16)(f->slopes + row * f->slopes_stride + (ptrdiff_t)(n + j), slope, rest);
                } else if (f->activation >= 0) {
                    v = K(activation)((MartletUnary)f->activation, v);
                }
                if (f->residual)
                    v += K(some)(f->residual + row * f->residual_stride + (ptrdiff_t)(n + j), rest);
                if (f->c_is_bf16) {
                    K(store_bf16)((uint16_t *)p->c + at + j, v, rest);
                    continue;
                }
            }
            if (rest == 16) F16_store((float *)p->c + at + j, v);
            else memcpy((float *)p->c + at + j, &v, rest * sizeof(float));
        }
    }
}
static void K(finish_tile)(const MartletProduct *p, const float *values, size_t m, size_t n,
                           size_t rows, size_t columns) {
    // A constant width spares the common case every question about its end.
    if (columns == BF16_NR) K(finish_columns)(p, values, m, n, rows, BF16_NR);
    else K(finish_columns)(p, values, m, n, rows, columns);
}

// Rows a tile of the vector unit computes: the tile unit's tier has it for a few rows only.
#if BF16_TILES
#define VECTOR_MR 8
#else
#define VECTOR_MR BF16_MR
#endif

// Adds to 16 float32 sums the products of 16 pairs with one pair of A.
#if BF16_INSTRUCTION
INLINE F16 K(dot_pair)(F16 sum, uint32_t a, U16 b) {
    return (F16)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32((int)a), (__m512bh)b);
}
#else
INLINE F16 K(dot_pair)(F16 sum, uint32_t a, U16 b) {
    U16 pairs = (U16)0u + a;  // taken apart as a vector: registers of numbers are far from those
    F16 low = __builtin_bit_cast(F16, pairs << 16);
    F16 high = __builtin_bit_cast(F16, pairs & 0xffff0000u);
    F16 b_low = __builtin_bit_cast(F16, b << 16), b_high = __builtin_bit_cast(F16, b & 0xffff0000u);
    sum = sum + low * b_low;
    return sum + high * b_high;
}
#endif

// `rows`, `panels`, `sums` (vectors of a row, 2 for all of a panel's columns) and `step` are constants at
// each call, so that the sums are registers: pair k of row i stands `k * step + i * across` bytes into
// `a`; panels of B are `next` pairs apart. Row i of panel q comes to stand at
// `values + (q * rows + i) * 32`.
INLINE void K(tile_bf16)(const int rows, const int panels, const int sums, size_t pairs,
                         const char *a, ptrdiff_t step, ptrdiff_t across, const uint32_t *b,
                         size_t next, float *values) {
    F16 s[4][VECTOR_MR][2];
    for (int q = 0; q < panels; q++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < sums; j++) s[q][i][j] = (F16)0.0f;
    for (size_t k = 0; k < pairs; k++, a += step, b += BF16_NR) {
        for (int q = 0; q < panels; q++) {
            U16 w[2];
            for (int j = 0; j < sums; j++) memcpy(&w[j], b + (size_t)q * next + 16 * j, sizeof w[j]);
            for (int i = 0; i < rows; i++) {
                uint32_t pair;
                memcpy(&pair, a + i * across, sizeof pair);
                for (int j = 0; j < sums; j++) s[q][i][j] = K(dot_pair)(s[q][i][j], pair, w[j]);
            }
        }
    }
    // Constant indices, or the sums would live in memory.
#pragma clang loop unroll(full)
    for (int q = 0; q < panels; q++)
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
            for (int j = 0; j < sums; j++)
                F16_store(values + (q * rows + i) * BF16_NR + j * 16, s[q][i][j]);
}

// Whole panels, in several passes where a tile's row has fewer sums.
INLINE void K(panel_bf16)(const int rows, size_t pairs, const char *a, ptrdiff_t step,
                          ptrdiff_t across, const uint32_t *b, float *values) {
    for (int j = 0; j < BF16_NR; j += BF16_COLUMNS)
        K(tile_bf16)(rows, 1, BF16_COLUMNS / 16, pairs, a, step, across, b + j, 0, values + j);
}

// One row, as generation has it, is a matter of memory: several panels at a time keep more of it on
// its way, as many as there are registers for. Returns the first column that is left.
static size_t K(single_row)(const MartletProduct *p, size_t pairs, size_t panel) {
    enum { PANELS = BF16_COLUMNS / 8 };
    const char *left = (const char *)p->a + (ptrdiff_t)p->row_begin * p->a_stride * 2;
    size_t n = p->column_begin;
    for (; n + PANELS * BF16_NR <= p->column_end; n += PANELS * BF16_NR) {
        float values[PANELS * BF16_NR];
        K(tile_bf16)(1, PANELS, 2, pairs, left, 4, 0, (const uint32_t *)p->b + n * panel,
                     BF16_NR * panel, values);
        for (size_t q = 0; q < PANELS; q++)
            K(finish_tile)(p, values + q * BF16_NR, p->row_begin, n + q * BF16_NR, 1, BF16_NR);
    }
    return n;
}

static void K(vector_product)(const MartletProduct *p) {
    size_t pairs = (p->k + 1) / 2;
    size_t depth = (p->b_depth ? p->b_depth : p->k) + BF16_DEPTH - 1;
    size_t panel = depth / BF16_DEPTH * BF16_DEPTH / 2;  // pairs of a column of B
    const char *a = p->a;
    float values[VECTOR_MR * BF16_NR];
    size_t n = p->column_begin;
    if (p->a_stride && p->row_end - p->row_begin == 1) n = K(single_row)(p, pairs, panel);
    for (; n < p->column_end; n += BF16_NR) {
        size_t columns = n + BF16_NR <= p->column_end ? BF16_NR : p->column_end - n;
        const uint32_t *right = (const uint32_t *)p->b + n * panel;
        for (size_t m = p->row_begin; m < p->row_end;) {
            size_t inside = (m - p->row_begin) % VECTOR_MR, rows = VECTOR_MR - inside;
            if (p->row_end - m < rows) rows = p->row_end - m;
            const char *left = p->a_stride ? a + (ptrdiff_t)m * p->a_stride * 2
                                           : a + ((m - inside) * pairs + inside) * 4;
#define TILE(count) \
    rows = count; \
    if (p->a_stride) K(panel_bf16)(count, pairs, left, 4, p->a_stride * 2, right, values); \
    else K(panel_bf16)(count, pairs, left, 4 * VECTOR_MR, 4, right, values)
            if (rows == VECTOR_MR) { TILE(VECTOR_MR); }
#if VECTOR_MR > 8
            else if (rows >= 8) { TILE(8); }
#endif
#if VECTOR_MR > 4
            else if (rows >= 4) { TILE(4); }
#endif
#if VECTOR_MR == 4
            else if (rows == 3) { TILE(3); }
#endif
            else if (rows >= 2) { TILE(2); }
            else { TILE(1); }
#undef TILE
            K(finish_tile)(p, values, m, n, rows, columns);
            m += rows;
        }
    }
}

#if BF16_TILES
#include "gemm_bf16_tiles.h"
#else
static void K(pack_a_bf16)(const MartletPack *p) {
    K(pack_pairs)(p, p->row_stride, p->column_stride, p->rows, p->columns, BF16_MR);
}
#if BF16_WIDE
#include "gemm_bf16_wide.h"
#endif
static void K(product_bf16)(const MartletProduct *p) {
#if BF16_WIDE
    // Widening pays from some rows on.
    if (p->row_end - p->row_begin >= 24) return K(wide_product)(p);
#endif
    K(vector_product)(p);
}
#endif
