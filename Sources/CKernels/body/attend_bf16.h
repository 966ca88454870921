// A few queries over cached keys and values in blocks of 32 positions: the decode step, which reads
// each key and value once. Blocks are laid out as right operands, so that scores of 32 positions
// and 32 values of the output are each one tile of a product; nothing is summed across lanes.
// Sums run over positions in order.

static void K(attend_bf16)(const uint16_t *query, size_t rows, const uint16_t *const *key_blocks,
                           const uint16_t *const *value_blocks, size_t keys, size_t width,
                           float scale, float *scores, uint16_t *out) {
    size_t blocks = (keys + 31) / 32;
    uint16_t *p = (uint16_t *)(scores + 32 * blocks);  // probabilities, rounded
    for (size_t r = 0; r < rows; r++, query += width, out += width) {
        F16 highest = (F16)-INFINITY;
        for (size_t b = 0; b < blocks; b++) {
            float *s = scores + 32 * b;
            K(tile_bf16)(1, width / 2, (const char *)query, 4, 0,
                         (const uint32_t *)(const void *)key_blocks[b], s);
            for (size_t j = 0; j < 32; j += 16) {
                F16 v = F16_load(s + j) * scale;
                v = K(below)(32 * b + j, keys) ? v : (F16)-INFINITY;
                highest = v > highest ? v : highest;
                F16_store(s + j, v);
            }
        }
        float top = highest[0];
        for (int l = 1; l < 16; l++) top = highest[l] > top ? highest[l] : top;
        F16 sum = 0;
        for (size_t j = 0; j < 32 * blocks; j += 16) {
            F16 e = F16_exp(F16_load(scores + j) - top);
            sum += e;
            K(store_bf16)(p + j, e, 16);
        }
        F16 inverse = 1.0f / (F16)F16_total(sum);
        for (size_t d = 0; d < width; d += 32) {
            F16 s[2] = {0, 0};
            for (size_t b = 0; b < blocks; b++) {
                const uint32_t *panel = (const uint32_t *)(const void *)value_blocks[b] + d * 16;
                for (size_t j = 0; j < 16; j++) {
                    uint32_t pair;
                    U16 w[2];
                    memcpy(&pair, p + 32 * b + 2 * j, sizeof pair);
                    memcpy(w, panel + 32 * j, sizeof w);
                    s[0] = K(dot_pair)(s[0], pair, w[0]);
                    s[1] = K(dot_pair)(s[1], pair, w[1]);
                }
            }
            for (size_t j = 0; j < 32 && d + j < width; j += 16) {
                size_t rest = width - d - j < 16 ? width - d - j : 16;
                K(store_bf16)(out + d + j, s[j / 16] * inverse, rest);
            }
        }
    }
}
