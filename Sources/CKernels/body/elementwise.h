// Element by element: unary functions and their derivatives, arithmetic, comparison, selection.
// Full vectors first; the tail goes through a padded vector, so every element takes the same path.

INLINE V R(partial)(const REAL *p, size_t n) {
    REAL t[LANES] = {0}; memcpy(t, p, n * sizeof(REAL)); return VX(load)(t);
}
INLINE void R(put)(REAL *p, V v, size_t n) { memcpy(p, &v, n * sizeof(REAL)); }

// Runs `expression` of the vectors named by LOADS over n elements and stores it to `out`.
#define EACH(out, n, LOADS, expression) \
    do { \
        size_t i = 0; \
        for (; i + LANES <= (n); i += LANES) { \
            LOADS(VX(load), ) VX(store)((out) + i, (expression)); \
        } \
        if (i < (n)) { \
            size_t rest = (n) - i; \
            LOADS(R(partial), PARTIAL_ARGUMENT) R(put)((out) + i, (expression), rest); \
        } \
    } while (0)
#define PARTIAL_ARGUMENT , rest
#define LOAD_X(load, extra) V v = load(x + i extra);
#define LOAD_XYD(load, extra) \
    V v = load(x + i extra), w = load(y + i extra), d = load(dy + i extra); (void)v; (void)w;

INLINE V R(sigmoid_of)(V v) { return (REAL)1 / ((REAL)1 + VX(exp)(-v)); }

#define GELU_INNER ((REAL)0.7978845608028654)   // sqrt(2 / pi), Hendrycks & Gimpel 2016
#define GELU_CUBE ((REAL)0.044715)
INLINE V R(gelu_tanh_of)(V v) {
    return (REAL)0.5 * v * ((REAL)1 + VX(tanh)(GELU_INNER * (v + GELU_CUBE * v * v * v)));
}
INLINE V R(gelu_tanh_slope)(V v) {
    V t = VX(tanh)(GELU_INNER * (v + GELU_CUBE * v * v * v));
    // Beyond 16 the factor 1 - t * t is zero; clamped, the others stay finite.
    V c = v > (REAL)16 ? (V)(REAL)16 : v;
    c = c < (REAL)-16 ? (V)(REAL)-16 : c;
    V inner = GELU_INNER * ((REAL)1 + 3 * GELU_CUBE * c * c);
    return (REAL)0.5 * ((REAL)1 + t) + (REAL)0.5 * c * ((REAL)1 - t * t) * inner;
}
#define ROOT_HALF ((REAL)0.7071067811865476)
#define ROOT_HALF_PI ((REAL)0.3989422804014327)  // 1 / sqrt(2 pi)
INLINE V R(gelu_of)(V v) { return (REAL)0.5 * v * ((REAL)1 + VX(erf)(v * ROOT_HALF)); }
INLINE V R(gelu_slope)(V v) {
    return (REAL)0.5 * ((REAL)1 + VX(erf)(v * ROOT_HALF))
        + v * ROOT_HALF_PI * VX(exp)((REAL)-0.5 * v * v);
}

static void R(unary)(MartletUnary op, const REAL *x, REAL *y, size_t n) {
    switch (op) {
    case MartletNegate: EACH(y, n, LOAD_X, -v); break;
    case MartletExp: EACH(y, n, LOAD_X, VX(exp)(v)); break;
    case MartletLog: EACH(y, n, LOAD_X, VX(log)(v)); break;
    case MartletSqrt: EACH(y, n, LOAD_X, VX(sqrt)(v)); break;
    case MartletReciprocal: EACH(y, n, LOAD_X, (REAL)1 / v); break;
    case MartletTanh: EACH(y, n, LOAD_X, VX(tanh)(v)); break;
    case MartletSigmoid: EACH(y, n, LOAD_X, R(sigmoid_of)(v)); break;
    case MartletRelu: EACH(y, n, LOAD_X, v < (REAL)0 ? (V)(REAL)0 : v); break;
    case MartletSilu: EACH(y, n, LOAD_X, v * R(sigmoid_of)(v)); break;
    case MartletGelu: EACH(y, n, LOAD_X, R(gelu_of)(v)); break;
    case MartletGeluTanh: EACH(y, n, LOAD_X, R(gelu_tanh_of)(v)); break;
    case MartletErf: EACH(y, n, LOAD_X, VX(erf)(v)); break;
    case MartletAbs: EACH(y, n, LOAD_X, VX(abs)(v)); break;
    case MartletSin: EACH(y, n, LOAD_X, VX(sin)(v)); break;
    case MartletCos: EACH(y, n, LOAD_X, VX(cos)(v)); break;
    }
}

