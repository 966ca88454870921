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

// With g = dy * weight and h = (x - mean) * rstd:
// dx = rstd * (g - average(g) - h * average(g * h)), the first average only when centered.
static void R(norm_backward)(const REAL *x, const REAL *weight, const REAL *mean,
                             const REAL *rstd, bool centered, const REAL *dy, REAL *dx,
                             REAL *d_weight, REAL *d_bias, size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++, x += n, dy += n, dx += n) {
        REAL m = mean[r], inverse = rstd[r];
        V total_g = 0, total_gh = 0;
        for (size_t i = 0; i < n; i += LANES) {
            size_t rest = n - i < LANES ? n - i : LANES;
            bool full = rest == LANES;
            V d = full ? VX(load)(dy + i) : R(partial)(dy + i, rest);
            V h = ((full ? VX(load)(x + i) : R(partial)(x + i, rest)) - m) * inverse;
            V g = d;
            if (weight) g *= full ? VX(load)(weight + i) : R(partial)(weight + i, rest);
            total_g += g;
            total_gh += g * h;  // d is zero in padded lanes, and so are g and g * h
            if (d_weight) {
                V s = full ? VX(load)(d_weight + i) : R(partial)(d_weight + i, rest);
                R(put)(d_weight + i, s + d * h, rest);
            }
            if (d_bias) {
                V s = full ? VX(load)(d_bias + i) : R(partial)(d_bias + i, rest);
                R(put)(d_bias + i, s + d, rest);
            }
        }
        REAL average_g = centered ? VX(total)(total_g) / (REAL)n : 0;
        REAL average_gh = VX(total)(total_gh) / (REAL)n;
        for (size_t i = 0; i < n; i += LANES) {
            size_t rest = n - i < LANES ? n - i : LANES;
            bool full = rest == LANES;
            V g = full ? VX(load)(dy + i) : R(partial)(dy + i, rest);
            V h = ((full ? VX(load)(x + i) : R(partial)(x + i, rest)) - m) * inverse;
            if (weight) g *= full ? VX(load)(weight + i) : R(partial)(weight + i, rest);
            V result = inverse * (g - average_g - h * average_gh);
            if (full) VX(store)(dx + i, result); else R(put)(dx + i, result, rest);
        }
    }
}
