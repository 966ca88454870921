// The product of bfloat16 operands on tiers without an instruction for it, for many rows: both operands
// are widened to float32 a block at a time, and the tiles are those of a float32 product.
//
// Layout   a block of A as rows of float32, one of a B panel (half or all of its 32 columns) as
//          [k][NR_F32]; sums of a band of rows and columns as [panel][row][32], all on the stack.
// Order    a tile goes on from the sums it finds, k ascending: the same additions as one accumulation
//          from the first k to the last, so that bits do not depend on which of the kernels runs.

#define WIDE_ROWS 96      // of a band; its block of A stays in the second-level cache
#define WIDE_COLUMNS 512
#define WIDE_DEPTH DEPTH_F32
#define WIDE_STRIDE (WIDE_DEPTH + 16)  // rows do not share their places in the first-level cache

// One k of a tile, whose sums are registers.
INLINE void K(wide_step)(const int rows, const float *a, const float *b, VG_f32 s[][NR_F32 / LANES_F32]) {
    enum { N = NR_F32 / LANES_F32 };
    VG_f32 w[N];
    for (int j = 0; j < N; j++) memcpy(&w[j], b + j * LANES_F32, sizeof w[j]);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < N; j++) s[i][j] += (VG_f32)a[i * WIDE_STRIDE] * w[j];
}

// Asks memory for `step` bytes a step from `ahead` on, which the tiles after the next will read.
INLINE void K(wide_tile)(const int rows, size_t depth, const float *a, const float *b, float *sums,
                         const char *ahead, size_t step) {
    enum { N = NR_F32 / LANES_F32 };
    VG_f32 s[MR_F32][N];
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < N; j++) memcpy(&s[i][j], sums + i * BF16_NR + j * LANES_F32, sizeof s[i][j]);
    // Eight steps at a time: where a neighbour shares the core, it is instructions that are short.
    size_t k = 0;
    for (; k + 8 <= depth; k += 8, a += 8, b += 8 * NR_F32, ahead += 8 * step) {
        __builtin_prefetch(ahead);
        __builtin_prefetch(ahead + 4 * step);
#pragma clang loop unroll(full)
        for (int u = 0; u < 8; u++) K(wide_step)(rows, a + u, b + u * NR_F32, s);
    }
    for (; k < depth; k++, a++, b += NR_F32) K(wide_step)(rows, a, b, s);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < N; j++) {
            VG_f32 v = s[i][j];
            memcpy(sums + i * BF16_NR + j * LANES_F32, &v, sizeof v);
        }
}

// Values [k0, k0 + depth) of a row of A, which stands by itself or in a panel of pairs.
static void K(widen_row)(const MartletProduct *p, size_t row, size_t k0, size_t depth, float *out) {
    if (p->a_stride) {
        const uint16_t *x = (const uint16_t *)p->a + (ptrdiff_t)row * p->a_stride + (ptrdiff_t)k0;
        K(bf16_to_f32)(x, out, depth);
        return;
    }
    size_t inside = row % VECTOR_MR, pairs = (p->k + 1) / 2;
    const uint32_t *x = (const uint32_t *)p->a + (row - inside) * pairs + inside + k0 / 2 * VECTOR_MR;
    for (size_t k = 0; k < depth; k += 2, x += VECTOR_MR) {
        out[k] = __builtin_bit_cast(float, *x << 16);
        out[k + 1] = __builtin_bit_cast(float, *x & 0xffff0000u);
    }
}

// A panel of pairs as rows of float32: its columns in groups of NR_F32, one after the other.
INLINE void K(widen_panel)(const uint32_t *pairs, size_t depth, float *out) {
    typedef uint32_t Pairs __attribute__((ext_vector_type(NR_F32)));
    for (size_t k = 0; k < depth; k += 2, pairs += BF16_NR, out += 2 * NR_F32)
        for (int j = 0; j < BF16_NR; j += NR_F32) {
            Pairs x, low, high;
            memcpy(&x, pairs + j, sizeof x);
            low = x << 16;
            high = x & 0xffff0000u;
            memcpy(out + j * WIDE_DEPTH, &low, sizeof low);
            memcpy(out + j * WIDE_DEPTH + NR_F32, &high, sizeof high);
        }
}

