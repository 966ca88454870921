// Sums and maxima of a row, and sums over rows. Four accumulators hide the latency of the adder.

static REAL R(sum)(const REAL *x, size_t n) {
    V s[4] = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES)
        for (int j = 0; j < 4; j++) s[j] += VX(load)(x + i + j * LANES);
    for (; i + LANES <= n; i += LANES) s[0] += VX(load)(x + i);
    if (i < n) s[1] += R(partial)(x + i, n - i);
    return VX(total)((s[0] + s[1]) + (s[2] + s[3]));
}

static double R(sum_squares)(const REAL *x, size_t n) {
    // Blocks of 1024 in REAL, added in double: accurate for gradients of any size.
    double total = 0;
    for (size_t begin = 0; begin < n; begin += 1024) {
        size_t end = begin + 1024 < n ? begin + 1024 : n, i = begin;
        V s[4] = {0, 0, 0, 0};
        for (; i + 4 * LANES <= end; i += 4 * LANES)
            for (int j = 0; j < 4; j++) {
                V v = VX(load)(x + i + j * LANES);
                s[j] += v * v;
            }
        for (; i < end; i += LANES) {
            V v = i + LANES <= end ? VX(load)(x + i) : R(partial)(x + i, end - i);
            s[0] += v * v;
        }
        total += (double)VX(total)((s[0] + s[1]) + (s[2] + s[3]));
    }
    return total;
}

INLINE REAL R(row_maximum)(const REAL *x, size_t n) {
    V m = (V)(REAL)-INFINITY;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        V v = VX(load)(x + i);
        m = ((v > m) | (v != v)) ? v : m;
    }
    REAL best = m[0];
    for (int j = 1; j < LANES; j++) best = m[j] > best || m[j] != m[j] ? m[j] : best;
    for (; i < n; i++) best = x[i] > best || x[i] != x[i] ? x[i] : best;
    return best;
}

static REAL R(maximum)(const REAL *x, size_t n, size_t *index) {
    REAL best = R(row_maximum)(x, n);
    size_t i = 0;
    // A NaN beaten by a later lane is found again here: the first NaN, or the first best.
    for (size_t j = 0; j < n; j++)
        if (x[j] != x[j]) { *index = j; return x[j]; }
    while (i + 1 < n && x[i] != best) i++;
    *index = i;
    return best;
}

static void R(sum_rows)(const REAL *x, size_t rows, size_t columns, ptrdiff_t stride, REAL *out) {
    size_t c = 0;
    for (; c + 4 * LANES <= columns; c += 4 * LANES) {
        V s[4];
        for (int j = 0; j < 4; j++) s[j] = VX(load)(out + c + j * LANES);
        for (size_t r = 0; r < rows; r++)
            for (int j = 0; j < 4; j++) s[j] += VX(load)(x + (ptrdiff_t)r * stride + c + j * LANES);
        for (int j = 0; j < 4; j++) VX(store)(out + c + j * LANES, s[j]);
    }
    for (; c < columns; c += LANES) {
        size_t rest = columns - c < LANES ? columns - c : LANES;
        V s = R(partial)(out + c, rest);
        for (size_t r = 0; r < rows; r++) s += R(partial)(x + (ptrdiff_t)r * stride + c, rest);
        R(put)(out + c, s, rest);
    }
}
