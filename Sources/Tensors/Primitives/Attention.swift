import CKernels

/// Scaled dot-product attention (Vaswani et al. 2017) with grouped key-value heads (Ainslie et al.
/// 2023), computed by blocks: no queries x keys matrix is kept.
///
/// Shapes: query [batch, queries, heads, width], key and value [batch, keys, keyValueHeads, width];
/// the output is [batch, queries, heads, width]. Query i sees keys 0 ... i + keys - queries when
/// causal.
struct Attention: Primitive {
    let scale: Double
    let causal: Bool
    var name: String { causal ? "causal attention" : "attention" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let (query, key, value) = (Self.rows(x[0]), Self.rows(x[1]), Self.rows(x[2]))
        query.requireReal(name)
        let (batch, queries, heads, width) = (
            query.shape[0], query.shape[1], query.shape[2], query.shape[3]
        )
        let (keys, keyValueHeads) = (key.shape[1], key.shape[2])
        precondition(
            key.shape == [batch, keys, keyValueHeads, width] && value.shape == key.shape
                && heads % keyValueHeads == 0 && query.dtype == key.dtype
                && (!causal || queries <= keys),
            "attention: query \(query.shape), key \(key.shape), value \(value.shape)")
        let out = Tensor(uninitialized: query.shape, query.dtype, on: query.device)
        let logSum = Tensor(uninitialized: [batch, heads, queries], query.dtype, on: query.device)
        run(query, key, value, out, logSum) { call, _, _ in
            if query.dtype == .float32 {
                query.device.kernels.attention_f32(&call)
            } else {
                query.device.kernels.attention_f64(&call)
            }
        }
        return Evaluation(output: out, kept: [query, key, value, out, logSum])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (query, key, value, out, logSum) = (
            saved.kept[0], saved.kept[1], saved.kept[2], saved.kept[3], saved.kept[4]
        )
        let dy = dy.packed()
        let dQuery = Tensor(uninitialized: query.shape, query.dtype, on: query.device)
        let dKey = Tensor(uninitialized: key.shape, key.dtype, on: key.device)
        let dValue = Tensor(uninitialized: value.shape, value.dtype, on: value.device)
        let width = query.dtype.byteWidth
        let group = query.shape[2] / key.shape[2]
        run(query, key, value, out, logSum) { call, batch, head in
            let queryAt = (batch * dQuery.strides[0] + head * group * dQuery.strides[2]) * width
            let keyAt = (batch * dKey.strides[0] + head * dKey.strides[2]) * width
            call.d_output = UnsafeRawPointer(dy.raw + queryAt)
            call.d_output_row = dy.strides[1]
            call.d_output_head = dy.strides[2]
            call.d_query = dQuery.raw + queryAt
            call.d_query_row = dQuery.strides[1]
            call.d_query_head = dQuery.strides[2]
            call.d_key = dKey.raw + keyAt
            call.d_key_row = dKey.strides[1]
            call.d_value = dValue.raw + keyAt
            call.d_value_row = dValue.strides[1]
            if query.dtype == .float32 {
                query.device.kernels.attention_backward_f32(&call)
            } else {
                query.device.kernels.attention_backward_f64(&call)
            }
        }
        return [dQuery, dKey, dValue]
    }

    /// Calls `body` for every (batch, key-value head) with the call's forward fields filled in.
    private func run(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, _ out: Tensor, _ logSum: Tensor,
        _ body: (inout MartletAttention, _ batch: Int, _ head: Int) -> Void
    ) {
        let (queries, keys, keyValueHeads) = (query.shape[1], key.shape[1], key.shape[2])
        let group = query.shape[2] / keyValueHeads
        let bytes = query.dtype.byteWidth
        let scratch = martlet_attention_scratch(group, queries, keys, query.shape[3])
        query.device.parallel(query.shape[0] * keyValueHeads, grain: 1) { range in
            query.device.withScratch(UInt8.self, count: scratch * bytes) { memory in
                for task in range {
                    let (batch, head) = (task / keyValueHeads, task % keyValueHeads)
                    func at(_ t: Tensor, _ head: Int) -> UnsafeMutableRawPointer {
                        t.raw + (batch * t.strides[0] + head * t.strides[2]) * bytes
                    }
                    let logSumAt = (batch * query.shape[2] + head * group) * queries * bytes
                    var call = MartletAttention(
                        query: at(query, head * group), key: at(key, head), value: at(value, head),
                        output: at(out, head * group), log_sum: logSum.raw + logSumAt,
                        query_row: query.strides[1], key_row: key.strides[1],
                        value_row: value.strides[1], output_row: out.strides[1],
                        query_head: query.strides[2], output_head: out.strides[2], group: group,
                        queries: queries, keys: keys, width: query.shape[3], scale: scale,
                        causal: causal, scratch: memory, d_output: nil, d_output_row: 0,
                        d_output_head: 0, d_query: nil, d_key: nil, d_value: nil, d_query_row: 0,
                        d_query_head: 0, d_key_row: 0, d_value_row: 0)
                    body(&call, batch, head)
                }
            }
        }
    }

    /// Any strides will do except within a head.
    private static func rows(_ t: Tensor) -> Tensor {
        t.rank == 4 && (t.strides[3] == 1 || t.shape[3] == 1) ? t : t.packed()
    }
}

extension Tensor {
    /// Attention of this query [batch, queries, heads, width] over keys and values
    /// [batch, keys, keyValueHeads, width]; scores are multiplied by `scale`, 1/sqrt(width) unless
    /// given.
    public func attention(
        key: Tensor, value: Tensor, causal: Bool, scale: Double? = nil
    ) -> Tensor {
        if dtype.isHalf {
            return cast(to: .float32).attention(
                key: key.cast(to: .float32), value: value.cast(to: .float32), causal: causal,
                scale: scale
            ).cast(to: dtype)
        }
        precondition(rank == 4 && shape[3] > 0, "attention: query \(shape)")
        let scale = scale ?? 1 / Double(shape[3]).squareRoot()
        return Tensor.apply(Attention(scale: scale, causal: causal), [self, key, value])
    }
}
