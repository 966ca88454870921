// Macros that the first pass over real.h left behind and the second defines again.
#undef EACH
#undef PARTIAL_ARGUMENT
#undef LOAD_X
#undef LOAD_XYD
#undef LOAD_AB
#undef LOAD_YX
#undef LOAD_SCALE
#undef LOAD_YD
#undef GELU_INNER
#undef GELU_CUBE
#undef ROOT_HALF
#undef ROOT_HALF_PI
