// Portable tier: what every x86-64 and arm64 has. The oracle the other tiers are compared with.
#include "ckernels.h"
#include <math.h>
#include <string.h>
#define TIER scalar
#define TIER_ID MartletTierScalar
#define MR_F32 4
#define NR_F32 8
#define LANES_F32 4
#define DEPTH_F32 256
#define F32_ROWS 0
#define BF16_MR 2
#define BF16_COLUMNS 16
#define BF16_DEPTH 2
#define BF16_TILES 0
#define BF16_WIDE 1
#define BF16_INSTRUCTION 0
#include "body/tier.h"
