// One tier: the includer defines TIER (a name), TIER_ID, the register shapes (MR_F32 …) and,
// through a pragma, the instruction set, and gets the table `martlet_kernels_<TIER>`.
#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define K(name) JOIN(name, TIER)
#define R(name) JOIN(JOIN(name, T), TIER)
#define F(name) JOIN(JOIN(name, f32), TIER)
#define VX(name) JOIN(VECTOR, name)
#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)

#include "vector.h"
#include "math_f32.h"
#include "math_f64.h"
#include "random.h"
#include "convert.h"

#define REAL float
#define T f32
#define V F16
#define VECTOR F16
#define LANES 16
#define MR MR_F32
#define NR NR_F32
#define VG_LANES LANES_F32
#define VG JOIN(VG, f32)
#define DEPTH_BLOCK DEPTH_F32
typedef float VG_f32 __attribute__((ext_vector_type(LANES_F32)));
#include "real.h"
#undef REAL
#undef T
#undef V
#undef VECTOR
#undef LANES
#undef MR
#undef NR
#undef VG_LANES
#undef VG

#define REAL double
#define T f64
#define V D8
#define VECTOR D8
#define LANES 8
#define MR MR_F32
#define NR (NR_F32 / 2)
#define VG_LANES (LANES_F32 / 2)
#define VG JOIN(VG, f64)
typedef double VG_f64 __attribute__((ext_vector_type(LANES_F32 / 2)));
#include "undefine.h"
#include "real.h"

#include "gemm_bf16.h"
#include "attention_bf16.h"
#include "attend_bf16.h"
#include "rows_bf16.h"

#define REAL_TABLE(S) \
    .unary_##S = JOIN(JOIN(unary, S), TIER), \
    .unary_backward_##S = JOIN(JOIN(unary_backward, S), TIER), \
    .binary_##S = JOIN(JOIN(binary, S), TIER), .compare_##S = JOIN(JOIN(compare, S), TIER), \
    .select_##S = JOIN(JOIN(select, S), TIER), .accumulate_##S = JOIN(JOIN(accumulate, S), TIER), \
    .sum_##S = JOIN(JOIN(sum, S), TIER), .sum_squares_##S = JOIN(JOIN(sum_squares, S), TIER), \
    .maximum_##S = JOIN(JOIN(maximum, S), TIER), .sum_rows_##S = JOIN(JOIN(sum_rows, S), TIER), \
    .softmax_##S = JOIN(JOIN(softmax, S), TIER), \
    .softmax_backward_##S = JOIN(JOIN(softmax_backward, S), TIER), \
    .norm_##S = JOIN(JOIN(norm, S), TIER), \
    .norm_backward_##S = JOIN(JOIN(norm_backward, S), TIER), \
    .cross_entropy_##S = JOIN(JOIN(cross_entropy, S), TIER), \
    .cross_entropy_backward_##S = JOIN(JOIN(cross_entropy_backward, S), TIER), \
    .rotary_##S = JOIN(JOIN(rotary, S), TIER), .dropout_##S = JOIN(JOIN(dropout, S), TIER), \
    .adam_##S = JOIN(JOIN(adam, S), TIER), .attend_##S = JOIN(JOIN(attend, S), TIER), \
    .pack_a_##S = JOIN(JOIN(pack_a, S), TIER), .pack_b_##S = JOIN(JOIN(pack_b, S), TIER), \
    .product_##S = JOIN(JOIN(product, S), TIER), \
    .attention_##S = JOIN(JOIN(attention, S), TIER), \
    .attention_backward_##S = JOIN(JOIN(attention_backward, S), TIER)

const MartletKernels K(martlet_kernels) = {
    .tier = TIER_ID,
    .name = TEXT(TIER),
    REAL_TABLE(f32),
    .panels_f32 = {MR_F32, NR_F32, 1, F32_ROWS},
    REAL_TABLE(f64),
    .panels_f64 = {MR_F32, NR_F32 / 2, 1, F32_ROWS},
    .panels_bf16 = {BF16_MR, BF16_NR, BF16_DEPTH, true},
    .pack_a_bf16 = K(pack_a_bf16), .pack_b_bf16 = K(pack_b_bf16),
    .product_bf16 = K(product_bf16),
    .attention_bf16 = K(attention_bf16), .attention_backward_bf16 = K(attention_backward_bf16),
    .attend_bf16 = K(attend_bf16),
    .norm_bf16 = K(norm_bf16), .norm_backward_bf16 = K(norm_backward_bf16),
    .multiply_bf16 = K(multiply_bf16), .sum_rows_bf16 = K(sum_rows_bf16), \
    .cross_entropy_slopes_bf16 = K(cross_entropy_slopes_bf16),
    .f32_to_bf16 = K(f32_to_bf16), .bf16_to_f32 = K(bf16_to_f32),
    .f32_to_f16 = K(f32_to_f16), .f16_to_f32 = K(f16_to_f32),
    .random_words = K(random_words), .random_normal = K(random_normal),
};
