// Scaled dot-product attention (Vaswani et al. 2017) of one key-value head and the query heads
// that share it, forward and backward, without a queries x keys matrix: query rows go in blocks
// of ROWS, causal keys beyond a block are skipped, and the backward pass recomputes the
// probabilities from the saved log-sums (Dao et al. 2022).
//
// Scratch layout (elements): packed keys and values, one block of scores and of their gradients,
// for the backward pass keys packed the other way and a right operand, and a packed left one.

#define ROWS 64
#define PAD 64     // every panel width of every tier divides it
#define SPREAD 16  // between rows of scores, which would share their places in the cache otherwise

INLINE size_t R(visible)(const MartletAttention *t, size_t last_query) {
    if (!t->causal) return t->keys;
    size_t seen = last_query + 1 + t->keys - t->queries;
    return seen < t->keys ? seen : t->keys;
}

// Biases by distance of a head's row: entry j is key j's.
INLINE const REAL *R(distances)(const MartletAttention *t, size_t g, size_t row) {
    return t->distance_bias == NULL ? NULL
        : (const REAL *)t->distance_bias + (ptrdiff_t)g * t->distance_bias_head
            + (t->queries - 1 - row);
}

// Scores of one block, scaled and biased, with the future of each row at -inf.
INLINE void R(scores)(const MartletAttention *t, size_t g, const REAL *query,
                      const REAL *packed_keys, size_t first, size_t rows, size_t seen,
                      size_t pitch, REAL *s, REAL *scratch) {
    R(small_product)(rows, seen, t->width, query + (ptrdiff_t)first * t->query_row, t->query_row,
                     1, packed_keys, 0, s, (ptrdiff_t)pitch, false, scratch);
    REAL scale = (REAL)t->scale;
    for (size_t i = 0; i < rows; i++) {
        REAL *row = s + i * pitch;
        const REAL *distance = R(distances)(t, g, first + i), *by_key = t->key_bias;
        for (size_t j = 0; j < seen; j++) row[j] *= scale;
        if (distance)
            for (size_t j = 0; j < seen; j++) row[j] += distance[j];
        if (by_key)
            for (size_t j = 0; j < seen; j++) row[j] += by_key[j];
        if (t->causal)
            for (size_t j = first + i + 1 + t->keys - t->queries; j < seen; j++)
                row[j] = -(REAL)INFINITY;
    }
}

INLINE void R(pack_head)(const REAL *x, ptrdiff_t row, size_t positions, size_t width,
                         bool transposed, REAL *out) {
    // As B: transposed gives [width][positions] (scores), otherwise [positions][width].
    if (transposed) R(pack_panels)(x, row, 1, positions, width, 0, positions, NR, out);
    else R(pack_panels)(x, 1, row, width, positions, 0, width, NR, out);
}

static void R(attention)(const MartletAttention *t) {
    size_t padded = (t->keys + PAD - 1) / PAD * PAD, wide = (t->width + PAD - 1) / PAD * PAD;
    size_t pitch = padded + SPREAD;
    REAL *packed_keys = t->scratch, *packed_values = packed_keys + padded * t->width;
    REAL *s = packed_values + wide * t->keys, *scratch = s + ROWS * pitch;
    R(pack_head)(t->key, t->key_row, t->keys, t->width, true, packed_keys);
    R(pack_head)(t->value, t->value_row, t->keys, t->width, false, packed_values);
    for (size_t g = 0; g < t->group; g++) {
        const REAL *query = (const REAL *)t->query + (ptrdiff_t)g * t->query_head;
        REAL *output = (REAL *)t->output + (ptrdiff_t)g * t->output_head;
        REAL *log_sum = (REAL *)t->log_sum + g * t->queries;
        for (size_t first = 0; first < t->queries; first += ROWS) {
            size_t rows = first + ROWS < t->queries ? ROWS : t->queries - first;
            size_t seen = R(visible)(t, first + rows - 1);
            R(scores)(t, g, query, packed_keys, first, rows, seen, pitch, s, scratch);
            for (size_t i = 0; i < rows; i++) {
                REAL *row = s + i * pitch, shift = R(row_maximum)(row, seen);
                REAL total = R(exponentials)(row, shift, row, seen), factor = (REAL)1 / total;
                for (size_t j = 0; j < seen; j++) row[j] *= factor;
                V l = VX(log)((V)total);
                log_sum[first + i] = shift + l[0];
            }
            R(small_product)(rows, t->width, seen, s, (ptrdiff_t)pitch, 1, packed_values, t->keys,
                             output + (ptrdiff_t)first * t->output_row, t->output_row, false,
                             scratch);
        }
    }
}

