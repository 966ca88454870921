// Martlet's inner loops: pure, allocation-free, single-threaded functions over ranges.
//
// One body per kernel (folder `body`), compiled once per instruction-set tier; a table of function
// pointers is chosen at run time from what the processor *and* the operating system offer.
// Threads, memory and shapes are the caller's business. Pointers never alias unless said, need no
// alignment beyond their element's, and sizes are in elements unless said.
//
// Results of one tier and build are bit-for-bit reproducible; tiers differ within rounding.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum MartletTier : int32_t {
    MartletTierScalar = 0,
    MartletTierAVX2 = 1,
    MartletTierAVX512 = 2,
    MartletTierAVX512BF16 = 3,
    MartletTierAMX = 4,
} MartletTier;
enum { MartletTierCount = 5 };

// Element by element: y = f(x). The derivative takes x and y, whichever is cheaper.
typedef enum MartletUnary : int32_t {
    MartletNegate, MartletExp, MartletLog, MartletSqrt, MartletReciprocal, MartletTanh,
    MartletSigmoid, MartletRelu, MartletSilu, MartletGelu, MartletGeluTanh, MartletErf,
    MartletAbs, MartletSin, MartletCos,
} MartletUnary;

typedef enum MartletBinary : int32_t {
    MartletAdd, MartletSubtract, MartletMultiply, MartletDivide, MartletMaximum, MartletMinimum,
    MartletPower,
} MartletBinary;

typedef enum MartletCompare : int32_t {
    MartletLess, MartletLessEqual, MartletGreater, MartletGreaterEqual, MartletEqual,
    MartletNotEqual,
} MartletCompare;

// The product C[m, n] (+)= A[m, k] * B[k, n] over packed operands: A in panels of `mr` rows, B in
// panels of `nr` columns (see body/gemm.h and body/gemm_bf16.h for the layouts). One call computes
// rows [row_begin, row_end) and columns [column_begin, column_end), whose starts are multiples of
// mr and nr. `bias` (n values or NULL) is added once, when accumulation of k ends.
typedef struct MartletProduct {
    const void *_Nonnull a;
    const void *_Nonnull b;
    void *_Nonnull c;
    const void *_Nullable bias;
    size_t m, n, k;
    ptrdiff_t c_stride;        // elements from one row of C to the next
    size_t row_begin, row_end, column_begin, column_end;
    bool accumulate;           // add to what C holds
    ptrdiff_t a_stride;        // not 0: A is no panels but rows this many elements apart, where the
                               // tier takes them; k is then even in bfloat16
    // bfloat16 products only:
    size_t b_depth;            // not 0: B was packed with this many rows, of which k are used
    const struct MartletFinish *_Nullable finish;  // what else is done to a tile in registers
} MartletProduct;

// What a bfloat16 product does to its sums before they leave the processor, in this order: bias,
// activation, residual, rounding to bfloat16.
typedef struct MartletFinish {
    bool c_is_bf16;                          // C is bfloat16; never together with accumulate
    int32_t activation;                      // a MartletUnary, or -1
    uint16_t *_Nullable slopes;              // gets the activation's derivatives, in bfloat16
    ptrdiff_t slopes_stride;
    const float *_Nullable residual;         // added at the end
    ptrdiff_t residual_stride;
} MartletFinish;

// How a tier packs: see MartletProduct. `depth` is what k is padded to; `takes_rows` says whether A may
// be rows as they stand.
typedef struct MartletPanels { size_t mr, nr, depth; bool takes_rows; } MartletPanels;

// Packs rows [begin, end) of a matrix with the given element strides into row panels (A), or
// columns [begin, end) into column panels (B). `begin` is a multiple of mr or nr; `out` is the
// start of the whole packed operand. Padding is written as zeros. Packed bfloat16 operands hold
// pairs and are aligned to 4 bytes.
typedef struct MartletPack {
    const void *_Nonnull source;
    ptrdiff_t row_stride, column_stride;
    size_t rows, columns;      // of the whole matrix: A is rows = m, columns = k; B is rows = k, columns = n
    size_t begin, end;
    void *_Nonnull out;
    bool source_is_bf16;       // only for the bf16 packers: elements are bfloat16, not float32
} MartletPack;

