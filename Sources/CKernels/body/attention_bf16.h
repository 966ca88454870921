// Scaled dot-product attention over bfloat16 heads, forward and backward (Vaswani et al. 2017;
// Dao et al. 2022): query rows in blocks of ROWS, keys in blocks of KEYS, nothing as large as
// queries x keys. Key blocks a causal query block cannot see are skipped.
//
// Forward  scores, a running maximum and sum per row, and the output rescaled when the maximum
//          grows; divided by the sum at the end.
// Backward probabilities again from the saved log-sums. Gradients of keys and values are summed
//          transposed, [width][keys], because the probabilities then are right operands as they
//          stand; they are turned back once a head.
// Order    blocks ascending, float32 sums: depends on shapes alone.

#define ROWS 64
#define KEYS 256

// The buffers of a call, carved from its scratch. `deep` is the width, `pitch` the keys, padded.
typedef struct K(AttentionBuffers) {
    size_t deep, pitch;
    uint16_t *keys, *values, *mixing;       // right operands: width deep, width deep, keys deep
    uint16_t *query, *d_output;             // [ROWS][deep]
    uint16_t *query_turned, *d_output_turned;  // [deep][ROWS]
    uint16_t *p, *ds;                       // [ROWS][KEYS]
    uint16_t *packed;                       // p or ds as a right operand
    float *s, *dp;                          // [ROWS][KEYS]
    float *o;                               // [ROWS][deep]
    float *d_keys, *d_values;               // [deep][pitch]
} K(AttentionBuffers);

static K(AttentionBuffers) K(attention_buffers)(const MartletAttention *t) {
    K(AttentionBuffers) b = {.deep = (t->width + 63) / 64 * 64,
                             .pitch = (t->keys + KEYS - 1) / KEYS * KEYS};
    size_t matrix = b.deep * b.pitch, block = ROWS * b.deep, scores = ROWS * KEYS;
    float *f = t->scratch;
    b.d_keys = f; f += matrix;
    b.d_values = f; f += matrix;
    b.s = f; f += scores;
    b.dp = f; f += scores;
    b.o = f; f += block;
    uint16_t *h = (uint16_t *)f;
    b.keys = h; h += matrix;
    b.values = h; h += matrix;
    b.mixing = h; h += matrix;
    b.query = h; h += block;
    b.d_output = h; h += block;
    b.query_turned = h; h += block;
    b.d_output_turned = h; h += block;
    b.p = h; h += scores;
    b.ds = h; h += scores;
    b.packed = h;
    return b;
}

// A head [positions][width] as a right operand: `deep` gives [width][positions], to be multiplied
// by rows of width; otherwise [positions][width] in blocks of KEYS positions of their own.
INLINE void K(pack_positions)(const void *x, ptrdiff_t row, size_t positions, size_t width,
                              bool by_width, size_t deep, uint16_t *out) {
    if (by_width) {
        MartletPack pack = {.source = x, .row_stride = 1, .column_stride = row, .rows = width,
            .columns = positions, .begin = 0, .end = positions, .out = out, .source_is_bf16 = true};
        K(pack_b_bf16)(&pack);
        return;
    }
    for (size_t first = 0; first < positions; first += KEYS) {
        size_t count = first + KEYS < positions ? KEYS : positions - first;
        MartletPack pack = {.source = (const uint16_t *)x + (ptrdiff_t)first * row,
            .row_stride = row, .column_stride = 1, .rows = count, .columns = width, .begin = 0,
            .end = width, .out = out + first * deep, .source_is_bf16 = true};
        K(pack_b_bf16)(&pack);
    }
}

// Copies `rows` rows into a block of ROWS whose rest is zero.
INLINE void K(copy_rows)(const uint16_t *x, ptrdiff_t row, size_t rows, size_t width, size_t deep,
                         uint16_t *out) {
    if (rows < ROWS || width < deep) memset(out, 0, ROWS * deep * sizeof *out);
    for (size_t i = 0; i < rows; i++)
        memcpy(out + i * deep, x + (ptrdiff_t)i * row, width * sizeof *out);
}

// C[ROWS or deep][columns] (+)= A B for a padded left operand; see MartletProduct.
INLINE void K(block_product)(const uint16_t *a, size_t a_stride, const uint16_t *b, size_t b_depth,
                             size_t m, size_t n, size_t k, float *c, size_t c_stride,
                             bool accumulate) {
    MartletProduct p = {.a = a, .b = b, .c = c, .bias = NULL, .m = m, .n = n, .k = k,
        .c_stride = (ptrdiff_t)c_stride, .row_begin = 0, .row_end = m, .column_begin = 0,
        .column_end = n, .accumulate = accumulate, .a_stride = (ptrdiff_t)a_stride,
        .b_depth = b_depth, .finish = NULL};
    K(product_bf16)(&p);
}