static void R(attention_backward)(const MartletAttention *t) {
    size_t padded = (t->keys + PAD - 1) / PAD * PAD, wide = (t->width + PAD - 1) / PAD * PAD;
    size_t pitch = padded + SPREAD;
    REAL *packed_keys = t->scratch, *packed_values = packed_keys + padded * t->width;
    REAL *s = packed_values + padded * t->width, *ds = s + ROWS * pitch;
    REAL *mixing = ds + ROWS * pitch;                  // keys as [keys][wide]
    REAL *packed_right = mixing + wide * padded;       // [ROWS][wide]
    REAL *scratch = packed_right + wide * ROWS;
    R(pack_head)(t->key, t->key_row, t->keys, t->width, true, packed_keys);
    R(pack_head)(t->value, t->value_row, t->keys, t->width, true, packed_values);
    R(pack_head)(t->key, t->key_row, t->keys, t->width, false, mixing);
    for (size_t j = 0; j < t->keys; j++) {
        memset((REAL *)t->d_key + (ptrdiff_t)j * t->d_key_row, 0, t->width * sizeof(REAL));
        memset((REAL *)t->d_value + (ptrdiff_t)j * t->d_value_row, 0, t->width * sizeof(REAL));
    }
    for (size_t g = 0; g < t->group; g++) {
        const REAL *query = (const REAL *)t->query + (ptrdiff_t)g * t->query_head;
        const REAL *output = (const REAL *)t->output + (ptrdiff_t)g * t->output_head;
        const REAL *d_output = (const REAL *)t->d_output + (ptrdiff_t)g * t->d_output_head;
        const REAL *log_sum = (const REAL *)t->log_sum + g * t->queries;
        REAL *d_query = (REAL *)t->d_query + (ptrdiff_t)g * t->d_query_head;
        for (size_t first = 0; first < t->queries; first += ROWS) {
            size_t rows = first + ROWS < t->queries ? ROWS : t->queries - first;
            size_t seen = R(visible)(t, first + rows - 1);
            const REAL *d_block = d_output + (ptrdiff_t)first * t->d_output_row;
            // P from the scores, dP = dO V^T, then dS = P (dP - dO . O) scale.
            R(scores)(t, g, query, packed_keys, first, rows, seen, pitch, s, scratch);
            R(small_product)(rows, seen, t->width, d_block, t->d_output_row, 1, packed_values, 0, ds,
                             (ptrdiff_t)pitch, false, scratch);
            for (size_t i = 0; i < rows; i++) {
                const REAL *o = output + (ptrdiff_t)(first + i) * t->output_row;
                const REAL *d = d_block + (ptrdiff_t)i * t->d_output_row;
                REAL *p = s + i * pitch, *q = ds + i * pitch;
                REAL dot = 0, shift = log_sum[first + i], scale = (REAL)t->scale;
                for (size_t j = 0; j < t->width; j++) dot += o[j] * d[j];
                size_t j = 0;
                for (; j + LANES <= seen; j += LANES) {
                    V e = VX(exp)(VX(load)(p + j) - shift);
                    VX(store)(p + j, e);
                    VX(store)(q + j, e * (VX(load)(q + j) - dot) * scale);
                }
                if (j < seen) {
                    V e = VX(exp)(R(partial)(p + j, seen - j) - shift);
                    V c = e * (R(partial)(q + j, seen - j) - dot) * scale;
                    R(put)(p + j, e, seen - j);
                    R(put)(q + j, c, seen - j);
                }
                if (t->d_distance_bias) {
                    REAL *into = (REAL *)t->d_distance_bias + (ptrdiff_t)g * t->distance_bias_head
                        + (t->queries - 1 - first - i);
                    for (j = 0; j < seen; j++) into[j] += q[j] / scale;
                }
            }
            // dV += P^T dO and dK += dS^T Q: the block's rows are the inner dimension.
            R(pack_head)(d_block, t->d_output_row, rows, t->width, false, packed_right);
            R(small_product)(seen, t->width, rows, s, 1, (ptrdiff_t)pitch, packed_right, 0,
                             t->d_value, t->d_value_row, true, scratch);
            R(pack_head)(query + (ptrdiff_t)first * t->query_row, t->query_row, rows, t->width,
                         false, packed_right);
            R(small_product)(seen, t->width, rows, ds, 1, (ptrdiff_t)pitch, packed_right, 0,
                             t->d_key, t->d_key_row, true, scratch);
            // dQ = dS K
            R(small_product)(rows, t->width, seen, ds, (ptrdiff_t)pitch, 1, mixing, t->keys,
                             d_query + (ptrdiff_t)first * t->d_query_row, t->d_query_row, false,
                             scratch);
        }
    }
}
#undef ROWS
#undef PAD
#undef SPREAD