// Causal or full attention of one (batch, key-value head) and its group of query heads.
// Rows are positions; element [position][i] of a head stands at base + position * row + i.
typedef struct MartletAttention {
    const void *_Nonnull query, *_Nonnull key, *_Nonnull value;
    void *_Nullable output;
    void *_Nullable log_sum;                 // [group][queries] log of the sum of exponentials
    ptrdiff_t query_row, key_row, value_row, output_row;
    ptrdiff_t query_head, output_head;       // element strides between the heads of the group
    size_t group, queries, keys, width;
    double scale;
    bool causal;                             // query i sees keys 0 ... i + keys - queries
    // Added to the scaled scores, each or NULL, in the element type (float32 for bfloat16 heads):
    // by distance, [queries + keys - 1] for every head of the group, whose entry for query i and key j
    // is j - i + queries - 1; and by key, [keys]. Finite: -1e30 hides a key.
    const void *_Nullable distance_bias;
    ptrdiff_t distance_bias_head;            // elements between the heads of the group
    const void *_Nullable key_bias;
    void *_Nonnull scratch;                  // martlet_attention_scratch(...) elements
    // Backward only. d_query, d_key, d_value are written (not accumulated).
    const void *_Nullable d_output;
    ptrdiff_t d_output_row, d_output_head;
    void *_Nullable d_query, *_Nullable d_key, *_Nullable d_value;
    ptrdiff_t d_query_row, d_query_head, d_key_row, d_value_row;
    void *_Nullable d_distance_bias;         // accumulated, laid out like distance_bias
} MartletAttention;

// The same over bfloat16 (queries, keys, values, outputs and their gradients), products in bfloat16
// and sums in float32, keys in blocks too. `log_sum` is float32. Fields mean what they mean above;
// `scratch` is martlet_attention_bf16_scratch(...) bytes.

// One decoupled-weight-decay Adam step (Loshchilov & Hutter 2019) over n values.
typedef struct MartletAdam {
    double rate, beta1, beta2, epsilon, weight_decay, gradient_scale;
    double correction1, correction2;         // 1 - beta^t
    bool decoupled;                          // AdamW; otherwise decay is added to the gradient
} MartletAdam;

