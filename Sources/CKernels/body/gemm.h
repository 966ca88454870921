// The matrix product C = A B over packed panels, for REAL = float and double.
//
// Layout   A: panels of MR rows, each [k][MR]; B: panels of NR columns, each [k][NR]; zero-padded.
// Loops    k in blocks of DEPTH_BLOCK (a B panel's block stays in the first-level cache), then
//          column panels, then row panels; an MR x NR tile of C lives in registers.
//          On AVX2, A may also be rows as they stand (a_stride), which spares packing it.
// Order    each element adds over k ascending within a block, then block by block: it depends on
//          the shape alone, never on the range a call computes.
// MR, NR and VG (the vector the tier's registers hold) are set per tier by real.h.

INLINE void R(pack_panels)(const REAL *source, ptrdiff_t across, ptrdiff_t along, size_t width,
                           size_t depth, size_t begin, size_t end, size_t panel, REAL *out) {
    for (size_t p = begin; p < end; p += panel) {
        size_t count = p + panel <= width ? panel : width - p;
        REAL *block = out + p * depth;
        const REAL *corner = source + (ptrdiff_t)p * across;
        if (count == panel && across == 1) {
            for (size_t k = 0; k < depth; k++)
                memcpy(block + k * panel, corner + (ptrdiff_t)k * along, panel * sizeof(REAL));
        } else if (along == 1) {
            // Runs of 16 along k keep the strided reads within one line per row.
            if (count < panel) memset(block, 0, depth * panel * sizeof(REAL));
            for (size_t k0 = 0; k0 < depth; k0 += 16) {
                size_t k1 = k0 + 16 < depth ? k0 + 16 : depth, i = 0;
                if (sizeof(REAL) == 4 && k1 - k0 == 16)
                    for (; i + 4 <= count; i += 4) {
                        U16 r[4];
                        for (int j = 0; j < 4; j++)
                            memcpy(&r[j], corner + (ptrdiff_t)(i + (size_t)j) * across + k0, 64);
                        transpose_4x16(r[0], r[1], r[2], r[3], (char *)(block + k0 * panel + i),
                                       panel * sizeof(REAL));
                    }
                for (; i < count; i++) {
                    const REAL *row = corner + (ptrdiff_t)i * across;
                    for (size_t k = k0; k < k1; k++) block[k * panel + i] = row[k];
                }
            }
        } else {
            if (count < panel) memset(block, 0, depth * panel * sizeof(REAL));
            for (size_t k = 0; k < depth; k++)
                for (size_t i = 0; i < count; i++)
                    block[k * panel + i] = corner[(ptrdiff_t)i * across + (ptrdiff_t)k * along];
        }
    }
}

static void R(pack_a)(const MartletPack *p) {
    R(pack_panels)(p->source, p->row_stride, p->column_stride, p->rows, p->columns, p->begin,
                   p->end, MR, p->out);
}
static void R(pack_b)(const MartletPack *p) {
    R(pack_panels)(p->source, p->column_stride, p->row_stride, p->columns, p->rows, p->begin,
                   p->end, NR, p->out);
}

// One k of a tile, whose sums are registers.
INLINE void R(tile_step)(const int rows, const REAL *a, ptrdiff_t across, const REAL *b,
                         VG s[][NR / VG_LANES]) {
    enum { N = NR / VG_LANES };
    VG w[N];
    for (int j = 0; j < N; j++) memcpy(&w[j], b + j * VG_LANES, sizeof(VG));
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < N; j++) s[i][j] += (VG)a[i * across] * w[j];
}

