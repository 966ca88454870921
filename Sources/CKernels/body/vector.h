// The vector vocabulary of every kernel body: V is 64 bytes of REAL whatever the tier; the
// compiler splits it into the registers the tier has. Reductions therefore add in the same order
// in every tier, and only fused multiply-adds make tiers differ.
//
// Included once per REAL (float, double) inside a tier; LANES, V, VI are redefined by real.h.

#define INLINE static inline __attribute__((always_inline))

typedef float F16 __attribute__((ext_vector_type(16)));
typedef int32_t I16 __attribute__((ext_vector_type(16)));
typedef uint32_t U16 __attribute__((ext_vector_type(16)));
typedef double D8 __attribute__((ext_vector_type(8)));
typedef int64_t L8 __attribute__((ext_vector_type(8)));

INLINE F16 F16_load(const float *p) { F16 v; memcpy(&v, p, sizeof v); return v; }
INLINE void F16_store(float *p, F16 v) { memcpy(p, &v, sizeof v); }
INLINE D8 D8_load(const double *p) { D8 v; memcpy(&v, p, sizeof v); return v; }
INLINE void D8_store(double *p, D8 v) { memcpy(p, &v, sizeof v); }

INLINE float F16_total(F16 v) {
    // A fixed tree, so that the order of additions never depends on the tier.
    float a[16]; memcpy(a, &v, sizeof a);
    for (int width = 8; width >= 1; width /= 2)
        for (int i = 0; i < width; i++) a[i] += a[i + width];
    return a[0];
}
INLINE double D8_total(D8 v) {
    double a[8]; memcpy(a, &v, sizeof a);
    for (int width = 4; width >= 1; width /= 2)
        for (int i = 0; i < width; i++) a[i] += a[i + width];
    return a[0];
}

// Writes lane k of four rows side by side at out + k * pitch (bytes): the step of every packer
// that turns rows into panels.
INLINE void transpose_4x16(U16 r0, U16 r1, U16 r2, U16 r3, char *out, size_t pitch) {
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define PAIRS_LOW(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23)
#define PAIRS_HIGH(a, b) __builtin_shufflevector(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31)
    U16 low01 = LOW(r0, r1), low23 = LOW(r2, r3), high01 = HIGH(r0, r1), high23 = HIGH(r2, r3);
    U16 v[4] = {PAIRS_LOW(low01, low23), PAIRS_HIGH(low01, low23),
                PAIRS_LOW(high01, high23), PAIRS_HIGH(high01, high23)};
    for (int i = 0; i < 16; i++) memcpy(out + (size_t)i * pitch, (char *)&v[i / 4] + i % 4 * 16, 16);
#undef LOW
#undef HIGH
#undef PAIRS_LOW
#undef PAIRS_HIGH
}

// Turns a matrix of 16-bit elements: out[c][r] = x[r][c] for rows (a multiple of 8) and columns
// (a multiple of 16); strides in elements.
INLINE void transpose_halves(const uint16_t *x, size_t x_stride, uint16_t *out, size_t out_stride,
                             size_t rows, size_t columns) {
    typedef uint16_t H __attribute__((ext_vector_type(16)));
    for (size_t r = 0; r < rows; r += 8)
        for (size_t c = 0; c < columns; c += 16) {
            U16 pairs[4];  // rows in twos: one 32-bit lane holds both elements of a column
            for (size_t j = 0; j < 4; j++) {
                H even, odd;
                memcpy(&even, x + (r + 2 * j) * x_stride + c, sizeof even);
                memcpy(&odd, x + (r + 2 * j + 1) * x_stride + c, sizeof odd);
                pairs[j] = __builtin_convertvector(even, U16)
                    | __builtin_convertvector(odd, U16) << 16;
            }
            transpose_4x16(pairs[0], pairs[1], pairs[2], pairs[3],
                           (char *)(out + c * out_stride + r), out_stride * 2);
        }
}
