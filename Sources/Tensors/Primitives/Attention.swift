import CKernels

/// Scaled dot-product attention (Vaswani et al. 2017) with grouped key-value heads (Ainslie et al.
/// 2023), computed by blocks: no queries x keys matrix is kept.
///
/// Shapes: query [batch, queries, heads, width], key and value [batch, keys, keyValueHeads, width];
/// the output is [batch, queries, heads, width]. Query i sees keys 0 ... i + keys - queries when
/// causal. Real or bfloat16; bfloat16 heads are multiplied as such and summed in float32.
struct Attention: Primitive {
    let scale: Double
    let causal: Bool
    var name: String { causal ? "causal attention" : "attention" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let call = AttentionCall(self, Self.rows(x[0]), Self.rows(x[1]), Self.rows(x[2]))
        let (out, logSum) = call.forward()
        return Evaluation(output: out, kept: [call.query, call.key, call.value, out, logSum])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (query, key, value) = (saved.kept[0], saved.kept[1], saved.kept[2])
        let gradients = [query, key, value].map {
            Tensor(uninitialized: $0.shape, $0.dtype, on: $0.device)
        }
        AttentionCall(self, query, key, value).backward(
            output: saved.kept[3], logSum: saved.kept[4], Self.rows(dy.cast(to: query.dtype)),
            into: gradients[0], gradients[1], gradients[2])
        return gradients
    }

    /// Any strides will do except within a head.
    static func rows(_ t: Tensor) -> Tensor {
        t.rank == 4 && (t.strides[3] == 1 || t.shape[3] == 1) ? t : t.packed()
    }
}

/// Self-attention over rows [query heads | key heads | value heads], as one linear map makes them:
/// [batch, time, (heads + 2 keyValueHeads) width] -> [batch, time, heads width]. One input and one
/// gradient instead of three slices of each.
struct SelfAttention: Primitive {
    let attention: Attention
    let heads: Int
    let keyValueHeads: Int
    var name: String { "self-attention" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let all = x[0].packed()
        let (query, key, value) = parts(all)
        let (out, logSum) = AttentionCall(attention, query, key, value).forward()
        let merged = out.reshaped([all.shape[0], all.shape[1], -1])
        return Evaluation(output: merged, kept: [all, out, logSum])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (all, out, logSum) = (saved.kept[0], saved.kept[1], saved.kept[2])
        let gradient = Tensor(uninitialized: all.shape, all.dtype, on: all.device)
        let (query, key, value) = parts(all)
        let (dQuery, dKey, dValue) = parts(gradient)
        AttentionCall(attention, query, key, value).backward(
            output: out, logSum: logSum,
            dy.cast(to: all.dtype).packed().reshaped(out.shape), into: dQuery, dKey, dValue)
        return [gradient]
    }

    /// Views of the three parts, [batch, time, heads, width] each.
    private func parts(_ all: Tensor) -> (query: Tensor, key: Tensor, value: Tensor) {
        let (batch, time) = (all.shape[0], all.shape[1])
        let width = all.shape[2] / (heads + 2 * keyValueHeads)
        func part(_ first: Int, _ count: Int) -> Tensor {
            all.view(
                [batch, time, count, width],
                strides: [all.strides[0], all.strides[1], width, 1],
                offset: all.offset + first * width)
        }
        return (
            part(0, heads), part(heads, keyValueHeads),
            part(heads + keyValueHeads, keyValueHeads)
        )
    }
}

/// One attention over given heads: checks shapes, and hands each (batch, key-value head) to a
/// worker.
private struct AttentionCall {
    let attention: Attention
    let query: Tensor, key: Tensor, value: Tensor
    private var device: Device { query.device }

    init(_ attention: Attention, _ query: Tensor, _ key: Tensor, _ value: Tensor) {
        let (batch, heads, width) = (query.shape[0], query.shape[2], query.shape[3])
        precondition(
            key.shape == [batch, key.shape[1], key.shape[2], width] && value.shape == key.shape
                && heads % key.shape[2] == 0 && query.dtype == key.dtype
                && value.dtype == key.dtype
                && (!attention.causal || query.shape[1] <= key.shape[1]),
            "attention: query \(query.shape), key \(key.shape), value \(value.shape)")
        (self.attention, self.query, self.key, self.value) = (attention, query, key, value)
    }

    /// The output, and per head and query the logarithm of the sum of exponentials.
    func forward() -> (output: Tensor, logSum: Tensor) {
        let out = Tensor(uninitialized: query.shape, query.dtype, on: device)
        let logSum = Tensor(
            uninitialized: [query.shape[0], query.shape[2], query.shape[1]],
            query.dtype == .bfloat16 ? .float32 : query.dtype, on: device)
        run(out, logSum) { call, _, _ in
            switch query.dtype {
            case .float32: device.kernels.attention_f32(&call)
            case .bfloat16: device.kernels.attention_bf16(&call)
            default: device.kernels.attention_f64(&call)
            }
        }
        return (out, logSum)
    }

