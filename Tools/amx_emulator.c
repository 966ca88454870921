// Runs the AMX-BF16 tier's machine code on a processor without tile registers: an instruction the
// processor refuses raises SIGILL, and the handler does what Intel's manual (volume 2, "TDPBF16PS"
// and its neighbours) says the instruction does. Slow, for tests; see test_amx_emulated.sh.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

typedef struct { uint8_t rows; uint16_t bytes; uint8_t data[16][64]; } Tile;
static __thread Tile tiles[8];

static int64_t reg(const ucontext_t *c, int number) {
    static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI,
        REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return c->uc_mcontext.gregs[order[number]];
}

static float widen(uint16_t x) {
    uint32_t bits = (x & 0x7f80u) ? (uint32_t)x << 16 : (uint32_t)(x & 0x8000u) << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}
static float flushed(float f) {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    if (!(bits & 0x7f800000u)) bits &= 0x80000000u;
    memcpy(&f, &bits, 4);
    return f;
}

static void dot(Tile *c, const Tile *a, const Tile *b) {
    for (int m = 0; m < c->rows; m++) {
        float sum[16][2] = {{0}};
        for (int k = 0; k < a->bytes / 4; k++)
            for (int n = 0; n < c->bytes / 4; n++)
                for (int j = 0; j < 2; j++) {
                    uint16_t x, y;
                    memcpy(&x, &a->data[m][4 * k + 2 * j], 2);
                    memcpy(&y, &b->data[k][4 * n + 2 * j], 2);
                    sum[n][j] = flushed(__builtin_fmaf(widen(x), widen(y), sum[n][j]));
                }
        for (int n = 0; n < c->bytes / 4; n++) {
            float old;
            memcpy(&old, &c->data[m][4 * n], 4);
            old = flushed(flushed(old) + flushed(sum[n][0] + sum[n][1]));
            memcpy(&c->data[m][4 * n], &old, 4);
        }
    }
}

// Does the instruction at the counter and steps over it; false if it is not one of ours.
static int step(ucontext_t *c) {
    const uint8_t *start = (const uint8_t *)c->uc_mcontext.gregs[REG_RIP], *p = start;
    if (p[0] != 0xc4 || (p[1] & 0x1f) != 2) return 0;  // VEX, map 0F38
    int extend_reg = !(p[1] & 0x80), extend_index = !(p[1] & 0x40), extend_base = !(p[1] & 0x20);
    int prefix = p[2] & 3, other = (~p[2] >> 3) & 15;  // 0 none, 1 66, 2 F3, 3 F2
    uint8_t opcode = p[3], form = p[4];
    int mod = form >> 6, r = ((form >> 3) & 7) + 8 * extend_reg, low = form & 7;
    p += 5;
    if (mod == 3) {
        if (opcode == 0x49 && prefix == 0 && form == 0xc0) memset(tiles, 0, sizeof tiles);
        else if (opcode == 0x49 && prefix == 3) memset(tiles[r].data, 0, sizeof tiles[r].data);
        else if (opcode == 0x5c && prefix == 2) dot(&tiles[r], &tiles[low], &tiles[other]);
        else return 0;
        c->uc_mcontext.gregs[REG_RIP] += p - start;
        return 1;
    }
    int64_t address = 0, stride = 0;
    int has_base = 1;
    if (low == 4) {
        uint8_t sib = *p++;
        int base = (sib & 7) + 8 * extend_base, index = ((sib >> 3) & 7) + 8 * extend_index;
        if (index != 4) stride = reg(c, index) << (sib >> 6);
        if ((sib & 7) == 5 && mod == 0) has_base = 0; else address = reg(c, base);
    } else if (low == 5 && mod == 0) {
        has_base = 2;  // relative to the next instruction
    } else {
        address = reg(c, low + 8 * extend_base);
    }
    if (mod == 1) address += (int8_t)*p++;
    if (mod == 2 || has_base != 1) {
        int32_t displacement;
        memcpy(&displacement, p, 4);
        p += 4;
        address += displacement;
        if (has_base == 2) address += (int64_t)p;
    }
    if (opcode == 0x49 && prefix == 0) {
        const uint8_t *shape = (const uint8_t *)(address + stride);
        memset(tiles, 0, sizeof tiles);
        for (int t = 0; t < 8; t++) {
            memcpy(&tiles[t].bytes, shape + 16 + 2 * t, 2);
            tiles[t].rows = shape[48 + t];
        }
    } else if (opcode == 0x4b && (prefix == 3 || prefix == 1)) {
        memset(tiles[r].data, 0, sizeof tiles[r].data);
        for (int i = 0; i < tiles[r].rows; i++)
            memcpy(tiles[r].data[i], (const void *)(address + i * stride), tiles[r].bytes);
    } else if (opcode == 0x4b && prefix == 2) {
        for (int i = 0; i < tiles[r].rows; i++)
            memcpy((void *)(address + i * stride), tiles[r].data[i], tiles[r].bytes);
    } else {
        return 0;
    }
    c->uc_mcontext.gregs[REG_RIP] += p - start;
    return 1;
}

static void on_illegal(int number, siginfo_t *info, void *context) {
    (void)info;
    if (step(context)) return;
    signal(number, SIG_DFL);
    raise(number);
}

__attribute__((constructor)) static void install(void) {
    struct sigaction action = {.sa_sigaction = on_illegal, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGILL, &action, NULL);
}
