// Philox 4x32-10 (Salmon et al. 2011): word i of a stream is a pure function of (key, i). Sixteen
// counters at a time, one per lane: word 64 b + 16 j + l is output j of counter 16 b + l.

typedef uint64_t UL16 __attribute__((ext_vector_type(16)));

INLINE void philox16(uint64_t key, uint64_t counter, U16 out[4]) {
    U16 c0, c1, c2 = 0, c3 = 0;
    for (int i = 0; i < 16; i++) {
        uint64_t c = counter + (uint64_t)i;
        c0[i] = (uint32_t)c;
        c1[i] = (uint32_t)(c >> 32);
    }
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        UL16 p0 = __builtin_convertvector(c0, UL16) * 0xD2511F53u;
        UL16 p1 = __builtin_convertvector(c2, UL16) * 0xCD9E8D57u;
        U16 high0 = __builtin_convertvector(p0 >> 32, U16), low0 = __builtin_convertvector(p0, U16);
        U16 high1 = __builtin_convertvector(p1 >> 32, U16), low1 = __builtin_convertvector(p1, U16);
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0; out[1] = c1; out[2] = c2; out[3] = c3;
}

// The words of block b: outputs of counters 16 b ... 16 b + 15, as four vectors.
INLINE void philox64(uint64_t key, uint64_t block, uint32_t words[64]) {
    U16 out[4];
    philox16(key, 16 * block, out);
    memcpy(words, out, sizeof out);
}

static void K(random_words)(uint64_t key, uint64_t offset, uint32_t *out, size_t n) {
    uint32_t words[64];
    uint64_t block = offset / 64;
    size_t skip = offset % 64;
    for (size_t i = 0; i < n; block++) {
        philox64(key, block, words);
        size_t take = 64 - skip < n - i ? 64 - skip : n - i;
        memcpy(out + i, words + skip, take * sizeof *out);
        i += take;
        skip = 0;
    }
}

// Box-Muller: normal i uses words 2i and 2i + 1 of the stream, and keeps the cosine branch only,
// so that any range can be drawn on its own.
static void K(random_normal)(uint64_t key, uint64_t offset, float *out, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        uint32_t words[32];
        K(random_words)(key, 2 * (offset + i), words, 32);
        F16 u, angle;
        for (int j = 0; j < 16; j++) {
            u[j] = ((float)(words[2 * j] >> 8) + 1.0f) * 0x1p-24f;       // (0, 1]
            angle[j] = (float)(words[2 * j + 1] >> 8) * 0x1p-24f;         // turns, [0, 1)
        }
        // cos(2 pi a) by quadrant: with t in [-1/8, 1/8] turns the Taylor series is exact enough.
        F16 quadrant = (angle * 4.0f + 12582912.0f) - 12582912.0f;
        F16 t = (angle - quadrant * 0.25f) * 6.283185307179586f, tt = t * t;
        F16 c = ((2.48015873e-5f * tt - 1.38888889e-3f) * tt + 4.16666667e-2f) * tt - 0.5f;
        c = c * tt + 1.0f;
        F16 s = ((-1.98412698e-4f * tt + 8.33333333e-3f) * tt - 1.66666667e-1f) * tt * t + t;
        I16 q = __builtin_convertvector(quadrant, I16) & 3;
        F16 turned = (q & 1) == 0 ? c : s;
        turned = ((q == 1) | (q == 2)) ? -turned : turned;
        F16 radius = F16_sqrt(-2.0f * F16_log(u));
        F16 value = radius * turned;
        size_t rest = n - i < 16 ? n - i : 16;
        memcpy(out + i, &value, rest * sizeof(float));
    }
}
