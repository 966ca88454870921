// The AMX tier on a plain C model of the tile instructions, as the manual describes them: the first
// and the second values of all pairs are multiplied and added up apart from each other, and both
// sums then to C. Any machine can check the tier with it.
#include "ckernels.h"
#include <math.h>
#include <string.h>
typedef struct { float value[16][16]; } ModelTile;
typedef struct { uint16_t value[16][32]; } ModelOperand;
static float model_pair(uint16_t x) {
    uint32_t bits = (uint32_t)x << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}
static void model_dot(ModelTile *c, const ModelTile *a, const ModelTile *b) {
    const ModelOperand *x = (const void *)a, *y = (const void *)b;
    for (int m = 0; m < 16; m++)
        for (int n = 0; n < 16; n++) {
            float sum[2] = {0};
            for (int k = 0; k < 16; k++)
                for (int j = 0; j < 2; j++)
                    sum[j] += model_pair(x->value[m][2 * k + j]) * model_pair(y->value[k][2 * n + j]);
            c->value[m][n] += sum[0] + sum[1];
        }
}
static void model_copy(void *to, ptrdiff_t to_stride, const void *from, ptrdiff_t from_stride) {
    for (int i = 0; i < 16; i++)
        memcpy((char *)to + i * to_stride, (const char *)from + i * from_stride, 64);
}
#define TILE_CONFIGURE(shape) ModelTile tiles[8]; memset(tiles, 0, sizeof tiles); (void)(shape)
#define TILE_RELEASE() (void)tiles
#define TILE_ZERO(t) memset(&tiles[t], 0, sizeof tiles[t])
#define TILE_LOAD(t, p, stride) model_copy(&tiles[t], 64, p, stride)
#define TILE_STORE(t, p, stride) model_copy(p, stride, &tiles[t], 64)
#define TILE_DOT(c, a, b) model_dot(&tiles[c], &tiles[a], &tiles[b])
#define TIER tile_model
#define TIER_ID MartletTierAMX
#define MR_F32 4
#define NR_F32 8
#define LANES_F32 4
#define DEPTH_F32 256
#define F32_ROWS 0
#define BF16_MR 32
#define BF16_COLUMNS 32
#define BF16_DEPTH 32
#define BF16_TILES 1
#define BF16_WIDE 0
#define BF16_INSTRUCTION 0
#include "body/tier.h"