// The kernels over one floating-point type; float32 has vector bodies, float64 is the reference.
#define MARTLET_REAL_KERNELS(REAL, T) \
    void (*_Nonnull unary_##T)(MartletUnary op, const REAL *_Nonnull x, REAL *_Nonnull y, size_t n); \
    void (*_Nonnull unary_backward_##T)(MartletUnary op, const REAL *_Nonnull x, \
        const REAL *_Nonnull y, const REAL *_Nonnull dy, REAL *_Nonnull dx, size_t n); \
    /* Steps are 0 (one value for all) or 1. */ \
    void (*_Nonnull binary_##T)(MartletBinary op, const REAL *_Nonnull a, size_t a_step, \
        const REAL *_Nonnull b, size_t b_step, REAL *_Nonnull out, size_t n); \
    void (*_Nonnull compare_##T)(MartletCompare op, const REAL *_Nonnull a, size_t a_step, \
        const REAL *_Nonnull b, size_t b_step, uint8_t *_Nonnull out, size_t n); \
    void (*_Nonnull select_##T)(const uint8_t *_Nonnull mask, const REAL *_Nonnull a, \
        const REAL *_Nonnull b, REAL *_Nonnull out, size_t n); \
    /* y += factor * x */ \
    void (*_Nonnull accumulate_##T)(REAL *_Nonnull y, const REAL *_Nonnull x, REAL factor, \
        size_t n); \
    REAL (*_Nonnull sum_##T)(const REAL *_Nonnull x, size_t n); \
    double (*_Nonnull sum_squares_##T)(const REAL *_Nonnull x, size_t n); \
    /* NaN wins; index of the first largest value. */ \
    REAL (*_Nonnull maximum_##T)(const REAL *_Nonnull x, size_t n, size_t *_Nonnull index); \
    /* out[c] += sum of x[r][c] over r, rows `stride` apart. */ \
    void (*_Nonnull sum_rows_##T)(const REAL *_Nonnull x, size_t rows, size_t columns, \
        ptrdiff_t stride, REAL *_Nonnull out); \
    /* Rows of n values each: softmax, its logarithm, and their derivatives from the output y. */ \
    void (*_Nonnull softmax_##T)(const REAL *_Nonnull x, REAL *_Nonnull y, size_t rows, size_t n, \
        bool logarithm); \
    void (*_Nonnull softmax_backward_##T)(const REAL *_Nonnull y, const REAL *_Nonnull dy, \
        REAL *_Nonnull dx, size_t rows, size_t n, bool logarithm); \
    /* y = (x - mean) * rstd * weight + bias per row; `centered` false is RMSNorm (mean unused). \
       Backward adds into d_weight and d_bias and writes dx. weight, bias may be NULL. */ \
    void (*_Nonnull norm_##T)(const REAL *_Nonnull x, const REAL *_Nullable weight, \
        const REAL *_Nullable bias, REAL epsilon, bool centered, REAL *_Nonnull y, \
        REAL *_Nonnull mean, REAL *_Nonnull rstd, size_t rows, size_t n); \
    void (*_Nonnull norm_backward_##T)(const REAL *_Nonnull x, const REAL *_Nullable weight, \
        const REAL *_Nonnull mean, const REAL *_Nonnull rstd, bool centered, \
        const REAL *_Nonnull dy, REAL *_Nonnull dx, REAL *_Nullable d_weight, \
        REAL *_Nullable d_bias, size_t rows, size_t n); \
    /* Per row: loss = log_sum - x[target]; rows with target < 0 give 0. */ \
    void (*_Nonnull cross_entropy_##T)(const REAL *_Nonnull x, const int32_t *_Nonnull targets, \
        REAL *_Nonnull loss, REAL *_Nonnull log_sum, size_t rows, size_t n); \
    /* dx = d_loss[row] * (softmax(x) - onehot(target)); 0 for ignored rows. dx may be x. */ \
    void (*_Nonnull cross_entropy_backward_##T)(const REAL *_Nonnull x, \
        const int32_t *_Nonnull targets, const REAL *_Nonnull log_sum, \
        const REAL *_Nonnull d_loss, REAL *_Nonnull dx, size_t rows, size_t n); \
    /* Rotates pairs of one row of `width` values by angles given as cosines and sines \
       [width / 2]; interleaved pairs are (2i, 2i + 1), otherwise (i, i + width / 2). \
       `direction` -1 is the inverse, which is the derivative. */ \
    void (*_Nonnull rotary_##T)(const REAL *_Nonnull x, const REAL *_Nonnull cosine, \
        const REAL *_Nonnull sine, REAL direction, bool interleaved, REAL *_Nonnull y, \
        size_t width); \
    /* y = keep ? x * scale : 0, element i kept when random word `offset + i` >= threshold. */ \
    void (*_Nonnull dropout_##T)(const REAL *_Nonnull x, REAL *_Nonnull y, size_t n, \
        uint64_t key, uint64_t offset, uint32_t threshold, REAL scale); \
    /* One query over `keys` cached positions in blocks of `block` rows of `width`; `scores` has \
       room for keys rounded up to a block. out = softmax(scale q K^T + bias) V; bias [keys] or NULL. */ \
    void (*_Nonnull attend_##T)(const REAL *_Nonnull query, \
        const REAL *_Nonnull const *_Nonnull key_blocks, \
        const REAL *_Nonnull const *_Nonnull value_blocks, size_t keys, size_t block, \
        size_t width, REAL scale, const REAL *_Nullable bias, REAL *_Nonnull scores, \
        REAL *_Nonnull out); \
    void (*_Nonnull adam_##T)(const MartletAdam *_Nonnull step, REAL *_Nonnull value, \
        REAL *_Nonnull first, REAL *_Nonnull second, const REAL *_Nonnull gradient, size_t n); \
    MartletPanels panels_##T; \
    void (*_Nonnull pack_a_##T)(const MartletPack *_Nonnull pack); \
    void (*_Nonnull pack_b_##T)(const MartletPack *_Nonnull pack); \
    void (*_Nonnull product_##T)(const MartletProduct *_Nonnull product); \
    void (*_Nonnull attention_##T)(const MartletAttention *_Nonnull attention); \
    void (*_Nonnull attention_backward_##T)(const MartletAttention *_Nonnull attention);

typedef struct MartletKernels {
    MartletTier tier;
    const char *_Nonnull name;
    MARTLET_REAL_KERNELS(float, f32)
    MARTLET_REAL_KERNELS(double, f64)
    // bfloat16 operands, float32 accumulation and result. Denormals are flushed to zero.
    MartletPanels panels_bf16;
    void (*_Nonnull pack_a_bf16)(const MartletPack *_Nonnull pack);
    void (*_Nonnull pack_b_bf16)(const MartletPack *_Nonnull pack);
    void (*_Nonnull product_bf16)(const MartletProduct *_Nonnull product);
    void (*_Nonnull attention_bf16)(const MartletAttention *_Nonnull attention);
    void (*_Nonnull attention_backward_bf16)(const MartletAttention *_Nonnull attention);
    // `rows` query rows [width] over `keys` cached positions in blocks of 32, laid out as right
    // operands: a key block is [width / 2][32][2], a value block one panel [16][32][2] for every 32
    // of the width, whose last panel is whole. width is even; `scores` has room for 2 values a
    // position of the blocks in use. out = softmax(scale q K^T + bias) V, rows
    // [width]; bias [rows][keys], rows bias_row apart, or NULL.
    void (*_Nonnull attend_bf16)(const uint16_t *_Nonnull query, size_t rows,
        const uint16_t *_Nonnull const *_Nonnull key_blocks,
        const uint16_t *_Nonnull const *_Nonnull value_blocks, size_t keys, size_t width,
        float scale, const float *_Nullable bias, ptrdiff_t bias_row, float *_Nonnull scores,
        uint16_t *_Nonnull out);
    // norm_f32 with y in bfloat16, and its derivative from a bfloat16 dy; `row` has room for n.
    void (*_Nonnull norm_bf16)(const float *_Nonnull x, const float *_Nullable weight,
        const float *_Nullable bias, float epsilon, bool centered, uint16_t *_Nonnull y,
        float *_Nonnull mean, float *_Nonnull rstd, size_t rows, size_t n, float *_Nonnull row);
    void (*_Nonnull norm_backward_bf16)(const float *_Nonnull x, const float *_Nullable weight,
        const float *_Nonnull mean, const float *_Nonnull rstd, bool centered,
        const uint16_t *_Nonnull dy, float *_Nonnull dx, float *_Nullable d_weight,
        float *_Nullable d_bias, size_t rows, size_t n, float *_Nonnull row);
    // out = a b over bfloat16.
    void (*_Nonnull multiply_bf16)(const uint16_t *_Nonnull a, const uint16_t *_Nonnull b,
        uint16_t *_Nonnull out, size_t n);
    // sum_rows_f32 of bfloat16 rows.
    void (*_Nonnull sum_rows_bf16)(const uint16_t *_Nonnull x, size_t rows, size_t columns,
        ptrdiff_t stride, float *_Nonnull out);
    // Per row of logits: the loss against its target, and softmax(x) - onehot(target) in bfloat16, in
    // rows of `stride` values of which those behind the n-th are 0. Rows with target < 0 give zeros.
    // The logits are overwritten.
    void (*_Nonnull cross_entropy_slopes_bf16)(float *_Nonnull x, const int32_t *_Nonnull targets,
                                               float *_Nonnull loss, uint16_t *_Nonnull slopes,
                                               size_t stride, size_t rows, size_t n);
    // Conversions: round to nearest even, NaN stays NaN; bfloat16 flushes denormals both ways.
    void (*_Nonnull f32_to_bf16)(const float *_Nonnull x, uint16_t *_Nonnull y, size_t n);
    void (*_Nonnull bf16_to_f32)(const uint16_t *_Nonnull x, float *_Nonnull y, size_t n);
    void (*_Nonnull f32_to_f16)(const float *_Nonnull x, uint16_t *_Nonnull y, size_t n);
    void (*_Nonnull f16_to_f32)(const uint16_t *_Nonnull x, float *_Nonnull y, size_t n);
    // Counter-based random words (Philox 4x32-10, Salmon et al. 2011): word i of stream `key`
    // depends on nothing else. Normals are Box-Muller pairs of two words each.
    void (*_Nonnull random_words)(uint64_t key, uint64_t offset, uint32_t *_Nonnull out, size_t n);
    void (*_Nonnull random_normal)(uint64_t key, uint64_t offset, float *_Nonnull out, size_t n);
} MartletKernels;

#ifdef __cplusplus
extern "C" {
#endif

/// Whether processor and operating system run this tier. AMX asks Linux for the tile registers.
bool martlet_tier_supported(MartletTier tier);
/// The best supported tier.
MartletTier martlet_best_tier(void);
/// The table of a tier; the caller has checked that it is supported.
const MartletKernels *_Nonnull martlet_kernels(MartletTier tier);
/// The AMX tier with its tile instructions replaced by a plain C model of them: lets any machine
/// check the tier's layouts and tails against the scalar tier. Slow; for tests.
const MartletKernels *_Nonnull martlet_kernels_amx_model(void);
/// Processors this process may be scheduled on; a container may have fewer than the machine.
int martlet_processor_count(void);
/// Bytes of scratch one bfloat16 attention call needs, forward or backward, in any tier.
size_t martlet_attention_bf16_scratch(size_t keys, size_t width);
/// Elements of scratch one float32 or float64 attention call needs, likewise.
size_t martlet_attention_scratch(size_t group, size_t queries, size_t keys, size_t width);
/// Tells the processor that a thread is waiting for another.
static inline void martlet_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
/// Copies a strided matrix of `rows` x `columns` elements of `width` bytes (1, 2, 4 or 8) to a
/// contiguous one. Strides are in elements.
void martlet_copy_strided(const void *_Nonnull source, ptrdiff_t row_stride,
                          ptrdiff_t column_stride, void *_Nonnull out, size_t rows,
                          size_t columns, size_t width);

#ifdef __cplusplus
}
#endif
#endif
