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

// Sixteen at a time. The instruction flushes denormals and quiets NaN as the bits above do.
typedef uint16_t H16 __attribute__((ext_vector_type(16)));
INLINE H16 K(narrow)(F16 x) {
#if BF16_INSTRUCTION
    return (H16)_mm512_cvtneps_pbh((__m512)x);
#else
    U16 bits = __builtin_bit_cast(U16, x);
    U16 rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    U16 value = (bits & 0x7fffffffu) > 0x7f800000u ? (bits >> 16) | 0x40u : rounded;
    return __builtin_convertvector(
        (bits & 0x7f800000u) == 0u ? (bits >> 16) & 0x8000u : value, H16);
#endif
}
INLINE F16 K(widen)(H16 x) {
    U16 bits = __builtin_convertvector(x, U16) << 16;
    return __builtin_bit_cast(F16, (bits & 0x7f800000u) == 0u ? bits & 0x80000000u : bits);
}
// `n` of them, at most 16; the other lanes read as zero and are not written.
INLINE F16 K(load_bf16)(const uint16_t *p, size_t n) {
    H16 v = 0;
    if (n >= 16) memcpy(&v, p, sizeof v); else memcpy(&v, p, n * sizeof *p);
    return K(widen)(v);
}
INLINE void K(store_bf16)(uint16_t *p, F16 x, size_t n) {
    H16 v = K(narrow)(x);
    if (n >= 16) memcpy(p, &v, sizeof v); else memcpy(p, &v, n * sizeof *p);
}

static void K(f32_to_bf16)(const float *x, uint16_t *y, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) K(store_bf16)(y + i, F16_load(x + i), 16);
    for (; i < n; i++) y[i] = bf16_from(x[i]);
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
