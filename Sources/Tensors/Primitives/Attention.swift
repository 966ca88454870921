import CKernels

/// Scaled dot-product attention (Vaswani et al. 2017) with grouped key-value heads (Ainslie et al.
/// 2023), computed by blocks: no queries x keys matrix is kept.
///
/// Shapes: query [batch, queries, heads, width], key and value [batch, keys, keyValueHeads, width];
/// the output is [batch, queries, heads, width]. Query i sees keys 0 ... i + keys - queries when
/// causal. Real or bfloat16; bfloat16 heads are multiplied as such and summed in float32.
///
/// Biases follow the three operands, if there are any: by distance [heads, queries + keys - 1], whose
/// entry for query i and key j is j - i + queries - 1, and by key [batch, keys], which has no
/// gradient. Both are real.
struct Attention: Primitive {
    let scale: Double
    let causal: Bool
    var hasDistanceBias = false
    var hasKeyBias = false
    var name: String { causal ? "causal attention" : "attention" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let biases = biases(x, after: 3)
        let call = AttentionCall(
            self, Self.rows(x[0]), Self.rows(x[1]), Self.rows(x[2]), biases)
        let (out, logSum) = call.forward()
        return Evaluation(
            output: out, kept: [call.query, call.key, call.value, out, logSum] + biases.kept)
    }

    /// The biases among operands, the first of which comes after `count` others.
    func biases(_ x: [Tensor], after count: Int) -> AttentionBiases {
        AttentionBiases(
            distance: hasDistanceBias ? x[count] : nil,
            key: hasKeyBias ? x[count + (hasDistanceBias ? 1 : 0)] : nil)
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (query, key, value) = (saved.kept[0], saved.kept[1], saved.kept[2])
        let gradients = [query, key, value].map {
            Tensor(uninitialized: $0.shape, $0.dtype, on: $0.device)
        }
        let byDistance = AttentionCall(
            self, query, key, value, biases(saved.kept, after: 5)
        ).backward(
            output: saved.kept[3], logSum: saved.kept[4], Self.rows(dy.cast(to: query.dtype)),
            into: gradients[0], gradients[1], gradients[2],
            wantsDistances: hasDistanceBias && needs[3])
        return gradients + (hasDistanceBias ? [byDistance] : []) + (hasKeyBias ? [nil] : [])
    }

    /// Any strides will do except within a head.
    static func rows(_ t: Tensor) -> Tensor {
        t.rank == 4 && (t.strides[3] == 1 || t.shape[3] == 1) ? t : t.packed()
    }
}

/// What is added to scaled scores.
struct AttentionBiases {
    /// [heads, queries + keys - 1].
    let distance: Tensor?
    /// [batch, keys].
    let key: Tensor?

    init(distance: Tensor?, key: Tensor?) {
        self.distance = distance?.packed()
        self.key = key?.packed()
    }

    var kept: [Tensor] { [distance, key].compactMap { $0 } }
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
        let biases = attention.biases(x, after: 1)
        let (out, logSum) = AttentionCall(attention, query, key, value, biases).forward()
        let merged = out.reshaped([all.shape[0], all.shape[1], -1])
        return Evaluation(output: merged, kept: [all, out, logSum] + biases.kept)
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (all, out, logSum) = (saved.kept[0], saved.kept[1], saved.kept[2])
        let gradient = Tensor(uninitialized: all.shape, all.dtype, on: all.device)
        let (query, key, value) = parts(all)
        let (dQuery, dKey, dValue) = parts(gradient)
        let byDistance = AttentionCall(
            attention, query, key, value, attention.biases(saved.kept, after: 3)
        ).backward(
            output: out, logSum: logSum,
            dy.cast(to: all.dtype).packed().reshaped(out.shape), into: dQuery, dKey, dValue,
            wantsDistances: attention.hasDistanceBias && needs[1])
        return [gradient] + (attention.hasDistanceBias ? [byDistance] : [])
            + (attention.hasKeyBias ? [nil] : [])
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
    let biases: AttentionBiases
    private var device: Device { query.device }
    /// What biases and sums are.
    private var real: DType { query.dtype == .bfloat16 ? .float32 : query.dtype }