// One tile: `rows` is a compile-time constant at each call, so the accumulators are registers.
// Element k of row i of A stands at `a + i * across + k * step`.
INLINE void R(tile)(const int rows, size_t depth, const REAL *a, ptrdiff_t across,
                    const ptrdiff_t step, const REAL *b, REAL *c, ptrdiff_t stride,
                    size_t valid_rows, size_t valid_columns, bool accumulate,
                    const REAL *bias, const bool sends, const char *ahead, size_t share) {
    enum { N = NR / VG_LANES };
    VG s[MR][N];
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < N; j++) s[i][j] = (VG)(REAL)0;
    // Eight steps at a time: where a neighbour shares the core, it is instructions that are short.
    size_t k = 0;
    for (; k + 8 <= depth; k += 8, a += 8 * step, b += 8 * NR, ahead += share) {
        if (sends) __builtin_prefetch(ahead, 0, 2);
#pragma clang loop unroll(full)
        for (int u = 0; u < 8; u++) R(tile_step)(rows, a + u * step, across, b + u * NR, s);
    }
    for (; k < depth; k++, a += step, b += NR) R(tile_step)(rows, a, across, b, s);
    // Every index into the sums is a constant once the loops are unrolled; otherwise they would live in
    // memory, and the loop above would store each of them each time.
    if (valid_columns == NR && valid_rows >= (size_t)rows) {
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            REAL *row = c + i * stride;
#pragma clang loop unroll(full)
            for (int j = 0; j < N; j++) {
                VG v = s[i][j], old;
                if (accumulate) { memcpy(&old, row + j * VG_LANES, sizeof old); v = old + v; }
                if (bias) { memcpy(&old, bias + j * VG_LANES, sizeof old); v += old; }
                memcpy(row + j * VG_LANES, &v, sizeof v);
            }
        }
        return;
    }
    REAL values[MR * NR];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < N; j++) {
            VG v = s[i][j];
            memcpy(values + i * NR + j * VG_LANES, &v, sizeof v);
        }
    for (size_t i = 0; i < (size_t)rows && i < valid_rows; i++) {
        REAL *row = c + (ptrdiff_t)i * stride;
        for (size_t j = 0; j < valid_columns; j++) {
            REAL v = accumulate ? row[j] + values[i * NR + j] : values[i * NR + j];
            row[j] = bias ? v + bias[j] : v;
        }
    }
}

// Functions of their own: several of these loops inlined into one would have their sums in memory.
#define TILE(name, count, step, sends)                                                             \
    static __attribute__((noinline)) void R(name)(                                                 \
        size_t depth, const REAL *a, ptrdiff_t across, const REAL *b, REAL *c, ptrdiff_t stride,   \
        size_t rows, size_t columns, bool accumulate, const REAL *bias, const char *ahead,         \
        size_t share) {                                                                            \
        R(tile)(count, depth, a, across, step, b, c, stride, rows, columns, accumulate, bias,      \
                sends, ahead, share);                                                              \
    }
TILE(panel_tile, MR, MR, false)
TILE(panel_tile_sending, MR, MR, true)
TILE(panel_tile_of_half, MR / 2, MR, false)
TILE(panel_tile_of_2, 2, MR, false)
TILE(panel_tile_of_1, 1, MR, false)
TILE(row_tile, MR, 1, false)
TILE(row_tile_sending, MR, 1, true)
TILE(row_tile_of_2, 2, 1, false)
TILE(row_tile_of_1, 1, 1, false)
#undef TILE

INLINE void R(rows_product)(const MartletProduct *p, const bool in_panels) {
    const REAL *a = p->a, *b = p->b, *bias = p->bias;
    REAL *c = p->c;
    ptrdiff_t across = in_panels ? 1 : p->a_stride;
    size_t pitch = p->b_depth ? p->b_depth : p->k;
    size_t tiles = (p->row_end - p->row_begin + MR - 1) / MR;
    // Each tile sends for its share of the block of B that is next, unless that follows in memory anyway.
    bool sends = pitch > DEPTH_BLOCK;
    size_t share = 8 * NR * sizeof(REAL) / (tiles ? tiles : 1) + 1;
    for (size_t k0 = 0; k0 < p->k || k0 == 0; k0 += DEPTH_BLOCK) {
        size_t depth = k0 + DEPTH_BLOCK < p->k ? DEPTH_BLOCK : p->k - k0;
        bool accumulate = p->accumulate || k0 > 0, last = k0 + depth >= p->k;
        for (size_t n = p->column_begin; n < p->column_end; n += NR) {
            size_t columns = n + NR <= p->column_end ? NR : p->column_end - n;
            const REAL *panel = b + n * pitch + k0 * NR;
            const char *ahead = (const char *)(panel + NR * pitch);
            for (size_t m = p->row_begin; m < p->row_end; m += MR, ahead += share * (depth / 8)) {
                size_t rows = m + MR <= p->row_end ? MR : p->row_end - m;
                const REAL *left =
                    in_panels ? a + m * p->k + k0 * MR : a + (ptrdiff_t)m * p->a_stride + k0;
                REAL *corner = c + (ptrdiff_t)m * p->c_stride + n;
                const REAL *add = bias && last ? bias + n : NULL;
#define TILE(name) \
    R(name)(depth, left, across, panel, corner, p->c_stride, rows, columns, accumulate, add,       \
            ahead, share)
                // Padding stands behind the rows of a panel.
                if (in_panels && rows > MR / 2 && sends) TILE(panel_tile_sending);
                else if (in_panels && rows > MR / 2) TILE(panel_tile);
                else if (in_panels && rows > 2) TILE(panel_tile_of_half);
                else if (in_panels && rows == 2) TILE(panel_tile_of_2);
                else if (in_panels) TILE(panel_tile_of_1);
                else if (rows == MR && sends) TILE(row_tile_sending);
                else if (rows == MR) TILE(row_tile);
                else
                    while (rows > 0) {
                        size_t now = rows >= 2 ? 2 : 1;
                        if (rows >= 2) TILE(row_tile_of_2); else TILE(row_tile_of_1);
                        rows -= now;
                        left += (ptrdiff_t)now * across;
                        corner += (ptrdiff_t)now * p->c_stride;
                    }
#undef TILE
            }
        }
    }
}

