// What is left of a layer between its bfloat16 products. Norms send a row at a time through the
// float32 kernels, so that there is one formula; `row` stays in the first-level cache.

static void K(norm_bf16)(const float *x, const float *weight, const float *bias, float epsilon,
                         bool centered, uint16_t *y, float *mean, float *rstd, size_t rows,
                         size_t n, float *row) {
    for (size_t r = 0; r < rows; r++) {
        F(norm)(x + r * n, weight, bias, epsilon, centered, row, mean + r, rstd + r, 1, n);
        K(f32_to_bf16)(row, y + r * n, n);
    }
}

static void K(norm_backward_bf16)(const float *x, const float *weight, const float *mean,
                                  const float *rstd, bool centered, const uint16_t *dy, float *dx,
                                  float *d_weight, float *d_bias, size_t rows, size_t n,
                                  float *row) {
    for (size_t r = 0; r < rows; r++) {
        K(bf16_to_f32)(dy + r * n, row, n);
        F(norm_backward)(x + r * n, weight, mean + r, rstd + r, centered, row, dx + r * n,
                         d_weight, d_bias, 1, n);
    }
}

static void K(sum_rows_bf16)(const uint16_t *x, size_t rows, size_t columns, ptrdiff_t stride,
                             float *out) {
    size_t c = 0;
    for (; c + 64 <= columns; c += 64, x += 64) {
        F16 s[4];
        for (size_t j = 0; j < 4; j++) s[j] = F16_load(out + c + 16 * j);
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < 4; j++)
                s[j] += K(load_bf16)(x + (ptrdiff_t)r * stride + (ptrdiff_t)(16 * j), 16);
        for (size_t j = 0; j < 4; j++) F16_store(out + c + 16 * j, s[j]);
    }
    for (; c < columns; c += 16, x += 16) {
        size_t rest = columns - c < 16 ? columns - c : 16;
        F16 s = K(some)(out + c, rest);
        for (size_t r = 0; r < rows; r++) s += K(load_bf16)(x + (ptrdiff_t)r * stride, rest);
        memcpy(out + c, &s, rest * sizeof(float));
    }
}

// One exponential a logit, which takes its place.
static void K(cross_entropy_slopes_bf16)(float *x, const int32_t *targets, float *loss,
                                         uint16_t *slopes, size_t stride, size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++, x += n, slopes += stride) {
        if (targets[r] < 0) {
            loss[r] = 0;
            memset(slopes, 0, stride * sizeof *slopes);
            continue;
        }
        float shift = F(row_maximum)(x, n), score = x[targets[r]];
        float sum = F(exponentials)(x, shift, x, n), factor = 1.0f / sum;
        F16 l = F16_log((F16)sum);
        loss[r] = shift + l[0] - score;
        size_t i = 0;
        for (; i + 16 <= n; i += 16) K(store_bf16)(slopes + i, F16_load(x + i) * factor, 16);
        if (i < n) K(store_bf16)(slopes + i, K(some)(x + i, n - i) * factor, n - i);
        memset(slopes + n, 0, (stride - n) * sizeof *slopes);
        slopes[targets[r]] = bf16_from(x[targets[r]] * factor - 1.0f);
    }
}

static void K(multiply_bf16)(const uint16_t *a, const uint16_t *b, uint16_t *out, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        size_t rest = n - i < 16 ? n - i : 16;
        K(store_bf16)(out + i, K(load_bf16)(a + i, rest) * K(load_bf16)(b + i, rest), rest);
    }
}
