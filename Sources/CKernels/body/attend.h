// One query over cached keys and values in blocks: the decode step, which reads each key and value
// once and is limited by memory. Sums run over positions in order, whatever the block size.
static void R(attend)(const REAL *query, const REAL *const *key_blocks,
                      const REAL *const *value_blocks, size_t keys, size_t block, size_t width,
                      REAL scale, const REAL *bias, REAL *scores, REAL *out) {
    for (size_t j = 0; j < keys; j++) {
        const REAL *key = key_blocks[j / block] + j % block * width;
        V s = 0;
        size_t i = 0;
        for (; i + LANES <= width; i += LANES) s += VX(load)(query + i) * VX(load)(key + i);
        if (i < width) s += R(partial)(query + i, width - i) * R(partial)(key + i, width - i);
        scores[j] = VX(total)(s) * scale + (bias ? bias[j] : 0);
    }
    REAL total = R(exponentials)(scores, R(row_maximum)(scores, keys), scores, keys);
    REAL factor = (REAL)1 / total;
    for (size_t i = 0; i < width; i += LANES) {
        size_t rest = width - i < LANES ? width - i : LANES;
        V s = 0;
        for (size_t j = 0; j < keys; j++) {
            const REAL *value = value_blocks[j / block] + j % block * width + i;
            s += scores[j] * factor * (rest == LANES ? VX(load)(value) : R(partial)(value, rest));
        }
        R(put)(out + i, s, rest);
    }
}
