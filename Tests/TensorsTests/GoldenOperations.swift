import ByteIO
import Tensors
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension GoldenCase {
    /// Runs the case's operation with our tensors.
    func run(_ x: [Tensor]) -> Tensor? {
        switch operation {
        case "add": return x[0] + x[1]
        case "subtract": return x[0] - x[1]
        case "multiply": return x[0] * x[1]
        case "divide": return x[0] / x[1]
        case "maximum": return x[0].maximum(x[1])
        case "minimum": return x[0].minimum(x[1])
        case "power": return x[0].power(double("exponent"))
        case "less": return x[0].less(than: x[1])
        case "greater": return x[0].greater(than: x[1])
        case "equal": return x[0].equals(x[1])
        case "negate": return -x[0]
        case "exp": return x[0].exp()
        case "log": return x[0].log()
        case "sqrt": return x[0].squareRoot()
        case "reciprocal": return x[0].reciprocal()
        case "tanh": return x[0].tanh()
        case "sigmoid": return x[0].sigmoid()
        case "relu": return x[0].relu()
        case "silu": return x[0].silu()
        case "gelu": return x[0].gelu()
        case "gelu_tanh": return x[0].gelu(approximate: true)
        case "erf": return x[0].erf()
        case "abs": return x[0].absolute()
        case "sin": return x[0].sine()
        case "cos": return x[0].cosine()
        case "where": return .select(x[0], x[1], x[2])
        case "sum": return x[0].sum(ints("axes"), keepingAxes: flag("keep"))
        case "mean": return x[0].mean(ints("axes"), keepingAxes: flag("keep"))
        case "maximum_of": return maximum(x[0])
        case "argmax": return x[0].argumentOfMaximum(along: int("axis"))
        case "softmax": return x[0].softmax(along: int("axis"))
        case "log_softmax": return x[0].logSoftmax(along: int("axis"))
        case "matmul":
            let a = flag("transposeLeft") ? x[0].transposed(-1, -2) : x[0]
            let b = flag("transposeRight") ? x[1].transposed(-1, -2) : x[1]
            return a.matmul(b)
        case "linear": return x[0].linear(x[1], bias: x.count > 2 ? x[2] : nil)
        case "reshape": return x[0].reshaped(Shape(ints("shape")))
        case "transpose": return x[0].transposed(ints("permutation"))
        case "slice": return x[0].sliced(from: ints("starts"), to: ints("ends"))
        case "concatenate": return .concatenated(x, axis: int("axis"))
        case "broadcast": return x[0].broadcast(to: Shape(ints("shape")))
        case "gather": return x[0].rows(at: x[1])
        case "take_along": return x[0].taking(along: x[1])
        case "scatter_add": return x[0].addingRows(x[2], at: x[1])
        case "layer_norm":
            return x[0].layerNormalized(
                weight: x[1], bias: x.count > 2 ? x[2] : nil, epsilon: double("epsilon"))
        case "rms_norm":
            return x[0].rootMeanSquareNormalized(weight: x[1], epsilon: double("epsilon"))
        case "attention":
            // The golden has heads before positions, we have positions before heads.
            let (q, k, v) = (x[0].transposed(1, 2), x[1].transposed(1, 2), x[2].transposed(1, 2))
            return q.attention(key: k, value: v, causal: flag("causal"), scale: double("scale"))
                .transposed(1, 2)
        case "cross_entropy":
            let losses = x[0].crossEntropy(x[1])
            let mean = attributes["reduction"]?.string == "mean"
            return mean ? losses.sum() / Double(int("counted")) : losses
        case "rotary": return rotary(x[0])
        default: return nil
        }
    }

    private func maximum(_ x: Tensor) -> Tensor {
        var result = x
        for axis in ints("axes").sorted(by: >) {
            result = result.maximum(along: axis, keepingAxis: flag("keep"))
        }
        return result
    }

    private func rotary(_ x: Tensor) -> Tensor {
        let width = x.shape[3]
        let positions = ints("positions")
        var cosines: [Double] = []
        var sines: [Double] = []
        for position in positions {
            for i in 0..<width / 2 {
                let angle = Double(position) * pow(double("base"), -2 * Double(i) / Double(width))
                cosines.append(cos(angle))
                sines.append(sin(angle))
            }
        }
        let shape: Shape = [positions.count, width / 2]
        return x.transposed(1, 2).rotated(
            cosine: Tensor(cosines, shape, on: x.device).cast(to: x.dtype),
            sine: Tensor(sines, shape, on: x.device).cast(to: x.dtype),
            interleaved: flag("interleaved")
        ).transposed(1, 2)
    }
}
