// Rotary position embedding (Su et al. 2021) of one row: each pair is turned by its angle.
static void R(rotary)(const REAL *x, const REAL *cosine, const REAL *sine, REAL direction,
                      bool interleaved, REAL *y, size_t width) {
    size_t half = width / 2;
    for (size_t i = 0; i < half; i++) {
        size_t first = interleaved ? 2 * i : i, second = interleaved ? 2 * i + 1 : i + half;
        REAL c = cosine[i], s = sine[i] * direction, a = x[first], b = x[second];
        y[first] = a * c - b * s;
        y[second] = b * c + a * s;
    }
}