// Keys of block `first` that row `query` sees: 0 ... KEYS.
INLINE size_t K(seen)(const MartletAttention *t, size_t query, size_t first) {
    size_t all = t->causal ? query + 1 + t->keys - t->queries : t->keys;
    if (all > t->keys) all = t->keys;
    if (all <= first) return 0;
    return all - first < KEYS ? all - first : KEYS;
}

static const I16 K(iota) = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
// Lanes j + 0 ... j + 15 below `limit`.
INLINE I16 K(below)(size_t j, size_t limit) {
    return K(iota) + (int32_t)j < (int32_t)limit;
}

// The biases of one row's keys in the block that begins at `k0`.
typedef struct K(Biases) { const float *distance, *key; } K(Biases);

INLINE K(Biases) K(biases)(const MartletAttention *t, size_t g, size_t row, size_t k0) {
    K(Biases) b = {t->distance_bias, t->key_bias};
    if (b.distance)
        b.distance += (ptrdiff_t)g * t->distance_bias_head + (ptrdiff_t)(t->queries - 1 - row + k0);
    if (b.key) b.key += k0;
    return b;
}

// Scaled scores of 16 keys from j of a block in which the row sees `limit`.
INLINE F16 K(biased)(F16 v, K(Biases) b, size_t j, size_t limit) {
    if (b.distance && j < limit) v += K(some)(b.distance + j, limit - j);
    if (b.key && j < limit) v += K(some)(b.key + j, limit - j);
    return v;
}

static void K(attention_bf16)(const MartletAttention *t) {
    K(AttentionBuffers) b = K(attention_buffers)(t);
    K(pack_positions)(t->key, t->key_row, t->keys, t->width, true, b.deep, b.keys);
    K(pack_positions)(t->value, t->value_row, t->keys, t->width, false, b.deep, b.mixing);
    size_t depth = (t->width + 1) / 2 * 2;
    float scale = (float)t->scale;
    for (size_t g = 0; g < t->group; g++) {
        const uint16_t *query = (const uint16_t *)t->query + (ptrdiff_t)g * t->query_head;
        uint16_t *output = (uint16_t *)t->output + (ptrdiff_t)g * t->output_head;
        float *log_sum = (float *)t->log_sum + g * t->queries;
        for (size_t first = 0; first < t->queries; first += ROWS) {
            size_t rows = first + ROWS < t->queries ? ROWS : t->queries - first;
            K(copy_rows)(query + (ptrdiff_t)first * t->query_row, t->query_row, rows, t->width,
                         b.deep, b.query);
            float highest[ROWS], total[ROWS];
            for (size_t i = 0; i < rows; i++) { highest[i] = -INFINITY; total[i] = 0; }
            for (size_t k0 = 0; k0 < t->keys; k0 += KEYS) {
                size_t seen = K(seen)(t, first + rows - 1, k0);
                if (seen == 0) break;
                size_t wide = (seen + 31) / 32 * 32;
                size_t packed_keys = (depth + BF16_DEPTH - 1) / BF16_DEPTH * BF16_DEPTH * k0;
                K(block_product)(b.query, b.deep, b.keys + packed_keys, 0, rows, seen, depth, b.s,
                                 KEYS, false);
                for (size_t i = 0; i < rows; i++) {
                    float *s = b.s + i * KEYS;
                    size_t limit = K(seen)(t, first + i, k0);
                    K(Biases) biases = K(biases)(t, g, first + i, k0);
                    F16 m = (F16)-INFINITY;
                    for (size_t j = 0; j < wide; j += 16) {
                        F16 v = K(biased)(F16_load(s + j) * scale, biases, j, limit);
                        v = K(below)(j, limit) ? v : (F16)-INFINITY;
                        F16_store(s + j, v);
                        m = ((v > m) | (v != v)) ? v : m;
                    }
                    float top = highest[i];
                    for (int l = 0; l < 16; l++) top = m[l] > top || m[l] != m[l] ? m[l] : top;
                    F16 sum = 0, shift = top;
                    for (size_t j = 0; j < wide; j += 16) {
                        F16 e = F16_exp(F16_load(s + j) - shift);
                        e = K(below)(j, limit) ? e : (F16)0.0f;
                        sum += e;
                        K(store_bf16)(b.p + i * KEYS + j, e, 16);
                    }
                    F16 factor = F16_exp((F16)highest[i] - shift);
                    factor = limit == 0 ? (F16)1.0f : factor;
                    total[i] = total[i] * factor[0] + F16_total(sum);
                    if (limit > 0) highest[i] = top;
                    if (k0 > 0)
                        for (size_t d = 0; d < t->width; d += 16)
                            F16_store(b.o + i * b.deep + d, F16_load(b.o + i * b.deep + d) * factor);
                }
                size_t count = k0 + KEYS < t->keys ? KEYS : t->keys - k0;
                K(block_product)(b.p, KEYS, b.mixing + k0 * b.deep, count, rows, t->width,
                                 (seen + 1) / 2 * 2, b.o, b.deep, k0 > 0);
            }
            for (size_t i = 0; i < rows; i++) {
                F16 inverse = 1.0f / (F16)total[i];
                F16 l = F16_log((F16)total[i]);
                log_sum[first + i] = highest[i] + l[0];
                for (size_t d = 0; d < t->width; d += 16) {
                    size_t rest = t->width - d < 16 ? t->width - d : 16;
                    K(store_bf16)(output + (ptrdiff_t)(first + i) * t->output_row + (ptrdiff_t)d,
                                  F16_load(b.o + i * b.deep + d) * inverse, rest);
                }
            }
        }
    }
}