    init(
        _ attention: Attention, _ query: Tensor, _ key: Tensor, _ value: Tensor,
        _ biases: AttentionBiases
    ) {
        let (batch, heads, width) = (query.shape[0], query.shape[2], query.shape[3])
        precondition(
            key.shape == [batch, key.shape[1], key.shape[2], width] && value.shape == key.shape
                && heads % key.shape[2] == 0 && query.dtype == key.dtype
                && value.dtype == key.dtype
                && (!attention.causal || query.shape[1] <= key.shape[1]),
            "attention: query \(query.shape), key \(key.shape), value \(value.shape)")
        (self.attention, self.query, self.key, self.value) = (attention, query, key, value)
        self.biases = biases
        let distances = query.shape[1] + key.shape[1] - 1
        precondition(
            biases.distance.map { $0.shape == [heads, distances] && $0.dtype == real } ?? true
                && biases.key.map { $0.shape == [batch, key.shape[1]] && $0.dtype == real } ?? true,
            "attention: biases \(biases.kept.map(\.shape)) for query \(query.shape), key \(key.shape)"
        )
    }

    /// The output, and per head and query the logarithm of the sum of exponentials.
    func forward() -> (output: Tensor, logSum: Tensor) {
        let out = Tensor(uninitialized: query.shape, query.dtype, on: device)
        let logSum = Tensor(
            uninitialized: [query.shape[0], query.shape[2], query.shape[1]], real, on: device)
        run(out, logSum) { call, _, _ in
            switch query.dtype {
            case .float32: device.kernels.attention_f32(&call)
            case .bfloat16: device.kernels.attention_bf16(&call)
            default: device.kernels.attention_f64(&call)
            }
        }
        return (out, logSum)
    }

    /// Writes the gradients of the three operands, and returns that of the biases by distance.
    func backward(
        output out: Tensor, logSum: Tensor, _ dy: Tensor, into dQuery: Tensor, _ dKey: Tensor,
        _ dValue: Tensor, wantsDistances: Bool
    ) -> Tensor? {
        let width = query.dtype.byteWidth
        // Batch rows are added in order afterwards.
        let heads = query.shape[2]
        let distances = query.shape[1] + key.shape[1] - 1
        let byDistance =
            wantsDistances
            ? Tensor.zeros([query.shape[0], heads, distances], real, on: device) : nil
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
            if let byDistance {
                call.d_distance_bias =
                    byDistance.raw + (batch * heads + head * group) * distances * real.byteWidth
            }
            switch query.dtype {
            case .float32: device.kernels.attention_backward_f32(&call)
            case .bfloat16: device.kernels.attention_backward_bf16(&call)
            default: device.kernels.attention_backward_f64(&call)
            }
        }
        return byDistance?.sum([0])
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
                        scale: attention.scale, causal: attention.causal,
                        distance_bias: biases.distance.map {
                            UnsafeRawPointer(
                                $0.raw + head * group * (queries + keys - 1) * real.byteWidth)
                        }, distance_bias_head: queries + keys - 1,
                        key_bias: biases.key.map {
                            UnsafeRawPointer($0.raw + batch * keys * real.byteWidth)
                        }, scratch: memory, d_output: nil, d_output_row: 0, d_output_head: 0,
                        d_query: nil, d_key: nil,
                        d_value: nil, d_query_row: 0, d_query_head: 0, d_key_row: 0,
                        d_value_row: 0, d_distance_bias: nil)
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
    ///
    /// - Parameters:
    ///   - distanceBias: what is added to scores by distance
    ///   - keyBias: [batch, keys], what is added to scores by key; -1e30 hides a key
    public func attention(
        key: Tensor, value: Tensor, causal: Bool, scale: Double? = nil,
        distanceBias: DistanceBias? = nil, keyBias: Tensor? = nil
    ) -> Tensor {
        if dtype == .float16 {
            return cast(to: .float32).attention(
                key: key.cast(to: .float32), value: value.cast(to: .float32), causal: causal,
                scale: scale, distanceBias: distanceBias, keyBias: keyBias
            ).cast(to: dtype)
        }
        precondition(
            rank == 4 && shape[3] > 0 && dtype.isFloatingPoint, "attention: query \(dtype) \(shape)"
        )
        let scale = scale ?? 1 / Double(shape[3]).squareRoot()
        let distances = distanceBias?.table(queries: shape[1], keys: key.shape[1], heads: shape[2])
        return Tensor.apply(
            Attention(
                scale: scale, causal: causal, hasDistanceBias: distances != nil,
                hasKeyBias: keyBias != nil),
            [self, key, value] + [distances, keyBias].compactMap { $0 })
    }

    /// Self-attention of rows [query heads | key heads | value heads]:
    /// [batch, time, (heads + 2 keyValueHeads) headWidth] -> [batch, time, heads headWidth]. Biases
    /// as for ``attention(key:value:causal:scale:distanceBias:keyBias:)``.
    public func selfAttention(
        heads: Int, keyValueHeads: Int, causal: Bool, scale: Double,
        distanceBias: DistanceBias? = nil, keyBias: Tensor? = nil
    ) -> Tensor {
        precondition(
            rank == 3 && shape[2] % (heads + 2 * keyValueHeads) == 0 && dtype != .float16
                && dtype.isFloatingPoint,
            "self-attention: \(dtype) \(shape) for \(heads) heads over \(keyValueHeads)")
        let distances = distanceBias?.table(queries: shape[1], keys: shape[1], heads: heads)
        let attention = Attention(
            scale: scale, causal: causal, hasDistanceBias: distances != nil,
            hasKeyBias: keyBias != nil)
        return Tensor.apply(
            SelfAttention(attention: attention, heads: heads, keyValueHeads: keyValueHeads),
            [self] + [distances, keyBias].compactMap { $0 })
    }
}

