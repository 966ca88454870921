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
    for (size_t c = 0; c < columns; c += 64) {
        F16 s[4];
        size_t rest[4];
        for (size_t j = 0; j < 4; j++) {
            size_t at = c + 16 * j;
            rest[j] = at >= columns ? 0 : columns - at < 16 ? columns - at : 16;
            s[j] = K(some)(out + at, rest[j]);
        }
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < 4; j++)
                s[j] += K(load_bf16)(x + (ptrdiff_t)r * stride + (ptrdiff_t)(c + 16 * j), rest[j]);
        for (size_t j = 0; j < 4; j++) memcpy(out + c + 16 * j, &s[j], rest[j] * sizeof(float));
    }
}

static void K(multiply_bf16)(const uint16_t *a, const uint16_t *b, uint16_t *out, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        size_t rest = n - i < 16 ? n - i : 16;
        K(store_bf16)(out + i, K(load_bf16)(a + i, rest) * K(load_bf16)(b + i, rest), rest);
    }
}
