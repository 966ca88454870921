import CKernels
import Testing

/// Attention over bfloat16 heads against the formula in Double on the same rounded operands.
@Suite struct HalfAttentionTests {
    private static let shapes: [(queries: Int, keys: Int, width: Int, group: Int)] = [
        (1, 1, 8, 1), (5, 5, 16, 2), (64, 64, 64, 1), (65, 65, 33, 1), (64, 130, 24, 3),
        (257, 257, 32, 1), (70, 600, 64, 1),
    ]

    /// Probabilities, outputs and score gradients are each rounded once to 8 bits.
    private static let slack = 0.012

    @Test(arguments: Tier.testedWithModel) func forwardAndBackward(_ tier: Tier) {
        for (turn, shape) in Self.shapes.enumerated() {
            for causal in [true, false] {
                let problem = AttentionReference(
                    group: shape.group, queries: shape.queries, keys: shape.keys,
                    width: shape.width, causal: causal, seed: UInt64(70 + turn), halves: true)
                check(problem, tier, Placement.allCases[turn % 3])
            }
        }
    }

    private func check(_ problem: AttentionReference, _ tier: Tier, _ placement: Placement) {
        let (group, width) = (problem.group, problem.width)
        let (queries, keys) = (problem.queries, problem.keys)
        let what = """
            bfloat16 attention \(tier.name) group \(group), \(queries) queries, \(keys) keys, \
            width \(width), causal \(problem.causal)
            """
        let space = Workspace(placement)
        let (row, single) = (group * width + 6, width + 4)
        func spread(_ x: [Double], heads: Int, positions: Int, _ row: Int) -> [UInt16] {
            var memory = [UInt16](repeating: 0xffff, count: positions * row)
            for i in x.indices {
                let (head, rest) = i.quotientAndRemainder(dividingBy: positions * width)
                memory[rest / width * row + head * width + rest % width] =
                    HalfFormat.bfloat16.pattern(x[i])
            }
            return memory
        }
        func gather(_ p: UnsafeMutablePointer<UInt16>, heads: Int, positions: Int, _ row: Int)
            -> [Float]
        {
            (0..<heads * positions * width).map { i in
                let (head, rest) = i.quotientAndRemainder(dividingBy: positions * width)
                let at = rest / width * row + head * width + rest % width
                return Float(HalfFormat.bfloat16.value(p[at]))
            }
        }
        let query = space.input(spread(problem.query, heads: group, positions: queries, row))
        let key = space.input(spread(problem.key, heads: 1, positions: keys, single))
        let value = space.input(spread(problem.value, heads: 1, positions: keys, single))
        let dOutput = space.input(spread(problem.dOutput, heads: group, positions: queries, row))
        let output = space.output(queries * row, of: UInt16.self)
        let dQuery = space.output(queries * row, of: UInt16.self)
        let dKey = space.output(keys * single, of: UInt16.self)
        let dValue = space.output(keys * single, of: UInt16.self)
        let logSum = space.output(group * queries, of: Float.self)
        // Whatever is left in the scratch, NaN here, must not be read.
        let bytes = martlet_attention_bf16_scratch(keys, width)
        let aligned = Workspace(placement == .unaligned ? .aligned : placement)
        let scratch = aligned.output(bytes / 4, of: Float.self)
        var call = MartletAttention(
            query: query, key: key, value: value, output: output, log_sum: logSum, query_row: row,
            key_row: single, value_row: single, output_row: row, query_head: width,
            output_head: width, group: group, queries: queries, keys: keys, width: width,
            scale: problem.scale, causal: problem.causal, distance_bias: nil,
            distance_bias_head: 0, key_bias: nil, scratch: scratch,
            d_output: UnsafeRawPointer(dOutput), d_output_row: row, d_output_head: width,
            d_query: UnsafeMutableRawPointer(dQuery), d_key: UnsafeMutableRawPointer(dKey),
            d_value: UnsafeMutableRawPointer(dValue), d_query_row: row, d_query_head: width,
            d_key_row: single, d_value_row: single, d_distance_bias: nil)
        tier.kernels.pointee.attention_bf16(&call)
        tier.kernels.pointee.attention_backward_bf16(&call)

        func compare(_ name: String, _ actual: [Float], _ expected: [Double]) {
            let largest = expected.reduce(0.25) { max($0, abs($1)) }
            expectClose(actual, expected, "\(what): \(name)") { _ in Self.slack * largest }
        }
        compare(
            "output", gather(output, heads: group, positions: queries, row), problem.output)
        compare("log-sum", space.values(logSum, group * queries), problem.logSum)
        compare(
            "d query", gather(dQuery, heads: group, positions: queries, row), problem.dQuery)
        compare("d key", gather(dKey, heads: 1, positions: keys, single), problem.dKey)
        compare("d value", gather(dValue, heads: 1, positions: keys, single), problem.dValue)
        space.expectIntact(what)
        aligned.expectIntact("\(what): scratch")
    }
}