    /// Writes the gradients of the three operands.
    func backward(
        output out: Tensor, logSum: Tensor, _ dy: Tensor, into dQuery: Tensor, _ dKey: Tensor,
        _ dValue: Tensor
    ) {
        let width = query.dtype.byteWidth
        let group = query.shape[2] / key.shape[2]
        run(out, logSum) { call, batch, head in
            func at(_ t: Tensor, _ head: Int) -> UnsafeMutableRawPointer {
                t.raw + (batch * t.strides[0] + head * t.strides[2]) * width
            }
            call.d_output = UnsafeRawPointer(at(dy, head * group))
            call.d_output_row = dy.strides[1]
            call.d_output_head = dy.strides[2]
            call.d_query = at(dQuery, head * group)
            call.d_query_row = dQuery.strides[1]
            call.d_query_head = dQuery.strides[2]
            call.d_key = at(dKey, head)
            call.d_key_row = dKey.strides[1]
            call.d_value = at(dValue, head)
            call.d_value_row = dValue.strides[1]
            switch query.dtype {
            case .float32: device.kernels.attention_backward_f32(&call)
            case .bfloat16: device.kernels.attention_backward_bf16(&call)
            default: device.kernels.attention_backward_f64(&call)
            }
        }
    }

    /// Calls `body` for every (batch, key-value head) with the call's forward fields filled in.
    private func run(
        _ out: Tensor, _ logSum: Tensor,
        _ body: (inout MartletAttention, _ batch: Int, _ head: Int) -> Void
    ) {
        let (queries, keys, keyValueHeads) = (query.shape[1], key.shape[1], key.shape[2])
        let group = query.shape[2] / keyValueHeads
        let bytes = query.dtype.byteWidth
        let scratch =
            query.dtype == .bfloat16
            ? martlet_attention_bf16_scratch(keys, query.shape[3])
            : martlet_attention_scratch(group, queries, keys, query.shape[3]) * bytes
        device.parallel(query.shape[0] * keyValueHeads, grain: 1) { range in
            device.withScratch(UInt8.self, count: scratch) { memory in
                for task in range {
                    let (batch, head) = (task / keyValueHeads, task % keyValueHeads)
                    func at(_ t: Tensor, _ head: Int) -> UnsafeMutableRawPointer {
                        t.raw + (batch * t.strides[0] + head * t.strides[2]) * bytes
                    }
                    let logSumAt = (batch * query.shape[2] + head * group) * queries
                    var call = MartletAttention(
                        query: at(query, head * group), key: at(key, head), value: at(value, head),
                        output: at(out, head * group),
                        log_sum: logSum.raw + logSumAt * logSum.dtype.byteWidth,
                        query_row: query.strides[1], key_row: key.strides[1],
                        value_row: value.strides[1], output_row: out.strides[1],
                        query_head: query.strides[2], output_head: out.strides[2], group: group,
                        queries: queries, keys: keys, width: query.shape[3],
                        scale: attention.scale, causal: attention.causal, scratch: memory,
                        d_output: nil, d_output_row: 0, d_output_head: 0, d_query: nil, d_key: nil,
                        d_value: nil, d_query_row: 0, d_query_head: 0, d_key_row: 0,
                        d_value_row: 0)
                    body(&call, batch, head)
                }
            }
        }
    }
}

extension Tensor {
    /// Attention of this query [batch, queries, heads, width] over keys and values
    /// [batch, keys, keyValueHeads, width]; scores are multiplied by `scale`, 1/sqrt(width) unless
    /// given. Real or bfloat16.
    public func attention(
        key: Tensor, value: Tensor, causal: Bool, scale: Double? = nil
    ) -> Tensor {
        if dtype == .float16 {
            return cast(to: .float32).attention(
                key: key.cast(to: .float32), value: value.cast(to: .float32), causal: causal,
                scale: scale
            ).cast(to: dtype)
        }
        precondition(
            rank == 4 && shape[3] > 0 && dtype.isFloatingPoint, "attention: query \(dtype) \(shape)"
        )
        let scale = scale ?? 1 / Double(shape[3]).squareRoot()
        return Tensor.apply(Attention(scale: scale, causal: causal), [self, key, value])
    }

    /// Self-attention of rows [query heads | key heads | value heads]:
    /// [batch, time, (heads + 2 keyValueHeads) headWidth] -> [batch, time, heads headWidth].
    public func selfAttention(
        heads: Int, keyValueHeads: Int, causal: Bool, scale: Double
    ) -> Tensor {
        precondition(
            rank == 3 && shape[2] % (heads + 2 * keyValueHeads) == 0 && dtype != .float16
                && dtype.isFloatingPoint,
            "self-attention: \(dtype) \(shape) for \(heads) heads over \(keyValueHeads)")
        return Tensor.apply(
            SelfAttention(
                attention: Attention(scale: scale, causal: causal), heads: heads,
                keyValueHeads: keyValueHeads),
            [self])
    }
}
