// Conversions between float32 and the 16-bit formats, by bits; loops the compiler vectorises.

INLINE uint16_t bf16_from(float x) {
    uint32_t bits = __builtin_bit_cast(uint32_t, x);
    uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    uint32_t nan = (bits >> 16) | 0x40u;                       // stays a quiet NaN
    uint32_t value = (bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded;
    // Denormals of float32 are the denormals of bfloat16 (same exponent): flushed, sign kept.
    return (uint16_t)((bits & 0x7f800000u) == 0 ? (bits >> 16) & 0x8000u : value);
}
INLINE float bf16_to(uint16_t x) {
    uint32_t bits = (uint32_t)x << 16;
    return __builtin_bit_cast(float, (x & 0x7f80u) == 0 ? bits & 0x80000000u : bits);
}
INLINE uint16_t f16_from(float x) {
    uint32_t bits = __builtin_bit_cast(uint32_t, x), sign = (bits >> 16) & 0x8000u;
    uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);   // rounds beyond 65504
    if (magnitude < 0x38800000u) {
        // Denormal: adding 0.5 aligns the mantissa and rounds to nearest even.
        float shifted = __builtin_bit_cast(float, magnitude) + 0.5f;
        return (uint16_t)(sign | (__builtin_bit_cast(uint32_t, shifted) - 0x3f000000u));
    }
    uint32_t odd = (magnitude >> 13) & 1u;
    return (uint16_t)(sign | ((magnitude + 0xc8000fffu + odd) >> 13));
}
INLINE float f16_to(uint16_t x) {
    uint32_t sign = (uint32_t)(x & 0x8000u) << 16, magnitude = x & 0x7fffu;
    uint32_t normal = (magnitude << 13) + 0x38000000u;
    if (magnitude >= 0x7c00u) normal += 0x38000000u;
    float denormal = (float)magnitude * 0x1p-24f;
    uint32_t bits = magnitude < 0x400u ? __builtin_bit_cast(uint32_t, denormal) : normal;
    return __builtin_bit_cast(float, bits | sign);
}

static void K(f32_to_bf16)(const float *x, uint16_t *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = bf16_from(x[i]);
}
static void K(bf16_to_f32)(const uint16_t *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = bf16_to(x[i]);
}
static void K(f32_to_f16)(const float *x, uint16_t *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = f16_from(x[i]);
}
static void K(f16_to_f32)(const uint16_t *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = f16_to(x[i]);
}
