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

    /// x W^T + bias over the last axis of x.
    public func linear(_ x: Tensor, bias: Parameter? = nil) -> Tensor {
        switch representation {
        case .dense(let parameter):
            x.linear(
                parameter.value, bias: bias?.value,
                cache: parameter.packedWeights.map { ($0, parameter.leaf) })
        }
    }

    /// Rows by int32 index.
    public func rows(at ids: Tensor) -> Tensor {
        switch representation {
        case .dense(let parameter): parameter.value.rows(at: ids)
        }
    }
}