// Functions of their own: several of these loops inlined into one would have their sums in memory.
#define WIDE_TILE(count)                                                                           \
    static __attribute__((noinline)) void K(JOIN(wide_tile, count))(                               \
        size_t depth, const float *a, const float *b, float *sums, const char *ahead, size_t step) { \
        K(wide_tile)(count, depth, a, b, sums, ahead, step);                                       \
    }
WIDE_TILE(1)
WIDE_TILE(2)
WIDE_TILE(3)
WIDE_TILE(4)
#if MR_F32 > 4
WIDE_TILE(5)
WIDE_TILE(6)
#endif
#undef WIDE_TILE

// A band of rows against one group of columns, while `bytes` from `ahead` on are sent for. The rows are
// shared out evenly: a tile of two has too few sums under way to keep the multipliers busy.
INLINE void K(wide_rows)(size_t rows, size_t depth, const float *a, const float *b, float *sums,
                         const char *ahead, size_t bytes) {
    size_t tiles = (rows + MR_F32 - 1) / MR_F32, step = bytes / depth / tiles + 1, count;
    for (size_t i = 0; i < rows; i += count, tiles--, a += count * WIDE_STRIDE, sums += count * BF16_NR,
                ahead += step * depth)
        switch (count = (rows - i + tiles - 1) / tiles) {
        case 1: K(wide_tile_1)(depth, a, b, sums, ahead, step); break;
        case 2: K(wide_tile_2)(depth, a, b, sums, ahead, step); break;
        case 3: K(wide_tile_3)(depth, a, b, sums, ahead, step); break;
        case 4: K(wide_tile_4)(depth, a, b, sums, ahead, step); break;
#if MR_F32 > 4
        case 5: K(wide_tile_5)(depth, a, b, sums, ahead, step); break;
        default: K(wide_tile_6)(depth, a, b, sums, ahead, step);
#endif
        }
}

static void K(wide_product)(const MartletProduct *p) {
    float left[WIDE_ROWS * WIDE_STRIDE], right[WIDE_DEPTH * BF16_NR];
    float sums[WIDE_ROWS * WIDE_COLUMNS];
    size_t k_end = (p->k + 1) / 2 * 2;
    size_t panel = ((p->b_depth ? p->b_depth : p->k) + 1) / 2;  // pairs of a column of B
    for (size_t m0 = p->row_begin; m0 < p->row_end; m0 += WIDE_ROWS) {
        size_t rows = p->row_end - m0 < WIDE_ROWS ? p->row_end - m0 : WIDE_ROWS;
        for (size_t n0 = p->column_begin; n0 < p->column_end; n0 += WIDE_COLUMNS) {
            size_t end = p->column_end - n0 < WIDE_COLUMNS ? p->column_end : n0 + WIDE_COLUMNS;
            size_t panels = (end - n0 + BF16_NR - 1) / BF16_NR;
            memset(sums, 0, panels * rows * BF16_NR * sizeof *sums);
            for (size_t k0 = 0; k0 < k_end; k0 += WIDE_DEPTH) {
                size_t depth = k_end - k0 < WIDE_DEPTH ? k_end - k0 : WIDE_DEPTH;
                for (size_t i = 0; i < rows; i++)
                    K(widen_row)(p, m0 + i, k0, depth, left + i * WIDE_STRIDE);
                for (size_t q = 0; q < panels; q++) {
                    const uint32_t *pairs = (const uint32_t *)p->b + (n0 + q * BF16_NR) * panel;
                    K(widen_panel)(pairs + k0 / 2 * BF16_NR, depth, right);
                    // Meanwhile the same block of the next panel comes from memory.
                    const char *next = (const char *)(pairs + (panel + k0 / 2) * BF16_NR);
                    size_t bytes = depth * NR_F32 * 2;
                    for (size_t j = 0; j < BF16_NR; j += NR_F32, next += bytes)
                        K(wide_rows)(rows, depth, left, right + j * WIDE_DEPTH,
                                     sums + q * rows * BF16_NR + j, next, bytes);
                }
            }
            for (size_t q = 0; q < panels; q++) {
                size_t n = n0 + q * BF16_NR;
                K(finish_tile)(p, sums + q * rows * BF16_NR, m0, n, rows,
                               end - n < BF16_NR ? end - n : BF16_NR);
            }
        }
    }
}