extension Tensor {
    /// The probabilities behind ``attention(key:value:causal:scale:distanceBias:keyBias:)``,
    /// [batch, heads, queries, keys] in float32, with every score written out: for looking at.
    public func attentionProbabilities(
        key: Tensor, causal: Bool, scale: Double, distanceBias: DistanceBias? = nil,
        keyBias: Tensor? = nil
    ) -> Tensor {
        let (queries, heads) = (shape[1], shape[2])
        let (keys, group) = (key.shape[1], shape[2] / key.shape[2])
        let right = key.detached.cast(to: .float32).transposed([0, 2, 3, 1])  // [B, K, D, keys]
        let wide = right.reshaped([right.shape[0], right.shape[1], 1, right.shape[2], keys])
            .broadcast(to: [right.shape[0], right.shape[1], group, right.shape[2], keys])
            .reshaped([right.shape[0], heads, right.shape[2], keys])
        var scores =
            detached.cast(to: .float32).transposed([0, 2, 1, 3]).matmul(wide) * scale
        let table = distanceBias?.table(queries: queries, keys: keys, heads: heads).detached.floats
        if table != nil || causal {
            var added = [Float](repeating: 0, count: heads * queries * keys)
            for head in 0..<heads {
                for i in 0..<queries {
                    let row = (head * queries + i) * keys
                    for j in 0..<keys {
                        let place = head * (queries + keys - 1) + j - i + queries - 1
                        added[row + j] = table?[place] ?? 0
                        if causal, j > i + keys - queries { added[row + j] = -1e30 }
                    }
                }
            }
            scores = scores + Tensor(added, [1, heads, queries, keys], on: device)
        }
        if let keyBias { scores = scores + keyBias.reshaped([keyBias.shape[0], 1, 1, keys]) }
        return scores.softmax()
    }
}

/// What attention adds to scores by the distance of key and query: relative positions (Raffel et al.
/// 2020), ALiBi (Press et al. 2022), sliding windows (Beltagy et al. 2020). A table as long as the
/// distances, never queries x keys.
public struct DistanceBias: Sendable {
    /// [heads, distances], or [1, distances] for all heads alike.
    public let values: Tensor
    /// The entry of distance 0; key j of a query at position i has entry `zero` + j - i.
    public let zero: Int

    /// A table over distances; -1e30 hides a key.
    public init(_ values: Tensor, zero: Int) {
        precondition(
            values.rank == 2 && zero < values.shape[1], "distances: \(values.shape), \(zero)")
        (self.values, self.zero) = (values, zero)
    }

    /// The part an attention of these extents reads, the last query standing at the last key.
    func table(queries: Int, keys: Int, heads: Int) -> Tensor {
        let first = zero - (keys - 1)
        precondition(
            first >= 0 && first + queries + keys - 1 <= values.shape[1]
                && [1, heads].contains(values.shape[0]),
            "distances: \(values.shape) from \(-zero) for \(queries) queries, \(keys) keys")
        let part = values.sliced(1, first..<first + queries + keys - 1)
        return part.shape[0] == heads ? part : part.broadcast(to: [heads, queries + keys - 1])
    }
}
