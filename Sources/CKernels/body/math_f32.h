// exp, log, tanh and erf over 16 float32 lanes: our own, so that bits do not depend on the C
// library. Coefficients are weighted least-squares fits made for this file; each function is
// within 2 units in the last place of the exact value over its range (Tests/CKernelsTests).

// e^x = 2^n * e^r with |r| <= ln2/2. Results below the smallest normal number are 0.
INLINE F16 F16_exp(F16 x) {
    const F16 magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    F16 clamped = x > 88.8f ? (F16)88.8f : x;
    clamped = clamped < -88.0f ? (F16)-88.0f : clamped;
    F16 n = (clamped * 1.44269504088896341f + magic) - magic;
    F16 r = clamped - n * 0.693145751953125f;
    r = r - n * 1.42860682030941723e-6f;
    F16 p = 1.3834743011e-03f;
    p = p * r + 8.3764822955e-03f;
    p = p * r + 4.1668353866e-02f;
    p = p * r + 1.6666400024e-01f;
    p = p * r + 4.9999991083e-01f;
    p = p * r * r + r + 1.0f;
    // Two steps, because 2^128 is not representable while e^88.7 is.
    I16 e = __builtin_convertvector(n, I16), half = e >> 1;
    F16 y = p * __builtin_bit_cast(F16, (half + 127) << 23)
        * __builtin_bit_cast(F16, (e - half + 127) << 23);
    y = x > 88.7228394f ? (F16)INFINITY : y;
    y = x < -87.3365402f ? (F16)0.0f : y;
    return x != x ? x : y;
}

INLINE F16 F16_log(F16 x) {
    F16 scaled = x < 1.17549435e-38f ? x * 8388608.0f : x;  // denormals
    I16 bits = __builtin_bit_cast(I16, scaled);
    I16 e = ((bits - 0x3f3504f3) >> 23);  // exponent with the mantissa in [sqrt(1/2), sqrt(2))
    F16 f = __builtin_bit_cast(F16, bits - (e << 23)) - 1.0f;
    F16 n = __builtin_convertvector(e, F16) - (x < 1.17549435e-38f ? (F16)23.0f : (F16)0.0f);
    F16 p = 6.8871985080e-02f;
    p = p * f - 1.1833427259e-01f;
    p = p * f + 1.1906260727e-01f;
    p = p * f - 1.2379733405e-01f;
    p = p * f + 1.4214139821e-01f;
    p = p * f - 1.6669348058e-01f;
    p = p * f + 2.0002416430e-01f;
    p = p * f - 2.4999987041e-01f;
    p = p * f + 3.3333308374e-01f;
    F16 y = p * f * f * f - 0.5f * f * f + n * 1.42860682030941723e-6f + f;
    y = y + n * 0.693145751953125f;
    y = x == 0.0f ? (F16)-INFINITY : y;
    y = x < 0.0f ? (F16)NAN : y;
    return ((x == INFINITY) | (x != x)) ? x : y;
}

INLINE F16 F16_abs(F16 x) {
    return __builtin_bit_cast(F16, __builtin_bit_cast(I16, x) & 0x7fffffff);
}
INLINE F16 F16_signed(F16 magnitude, F16 sign) {
    return __builtin_bit_cast(F16, __builtin_bit_cast(I16, magnitude)
        | (__builtin_bit_cast(I16, sign) & (int32_t)0x80000000));
}

INLINE F16 F16_tanh(F16 x) {
    F16 a = F16_abs(x), u = x * x;
    F16 p = 2.1477505714e-03f;
    p = p * u - 8.1829336481e-03f;
    p = p * u + 2.1703086417e-02f;
    p = p * u - 5.3947229734e-02f;
    p = p * u + 1.3333210010e-01f;
    p = p * u - 3.3333330915e-01f;
    F16 small = p * u * x + x;
    F16 large = F16_signed(1.0f - 2.0f / (F16_exp(a + a) + 1.0f), x);
    return a < 0.625f ? small : (x != x ? x : large);
}

INLINE F16 F16_erf(F16 x) {
    F16 a = F16_abs(x), u = x * x;
    F16 p = -9.6801363910e-06f;
    p = p * u + 1.1270544491e-04f;
    p = p * u - 8.4847114495e-04f;
    p = p * u + 5.2210748781e-03f;
    p = p * u - 2.6865445821e-02f;
    p = p * u + 1.1283782747e-01f;
    p = p * u - 3.7612638484e-01f;
    p = p * u + 1.2837916710e-01f;  // 2/sqrt(pi) - 1: the 1 is added last, unrounded
    F16 small = p * x + x;
    F16 c = a > 4.0f ? (F16)4.0f : a;
    F16 q = 7.8452084408e-07f;  // log(erfc(a)) on [1, 4]
    q = q * c - 1.2452782842e-05f;
    q = q * c + 6.4341421489e-05f;
    q = q * c + 1.0176056090e-04f;
    q = q * c - 3.3602715083e-03f;
    q = q * c + 2.3836512716e-02f;
    q = q * c - 1.0696150244e-01f;
    q = q * c - 6.3419612064e-01f;
    q = q * c - 1.1292038555e+00f;
    q = q * c + 1.2529371804e-04f;
    F16 large = F16_signed(1.0f - F16_exp(q), x);
    return a < 1.0f ? small : (x != x ? x : large);
}

INLINE F16 F16_sqrt(F16 x) { return __builtin_elementwise_sqrt(x); }
INLINE F16 F16_sin(F16 x) { for (int i = 0; i < 16; i++) x[i] = (float)sin((double)x[i]); return x; }
INLINE F16 F16_cos(F16 x) { for (int i = 0; i < 16; i++) x[i] = (float)cos((double)x[i]); return x; }
INLINE F16 F16_pow(F16 x, F16 y) {
    for (int i = 0; i < 16; i++) x[i] = (float)pow((double)x[i], (double)y[i]);
    return x;
}
