// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019) over a range of one arena:
// value, moments and gradient are read once and written once.
static void R(adam)(const MartletAdam *step, REAL *value, REAL *first, REAL *second,
                    const REAL *gradient, size_t n) {
    REAL scale = (REAL)step->gradient_scale;
    REAL b1 = (REAL)step->beta1, c1 = (REAL)(1 - step->beta1);
    REAL b2 = (REAL)step->beta2, c2 = (REAL)(1 - step->beta2);
    REAL coupled = step->decoupled ? 0 : (REAL)step->weight_decay;
    REAL keep = step->decoupled ? (REAL)(1 - step->rate * step->weight_decay) : 1;
    REAL size = (REAL)(step->rate / step->correction1);
    REAL root = (REAL)(1 / sqrt(step->correction2)), epsilon = (REAL)step->epsilon;
    for (size_t i = 0; i < n; i += LANES) {
        size_t rest = n - i < LANES ? n - i : LANES;
        bool full = rest == LANES;
        V x = full ? VX(load)(value + i) : R(partial)(value + i, rest);
        V g = (full ? VX(load)(gradient + i) : R(partial)(gradient + i, rest)) * scale;
        g += coupled * x;
        V m = full ? VX(load)(first + i) : R(partial)(first + i, rest);
        V v = full ? VX(load)(second + i) : R(partial)(second + i, rest);
        m = b1 * m + c1 * g;
        v = b2 * v + c2 * g * g;
        x = keep * x - size * m / (VX(sqrt)(v) * root + epsilon);
        if (full) {
            VX(store)(value + i, x); VX(store)(first + i, m); VX(store)(second + i, v);
        } else {
            R(put)(value + i, x, rest); R(put)(first + i, m, rest); R(put)(second + i, v, rest);
        }
    }
}
