// The same product on the tile unit (AMX-BF16): 32 x 32 of C in four tiles, k by 32.
// TILE_* are the instructions, or a plain C model of them (tier_amx_model.c).

static void K(pack_a_bf16)(const MartletPack *p) {
    size_t padded = (p->columns + 31) / 32 * 32;
    for (size_t first = p->begin; first < p->end; first += 32) {
        size_t count = first + 32 <= p->rows ? 32 : p->rows - first;
        uint16_t *block = (uint16_t *)p->out + first * padded;
        if (count < 32 || p->columns < padded) memset(block, 0, padded * 32 * sizeof *block);
        if (p->column_stride == 1) {
            for (size_t k = 0; k < p->columns; k += 32) {
                size_t run = k + 32 < p->columns ? 32 : p->columns - k;
                for (size_t i = 0; i < count; i++)
                    K(fetch_run)(p, (ptrdiff_t)(first + i) * p->row_stride + (ptrdiff_t)k, run,
                                 block + k * 32 + i * 32);
            }
            continue;
        }
        size_t k = 0;
        // A transpose: 32 x 32 are read by columns of A, which lie together, and turned.
        if (p->row_stride == 1 && count == 32)
            for (; k + 32 <= p->columns; k += 32) {
                uint16_t lines[32 * 32];
                for (size_t j = 0; j < 32; j++)
                    K(fetch_run)(p, (ptrdiff_t)first + (ptrdiff_t)(k + j) * p->column_stride, 32,
                                 lines + j * 32);
                transpose_halves(lines, 32, block + k * 32, 32, 32, 32);
            }
        for (; k < p->columns; k++)
            for (size_t i = 0; i < count; i++)
                block[k / 32 * 1024 + i * 32 + k % 32] = K(fetch)(
                    p, (ptrdiff_t)(first + i) * p->row_stride + (ptrdiff_t)k * p->column_stride);
    }
}

static void K(product_bf16)(const MartletProduct *p) {
    // A tile of a row or two is mostly zeros: generation step by step is the vector unit's, which adds
    // pairs in another order. So it is the whole product that decides, not what one task has of it.
    if (p->a_stride && p->m <= 4) {
        K(vector_product)(p);
        return;
    }
    struct { uint8_t palette, start, reserved[14]; uint16_t bytes[16]; uint8_t rows[16]; }
        __attribute__((packed)) shape = {.palette = 1};
    for (int i = 0; i < 8; i++) { shape.bytes[i] = 64; shape.rows[i] = 16; }
    TILE_CONFIGURE(&shape);
    size_t padded = (p->k + 31) / 32 * 32;
    size_t panel = ((p->b_depth ? p->b_depth : p->k) + 31) / 32 * 32;
    const uint16_t *a = p->a, *b = p->b;
    for (size_t n = p->column_begin; n < p->column_end; n += 32) {
        size_t columns = n + 32 <= p->column_end ? 32 : p->column_end - n;
        for (size_t m = p->row_begin; m < p->row_end; m += 32) {
            size_t rows = m + 32 <= p->row_end ? 32 : p->row_end - m;
            const uint16_t *right = b + n * panel;
            TILE_ZERO(0); TILE_ZERO(1); TILE_ZERO(2); TILE_ZERO(3);
            for (size_t k = 0; k < padded; k += 32, right += 1024) {
                const uint16_t *left = p->a_stride ? a + (ptrdiff_t)m * p->a_stride + (ptrdiff_t)k
                                                   : a + m * padded + k * 32;
                ptrdiff_t pitch = p->a_stride ? p->a_stride * 2 : 64;
                uint16_t edge[1024];
                // Tiles are whole: what sticks out of the rows goes through zeros.
                if (p->a_stride && (rows < 32 || k + 32 > p->k)) {
                    size_t run = k + 32 > p->k ? p->k - k : 32;
                    memset(edge, 0, sizeof edge);
                    for (size_t i = 0; i < rows; i++)
                        memcpy(edge + i * 32, left + (ptrdiff_t)i * p->a_stride, run * 2);
                    left = edge;
                    pitch = 64;
                }
                TILE_LOAD(4, left, pitch);
                TILE_LOAD(6, right, 128);
                TILE_LOAD(7, right + 32, 128);
                TILE_DOT(0, 4, 6);
                TILE_DOT(1, 4, 7);
                if (rows > 16) {
                    TILE_LOAD(5, left + 8 * pitch, pitch);
                    TILE_DOT(2, 5, 6);
                    TILE_DOT(3, 5, 7);
                }
            }
            float values[32 * 32];
            TILE_STORE(0, values, 128); TILE_STORE(1, values + 16, 128);
            TILE_STORE(2, values + 512, 128); TILE_STORE(3, values + 528, 128);
            K(finish_tile)(p, values, m, n, rows, columns);
        }
    }
    TILE_RELEASE();
}