// The probabilities of a row and, from `dp`, the gradients of its scores, both rounded.
// Those by distance, if wanted, are added up before the rounding.
INLINE void K(score_gradients)(const float *s, const float *dp, float scale, K(Biases) biases,
                               float *by_distance, float log_sum, float dot, size_t limit,
                               size_t wide, uint16_t *p, uint16_t *ds) {
    for (size_t j = 0; j < wide; j += 16) {
        I16 keep = K(below)(j, limit);
        F16 e = F16_exp(K(biased)(F16_load(s + j) * scale, biases, j, limit) - log_sum);
        F16 d = e * (F16_load(dp + j) - dot);
        if (by_distance && j < limit) {
            size_t rest = limit - j < 16 ? limit - j : 16;
            F(put)(by_distance + j, K(some)(by_distance + j, rest) + d, rest);
        }
        d *= scale;
        K(store_bf16)(p + j, keep ? e : (F16)0.0f, 16);
        K(store_bf16)(ds + j, keep ? d : (F16)0.0f, 16);
    }
}

// [ROWS][wide] with rows KEYS apart as a right operand ROWS deep.
INLINE void K(pack_scores)(const uint16_t *x, size_t wide, uint16_t *out) {
    MartletPack pack = {.source = x, .row_stride = KEYS, .column_stride = 1, .rows = ROWS,
        .columns = wide, .begin = 0, .end = wide, .out = out, .source_is_bf16 = true};
    K(pack_b_bf16)(&pack);
}

// Turns float32 sums [deep][pitch] into bfloat16 rows [positions][width].
INLINE void K(turn_back)(const float *x, size_t pitch, size_t positions, size_t width,
                         uint16_t *out, ptrdiff_t row) {
    for (size_t j = 0; j < positions; j += 16)
        for (size_t d = 0; d < width; d += 16) {
            float turned[16][16];
            for (size_t i = 0; i < 16; i += 4) {
                U16 r[4];
                for (size_t l = 0; l < 4; l++) memcpy(&r[l], x + (d + i + l) * pitch + j, sizeof r[l]);
                transpose_4x16(r[0], r[1], r[2], r[3], (char *)&turned[0][i], sizeof turned[0]);
            }
            size_t rest = width - d < 16 ? width - d : 16;
            for (size_t l = 0; l < 16 && j + l < positions; l++)
                K(store_bf16)(out + (ptrdiff_t)(j + l) * row + (ptrdiff_t)d, F16_load(turned[l]),
                              rest);
        }
}

