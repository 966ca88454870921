// Softmax and log-softmax of rows, and cross-entropy on logits, all with the row's maximum
// subtracted first. A row that is -inf throughout gives NaN, as the formula says.

// Writes e^(x - shift) to y and returns the sum.
INLINE REAL R(exponentials)(const REAL *x, REAL shift, REAL *y, size_t n) {
    V s = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        V e = VX(exp)(VX(load)(x + i) - shift);
        VX(store)(y + i, e);
        s += e;
    }
    REAL total = VX(total)(s);
    if (i < n) {
        V e = VX(exp)(R(partial)(x + i, n - i) - shift);
        R(put)(y + i, e, n - i);
        REAL rest = 0;
        for (size_t j = 0; j < n - i; j++) rest += e[j];
        total += rest;
    }
    return total;
}
INLINE REAL R(log_sum_of)(const REAL *x, REAL shift, size_t n) {
    V s = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) s += VX(exp)(VX(load)(x + i) - shift);
    REAL total = VX(total)(s);
    if (i < n) {
        V e = VX(exp)(R(partial)(x + i, n - i) - shift);
        REAL rest = 0;
        for (size_t j = 0; j < n - i; j++) rest += e[j];
        total += rest;
    }
    V l = VX(log)((V)total);
    return shift + l[0];
}
#define LOAD_SCALE(load, extra) V v = load(y + i extra);

static void R(softmax)(const REAL *x, REAL *y, size_t rows, size_t n, bool logarithm) {
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        REAL shift = R(row_maximum)(x, n);
        if (logarithm) {
            REAL log_sum = R(log_sum_of)(x, shift, n);
            EACH(y, n, LOAD_X, v - log_sum);
        } else {
            REAL factor = (REAL)1 / R(exponentials)(x, shift, y, n);
            EACH(y, n, LOAD_SCALE, v * factor);
        }
    }
}

static void R(softmax_backward)(const REAL *y, const REAL *dy, REAL *dx, size_t rows, size_t n,
                                bool logarithm) {
#define LOAD_YD(load, extra) V v = load(y + i extra), d = load(dy + i extra);
    for (size_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
        if (logarithm) {
            REAL total = R(sum)(dy, n);
            EACH(dx, n, LOAD_YD, d - VX(exp)(v) * total);
        } else {
            V s = 0;
            size_t i = 0;
            for (; i + LANES <= n; i += LANES) s += VX(load)(y + i) * VX(load)(dy + i);
            if (i < n) s += R(partial)(y + i, n - i) * R(partial)(dy + i, n - i);
            REAL dot = VX(total)(s);
            EACH(dx, n, LOAD_YD, v * (d - dot));
        }
    }
}

static void R(cross_entropy)(const REAL *x, const int32_t *targets, REAL *loss, REAL *log_sum,
                             size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++, x += n) {
        log_sum[r] = R(log_sum_of)(x, R(row_maximum)(x, n), n);
        loss[r] = targets[r] < 0 ? 0 : log_sum[r] - x[targets[r]];
    }
}

static void R(cross_entropy_backward)(const REAL *x, const int32_t *targets, const REAL *log_sum,
                                      const REAL *d_loss, REAL *dx, size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++, x += n, dx += n) {
        if (targets[r] < 0) { memset(dx, 0, n * sizeof(REAL)); continue; }
        REAL shift = log_sum[r], factor = d_loss[r];
        EACH(dx, n, LOAD_X, VX(exp)(v - shift) * factor);
        dx[targets[r]] -= factor;
    }
}
