// A few queries over cached keys and values in blocks of 32 positions: the decode step, which reads
// each key and value once. Blocks are laid out as right operands, so that scores of 32 positions
// and 32 values of the output are each one tile of a product; nothing is summed across lanes.
// Sums run over positions in order.

// Scores of `count` blocks at once: their sums are independent, which hides the latency of each.
// As many as there are registers for.
#define SCORE_BLOCKS (BF16_COLUMNS / 8)
INLINE void K(block_scores)(const int count, const uint16_t *query,
                            const uint16_t *const *key_blocks,
                            const uint16_t *const *value_blocks, size_t pairs, float *scores) {
    F16 s[SCORE_BLOCKS][2];
    for (int b = 0; b < count; b++) s[b][0] = s[b][1] = (F16)0.0f;
    for (size_t k = 0; k < pairs; k++) {
        uint32_t pair;
        memcpy(&pair, query + 2 * k, sizeof pair);
        for (int b = 0; b < count; b++) {
            U16 w[2];
            memcpy(w, key_blocks[b] + 64 * k, sizeof w);
            // Blocks lie far apart: their values are sent for while the keys are read.
            __builtin_prefetch(value_blocks[b] + 64 * k);
            __builtin_prefetch(value_blocks[b] + 64 * k + 32);
            s[b][0] = K(dot_pair)(s[b][0], pair, w[0]);
            s[b][1] = K(dot_pair)(s[b][1], pair, w[1]);
        }
    }
    memcpy(scores, s, (size_t)count * sizeof s[0]);
}

// `count` panels of 32 values each: sums over all positions, divided by the total.
INLINE void K(mix_values)(const int count, const uint16_t *p, const uint16_t *const *value_blocks,
                          size_t blocks, size_t first, size_t width, F16 inverse, uint16_t *out) {
    F16 s[2][2];
    for (int q = 0; q < count; q++) s[q][0] = s[q][1] = (F16)0.0f;
    for (size_t b = 0; b < blocks; b++)
        for (size_t j = 0; j < 16; j++) {
            uint32_t pair;
            memcpy(&pair, p + 32 * b + 2 * j, sizeof pair);
            for (int q = 0; q < count; q++) {
                U16 w[2];
                memcpy(w, value_blocks[b] + 32 * (first + 32 * (size_t)q) + 64 * j, sizeof w);
                s[q][0] = K(dot_pair)(s[q][0], pair, w[0]);
                s[q][1] = K(dot_pair)(s[q][1], pair, w[1]);
            }
        }
    for (int q = 0; q < count; q++)
        for (size_t l = 0; l < 2; l++) {
            size_t at = first + 32 * (size_t)q + 16 * l;
            if (at < width)
                K(store_bf16)(out + at, s[q][l] * inverse, width - at < 16 ? width - at : 16);
        }
}

static void K(attend_bf16)(const uint16_t *query, size_t rows, const uint16_t *const *key_blocks,
                           const uint16_t *const *value_blocks, size_t keys, size_t width,
                           float scale, const float *bias, ptrdiff_t bias_row, float *scores,
                           uint16_t *out) {
    size_t blocks = (keys + 31) / 32;
    uint16_t *p = (uint16_t *)(scores + 32 * blocks);  // probabilities, rounded
    for (size_t r = 0; r < rows; r++, query += width, out += width) {
        size_t b = 0;
        for (; b + SCORE_BLOCKS <= blocks; b += SCORE_BLOCKS)
            K(block_scores)(SCORE_BLOCKS, query, key_blocks + b, value_blocks + b, width / 2, scores + 32 * b);
        for (; b < blocks; b++)
            K(block_scores)(1, query, key_blocks + b, value_blocks + b, width / 2, scores + 32 * b);
        F16 highest = (F16)-INFINITY;
        for (size_t j = 0; j < 32 * blocks; j += 16) {
            F16 v = F16_load(scores + j) * scale;
            if (bias && j < keys)
                v += K(some)(bias + (ptrdiff_t)r * bias_row + j, keys - j);
            v = K(below)(j, keys) ? v : (F16)-INFINITY;
            highest = v > highest ? v : highest;
            F16_store(scores + j, v);
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
        size_t d = 0;
        for (; d + 32 < width; d += 64)
            K(mix_values)(2, p, value_blocks, blocks, d, width, inverse, out);
        if (d < width) K(mix_values)(1, p, value_blocks, blocks, d, width, inverse, out);
    }
}