static void K(attention_backward_bf16)(const MartletAttention *t) {
    K(AttentionBuffers) b = K(attention_buffers)(t);
    K(pack_positions)(t->key, t->key_row, t->keys, t->width, true, b.deep, b.keys);
    K(pack_positions)(t->value, t->value_row, t->keys, t->width, true, b.deep, b.values);
    K(pack_positions)(t->key, t->key_row, t->keys, t->width, false, b.deep, b.mixing);
    memset(b.d_keys, 0, b.deep * b.pitch * sizeof *b.d_keys);
    memset(b.d_values, 0, b.deep * b.pitch * sizeof *b.d_values);
    size_t depth = (t->width + 1) / 2 * 2;
    size_t padded = (depth + BF16_DEPTH - 1) / BF16_DEPTH * BF16_DEPTH;
    float scale = (float)t->scale;
    for (size_t g = 0; g < t->group; g++) {
        const uint16_t *query = (const uint16_t *)t->query + (ptrdiff_t)g * t->query_head;
        const uint16_t *output = (const uint16_t *)t->output + (ptrdiff_t)g * t->output_head;
        const uint16_t *d_output = (const uint16_t *)t->d_output + (ptrdiff_t)g * t->d_output_head;
        const float *log_sum = (const float *)t->log_sum + g * t->queries;
        uint16_t *d_query = (uint16_t *)t->d_query + (ptrdiff_t)g * t->d_query_head;
        for (size_t first = 0; first < t->queries; first += ROWS) {
            size_t rows = first + ROWS < t->queries ? ROWS : t->queries - first;
            K(copy_rows)(query + (ptrdiff_t)first * t->query_row, t->query_row, rows, t->width,
                         b.deep, b.query);
            K(copy_rows)(d_output + (ptrdiff_t)first * t->d_output_row, t->d_output_row, rows,
                         t->width, b.deep, b.d_output);
            transpose_halves(b.query, b.deep, b.query_turned, ROWS, ROWS, b.deep);
            transpose_halves(b.d_output, b.deep, b.d_output_turned, ROWS, ROWS, b.deep);
            float dot[ROWS];
            for (size_t i = 0; i < rows; i++) {
                const uint16_t *o = output + (ptrdiff_t)(first + i) * t->output_row;
                F16 sum = 0;
                for (size_t d = 0; d < t->width; d += 16)
                    sum += K(load_bf16)(o + d, t->width - d)
                        * K(load_bf16)(b.d_output + i * b.deep + d, 16);
                dot[i] = F16_total(sum);
            }
            for (size_t k0 = 0; k0 < t->keys; k0 += KEYS) {
                size_t seen = K(seen)(t, first + rows - 1, k0);
                if (seen == 0) break;
                size_t wide = (seen + 31) / 32 * 32;
                K(block_product)(b.query, b.deep, b.keys + padded * k0, 0, rows, seen, depth, b.s,
                                 KEYS, false);
                K(block_product)(b.d_output, b.deep, b.values + padded * k0, 0, rows, seen, depth,
                                 b.dp, KEYS, false);
                for (size_t i = 0; i < rows; i++) {
                    float *by_distance = t->d_distance_bias;
                    if (by_distance)
                        by_distance += (ptrdiff_t)g * t->distance_bias_head
                            + (ptrdiff_t)(t->queries - 1 - first - i + k0);
                    K(score_gradients)(b.s + i * KEYS, b.dp + i * KEYS, scale,
                                       K(biases)(t, g, first + i, k0), by_distance,
                                       log_sum[first + i], dot[i], K(seen)(t, first + i, k0), wide,
                                       b.p + i * KEYS, b.ds + i * KEYS);
                }
                if (rows < ROWS) {
                    memset(b.p + rows * KEYS, 0, (ROWS - rows) * KEYS * sizeof *b.p);
                    memset(b.ds + rows * KEYS, 0, (ROWS - rows) * KEYS * sizeof *b.ds);
                }
                K(pack_scores)(b.p, wide, b.packed);
                K(block_product)(b.d_output_turned, ROWS, b.packed, 0, t->width, seen, ROWS,
                                 b.d_values + k0, b.pitch, true);
                K(pack_scores)(b.ds, wide, b.packed);
                K(block_product)(b.query_turned, ROWS, b.packed, 0, t->width, seen, ROWS,
                                 b.d_keys + k0, b.pitch, true);
                size_t count = k0 + KEYS < t->keys ? KEYS : t->keys - k0;
                K(block_product)(b.ds, KEYS, b.mixing + k0 * b.deep, count, rows, t->width,
                                 (seen + 1) / 2 * 2, b.o, b.deep, k0 > 0);
            }
            for (size_t i = 0; i < rows; i++)
                K(f32_to_bf16)(b.o + i * b.deep,
                               d_query + (ptrdiff_t)(first + i) * t->d_query_row, t->width);
        }
    }
    K(turn_back)(b.d_keys, b.pitch, t->keys, t->width, t->d_key, t->d_key_row);
    K(turn_back)(b.d_values, b.pitch, t->keys, t->width, t->d_value, t->d_value_row);
}
#undef ROWS
#undef KEYS
