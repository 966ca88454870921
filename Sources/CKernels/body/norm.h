// LayerNorm (Ba et al. 2016) and RMSNorm (Zhang & Sennrich 2019) over rows of n values.
// Two passes for the variance: exact for data far from zero.

static void R(norm)(const REAL *x, const REAL *weight, const REAL *bias, REAL epsilon,
                    bool centered, REAL *y, REAL *mean, REAL *rstd, size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        REAL m = centered ? R(sum)(x, n) / (REAL)n : 0;
        V s = 0;
        size_t i = 0;
        for (; i + LANES <= n; i += LANES) {
            V d = VX(load)(x + i) - m;
            s += d * d;
        }
        REAL squares = VX(total)(s);
        for (; i < n; i++) squares += (x[i] - m) * (x[i] - m);
        V root = VX(sqrt)((V)(squares / (REAL)n + epsilon));
        REAL inverse = (REAL)1 / root[0];
        mean[r] = m;
        rstd[r] = inverse;
        for (i = 0; i + LANES <= n; i += LANES) {
            V v = (VX(load)(x + i) - m) * inverse;
            if (weight) v *= VX(load)(weight + i);
            if (bias) v += VX(load)(bias + i);
            VX(store)(y + i, v);
        }
        for (; i < n; i++) {
            REAL v = (x[i] - m) * inverse;
            if (weight) v *= weight[i];
            if (bias) v += bias[i];
            y[i] = v;
        }
    }
}

// One vector, or its first `n` lanes, of the backward pass: g = dy * weight and h = (x - mean) * rstd.
INLINE void R(norm_slopes)(const REAL *x, const REAL *weight, const REAL *dy, REAL mean, REAL rstd,
                           size_t n, V *g, V *h) {
    *h = (R(partial)(x, n) - mean) * rstd;
    *g = R(partial)(dy, n);
    if (weight) *g *= R(partial)(weight, n);
}
INLINE void R(norm_add)(REAL *sums, V values, size_t n) {
    if (sums) R(put)(sums, R(partial)(sums, n) + values, n);
}

// dx = rstd * (g - average(g) - h * average(g * h)), the first average only when centered.
static void R(norm_backward)(const REAL *x, const REAL *weight, const REAL *mean,
                             const REAL *rstd, bool centered, const REAL *dy, REAL *dx,
                             REAL *d_weight, REAL *d_bias, size_t rows, size_t n) {
    // The last vector by itself: whole ones are then loads and stores.
    size_t whole = n / LANES * LANES, rest = n - whole;
    for (size_t r = 0; r < rows; r++, x += n, dy += n, dx += n) {
        REAL m = mean[r], inverse = rstd[r];
        V total_g = 0, total_gh = 0, g, h;
#define ADD_SLOPES(i, count) \
    R(norm_slopes)(x + i, weight ? weight + i : NULL, dy + i, m, inverse, count, &g, &h); \
    total_g += g; \
    total_gh += g * h; /* dy is zero in padded lanes, and so are g and g * h */ \
    R(norm_add)(d_weight ? d_weight + i : NULL, R(partial)(dy + i, count) * h, count); \
    R(norm_add)(d_bias ? d_bias + i : NULL, R(partial)(dy + i, count), count)
        for (size_t i = 0; i < whole; i += LANES) { ADD_SLOPES(i, LANES); }
        if (rest) { ADD_SLOPES(whole, rest); }
#undef ADD_SLOPES
        REAL average_g = centered ? VX(total)(total_g) / (REAL)n : 0;
        REAL average_gh = VX(total)(total_gh) / (REAL)n;
#define PUT_SLOPES(i, count) \
    R(norm_slopes)(x + i, weight ? weight + i : NULL, dy + i, m, inverse, count, &g, &h); \
    R(put)(dx + i, inverse * (g - average_g - h * average_gh), count)
        for (size_t i = 0; i < whole; i += LANES) { PUT_SLOPES(i, LANES); }
        if (rest) { PUT_SLOPES(whole, rest); }
#undef PUT_SLOPES
    }
}
