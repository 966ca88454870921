// Rotary position embedding (Su et al. 2021) of one row: each pair is turned by its angle.
static void R(rotary)(const REAL *x, const REAL *cosine, const REAL *sine, REAL direction,
                      bool interleaved, REAL *y, size_t width) {
    size_t half = width / 2;
    if (interleaved) {
        for (size_t i = 0; i < half; i++) {
            REAL c = cosine[i], s = sine[i] * direction, a = x[2 * i], b = x[2 * i + 1];
            y[2 * i] = a * c - b * s;
            y[2 * i + 1] = b * c + a * s;
        }
        return;
    }
    size_t i = 0;
    for (; i + LANES <= half; i += LANES) {
        V c = VX(load)(cosine + i), s = VX(load)(sine + i) * direction;
        V a = VX(load)(x + i), b = VX(load)(x + half + i);
        VX(store)(y + i, a * c - b * s);
        VX(store)(y + half + i, b * c + a * s);
    }
    if (i < half) {
        size_t rest = half - i;
        V c = R(partial)(cosine + i, rest), s = R(partial)(sine + i, rest) * direction;
        V a = R(partial)(x + i, rest), b = R(partial)(x + half + i, rest);
        R(put)(y + i, a * c - b * s, rest);
        R(put)(y + half + i, b * c + a * s, rest);
    }
}
