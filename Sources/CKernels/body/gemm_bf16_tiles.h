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
        } else {
            for (size_t k = 0; k < p->columns; k++)
                for (size_t i = 0; i < count; i++)
                    block[k / 32 * 1024 + i * 32 + k % 32] = K(fetch)(
                        p, (ptrdiff_t)(first + i) * p->row_stride + (ptrdiff_t)k * p->column_stride);
        }
    }
}

static void K(product_bf16)(const MartletProduct *p) {
    struct { uint8_t palette, start, reserved[14]; uint16_t bytes[16]; uint8_t rows[16]; }
        __attribute__((packed)) shape = {.palette = 1};
    for (int i = 0; i < 8; i++) { shape.bytes[i] = 64; shape.rows[i] = 16; }
    TILE_CONFIGURE(&shape);
    size_t padded = (p->k + 31) / 32 * 32;
    const uint16_t *a = p->a, *b = p->b;
    for (size_t n = p->column_begin; n < p->column_end; n += 32) {
        size_t columns = n + 32 <= p->column_end ? 32 : p->column_end - n;
        for (size_t m = p->row_begin; m < p->row_end; m += 32) {
            size_t rows = m + 32 <= p->row_end ? 32 : p->row_end - m;
            const uint16_t *left = a + m * padded, *right = b + n * padded;
            TILE_ZERO(0); TILE_ZERO(1); TILE_ZERO(2); TILE_ZERO(3);
            for (size_t k = 0; k < padded; k += 32, left += 1024, right += 1024) {
                TILE_LOAD(4, left, 64);
                TILE_LOAD(6, right, 128);
                TILE_LOAD(7, right + 32, 128);
                TILE_DOT(0, 4, 6);
                TILE_DOT(1, 4, 7);
                if (rows > 16) {
                    TILE_LOAD(5, left + 512, 64);
                    TILE_DOT(2, 5, 6);
                    TILE_DOT(3, 5, 7);
                }
            }
            float values[32 * 32];
            TILE_STORE(0, values, 128); TILE_STORE(1, values + 16, 128);
            TILE_STORE(2, values + 512, 128); TILE_STORE(3, values + 528, 128);
            const float *bias = p->bias ? (const float *)p->bias + n : NULL;
            for (size_t i = 0; i < rows; i++) {
                float *row = (float *)p->c + (ptrdiff_t)(m + i) * p->c_stride + n;
                const float *v = values + i * 32;
                if (columns == 32)
                    K(finish_full_row)(F16_load(v), F16_load(v + 16), row, p->accumulate, bias);
                else K(finish_row)(v, row, columns, p->accumulate, bias);
            }
        }
    }
    TILE_RELEASE();
}