static void R(unary_backward)(MartletUnary op, const REAL *x, const REAL *y, const REAL *dy,
                              REAL *dx, size_t n) {
    switch (op) {
    case MartletNegate: EACH(dx, n, LOAD_XYD, -d); break;
    case MartletExp: EACH(dx, n, LOAD_XYD, d * w); break;
    case MartletLog: EACH(dx, n, LOAD_XYD, d / v); break;
    case MartletSqrt: EACH(dx, n, LOAD_XYD, (REAL)0.5 * d / w); break;
    case MartletReciprocal: EACH(dx, n, LOAD_XYD, -d * w * w); break;
    case MartletTanh: EACH(dx, n, LOAD_XYD, d * ((REAL)1 - w * w)); break;
    case MartletSigmoid: EACH(dx, n, LOAD_XYD, d * w * ((REAL)1 - w)); break;
    case MartletRelu: EACH(dx, n, LOAD_XYD, v > (REAL)0 ? d : (V)(REAL)0); break;
    case MartletSilu:
        EACH(dx, n, LOAD_XYD, d * (R(sigmoid_of)(v) + w * ((REAL)1 - R(sigmoid_of)(v))));
        break;
    case MartletGelu: EACH(dx, n, LOAD_XYD, d * R(gelu_slope)(v)); break;
    case MartletGeluTanh: EACH(dx, n, LOAD_XYD, d * R(gelu_tanh_slope)(v)); break;
    case MartletErf:
        EACH(dx, n, LOAD_XYD, d * (REAL)1.1283791670955126 * VX(exp)(-v * v));
        break;
    case MartletAbs: EACH(dx, n, LOAD_XYD, v > (REAL)0 ? d : (v < (REAL)0 ? -d : (V)(REAL)0)); break;
    case MartletSin: EACH(dx, n, LOAD_XYD, d * VX(cos)(v)); break;
    case MartletCos: EACH(dx, n, LOAD_XYD, -d * VX(sin)(v)); break;
    }
}

// Broadcasting inside a row: a step of 0 repeats one value.
#define LOAD_AB(load, extra) \
    V v = a_step ? load(a + i extra) : (V)a[0], w = b_step ? load(b + i extra) : (V)b[0];

static void R(binary)(MartletBinary op, const REAL *a, size_t a_step, const REAL *b,
                      size_t b_step, REAL *out, size_t n) {
    switch (op) {
    case MartletAdd: EACH(out, n, LOAD_AB, v + w); break;
    case MartletSubtract: EACH(out, n, LOAD_AB, v - w); break;
    case MartletMultiply: EACH(out, n, LOAD_AB, v * w); break;
    case MartletDivide: EACH(out, n, LOAD_AB, v / w); break;
    // A NaN on either side wins, as in PyTorch.
    case MartletMaximum: EACH(out, n, LOAD_AB, ((v > w) | (v != v)) ? v : w); break;
    case MartletMinimum: EACH(out, n, LOAD_AB, ((v < w) | (v != v)) ? v : w); break;
    case MartletPower: EACH(out, n, LOAD_AB, VX(pow)(v, w)); break;
    }
}

static void R(compare)(MartletCompare op, const REAL *a, size_t a_step, const REAL *b,
                       size_t b_step, uint8_t *out, size_t n) {
#define COMPARE(sign) for (size_t i = 0; i < n; i++) out[i] = a[i * a_step] sign b[i * b_step]; break
    switch (op) {
    case MartletLess: COMPARE(<);
    case MartletLessEqual: COMPARE(<=);
    case MartletGreater: COMPARE(>);
    case MartletGreaterEqual: COMPARE(>=);
    case MartletEqual: COMPARE(==);
    case MartletNotEqual: COMPARE(!=);
    }
#undef COMPARE
}

static void R(select)(const uint8_t *mask, const REAL *a, const REAL *b, REAL *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = mask[i] ? a[i] : b[i];
}

#define LOAD_YX(load, extra) V w = load(y + i extra), v = load(x + i extra);
static void R(accumulate)(REAL *y, const REAL *x, REAL factor, size_t n) {
    EACH(y, n, LOAD_YX, w + factor * v);
}