#if F32_ROWS
// Rows that stand a power of two apart fall on the same few places of the first-level cache, and push each
// other and the panel of B out of it. Their copies, a band and a block of k at a time, do not.
INLINE void R(product_of_copied_rows)(const MartletProduct *p) {
    enum { BAND = 96, PITCH = DEPTH_BLOCK + 16 };
    REAL copies[BAND * PITCH];
    for (size_t m = p->row_begin; m < p->row_end; m += BAND) {
        size_t rows = p->row_end - m < BAND ? p->row_end - m : BAND;
        for (size_t k0 = 0; k0 < p->k; k0 += DEPTH_BLOCK) {
            MartletProduct part = *p;
            part.b_depth = p->b_depth ? p->b_depth : p->k;
            part.k = k0 + DEPTH_BLOCK < p->k ? DEPTH_BLOCK : p->k - k0;
            part.a = copies;
            part.a_stride = PITCH;
            part.b = (const REAL *)p->b + k0 * NR;
            part.c = (REAL *)p->c + (ptrdiff_t)m * p->c_stride;
            part.row_begin = 0;
            part.row_end = rows;
            part.accumulate = p->accumulate || k0 > 0;
            part.bias = k0 + part.k < p->k ? NULL : p->bias;
            for (size_t i = 0; i < rows; i++)
                memcpy(copies + i * PITCH, (const REAL *)p->a + (ptrdiff_t)(m + i) * p->a_stride + k0,
                       part.k * sizeof(REAL));
            R(rows_product)(&part, false);
        }
    }
}
#endif

static void R(product)(const MartletProduct *p) {
#if F32_ROWS
    if (p->a_stride && p->a_stride % 512 == 0 && p->k > 0) return R(product_of_copied_rows)(p);
    if (p->a_stride) return R(rows_product)(p, false);
#endif
    R(rows_product)(p, true);
}

// A small product for other kernels' insides, against a right operand packed `b_depth` deep (0: k). The left
// one is packed into `scratch` (m rounded up to MR, times k, elements), unless its rows serve as they stand.
INLINE void R(small_product)(size_t m, size_t n, size_t k, const REAL *a, ptrdiff_t a_row,
                             ptrdiff_t a_column, const REAL *packed_b, size_t b_depth, REAL *c,
                             ptrdiff_t c_stride, bool accumulate, REAL *scratch) {
    bool direct = F32_ROWS && a_column == 1 && a_row > 0;
    if (!direct) R(pack_panels)(a, a_row, a_column, m, k, 0, m, MR, scratch);
    MartletProduct p = {.a = direct ? a : scratch, .b = packed_b, .c = c, .bias = NULL, .m = m,
        .n = n, .k = k, .c_stride = c_stride, .row_begin = 0, .row_end = m, .column_begin = 0,
        .column_end = n, .accumulate = accumulate, .a_stride = direct ? a_row : 0, .b_depth = b_depth};
    R(product)(&p);
}
