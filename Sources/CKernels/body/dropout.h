// Dropout (Srivastava et al. 2014), inverted: kept values are scaled up. The mask is not stored;
// the backward pass draws the same words again.
static void R(dropout)(const REAL *x, REAL *y, size_t n, uint64_t key, uint64_t offset,
                       uint32_t threshold, REAL scale) {
    uint32_t words[64];
    for (size_t i = 0; i < n; i += 64) {
        size_t rest = n - i < 64 ? n - i : 64;
        K(random_words)(key, offset + i, words, 64);
        for (size_t j = 0; j < rest; j++) y[i + j] = words[j] >= threshold ? x[i + j] * scale : 0;
    }
}
