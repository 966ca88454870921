// The same functions over 8 float64 lanes, from the C library: float64 is the reference path.
#define D8_MAP(name, call) \
    INLINE D8 D8_##name(D8 x) { for (int i = 0; i < 8; i++) x[i] = call(x[i]); return x; }
D8_MAP(exp, exp)
D8_MAP(log, log)
D8_MAP(tanh, tanh)
D8_MAP(erf, erf)
D8_MAP(sin, sin)
D8_MAP(cos, cos)
D8_MAP(abs, fabs)
D8_MAP(sqrt, sqrt)
INLINE D8 D8_pow(D8 x, D8 y) { for (int i = 0; i < 8; i++) x[i] = pow(x[i], y[i]); return x; }
