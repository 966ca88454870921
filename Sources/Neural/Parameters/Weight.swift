import Tensors

/// The weight of a linear map or an embedding, in whatever representation its scope chose. Layers
/// hold a `Weight` and never look inside; quantised and adapted weights are further cases.
public struct Weight: Sendable {
    private enum Representation: Sendable {
        case dense(Parameter)
    }
    private let representation: Representation

    init(dense parameter: Parameter) { representation = .dense(parameter) }

    /// [out, in].
    public var shape: Shape {
        switch representation {
        case .dense(let parameter): parameter.shape
        }
    }

    /// f(x W^T + bias) + residual over the last axis of x.
    ///
    /// - Parameter forProducts: only products will read the result: it is made what they read
    public func linear(
        _ x: Tensor, bias: Parameter? = nil, activation: Activation? = nil,
        residual: Tensor? = nil, forProducts: Bool = false
    ) -> Tensor {
        switch representation {
        case .dense(let parameter):
            let value = parameter.value
            return x.linear(
                value, bias: bias?.value, activation: activation, residual: residual,
                output: forProducts ? x.device.operandType(for: .float32) : .float32,
                cache: parameter.packedWeights.map { ($0, parameter.leaf) })
        }
    }

    /// The cross-entropy of the logits x W^T [..., out] against int32 targets, summed over those not
    /// below 0, and how many there are.
    func projectedLoss(_ x: Tensor, _ targets: Tensor) -> (total: Tensor, count: Int) {
        switch representation {
        case .dense(let parameter):
            (
                x.projectedCrossEntropy(parameter.value.cast(to: .float32), targets),
                Losses.countedTargets(targets)
            )
        }
    }

    /// Rows by int32 index; reading `fixedRow` does not train it.
    public func rows(at ids: Tensor, fixedRow: Int? = nil) -> Tensor {
        switch representation {
        case .dense(let parameter):
            parameter.value.rows(at: ids, fixedRow: fixedRow).cast(to: .float32)
        }
    }
}
