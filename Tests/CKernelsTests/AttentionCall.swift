import CKernels
import Testing

/// What one tier makes of an attention, forward and backward.
struct AttentionResult<T: KernelReal> {
    let output, logSum, dQuery, dKey, dValue: [T]

    /// Runs both kernels. Heads of the group lie side by side within a position, positions have
    /// gaps, and the scratch is exactly as large as `martlet_attention_scratch` says.
    init(_ problem: AttentionReference, _ tier: Tier, _ placement: Placement = .aligned) {
        let (group, width) = (problem.group, problem.width)
        let (queries, keys) = (problem.queries, problem.keys)
        let what = """
            attention \(T.kernelName) \(tier.name) group \(group), \(queries) queries, \
            \(keys) keys, width \(width), causal \(problem.causal)
            """
        let space = Workspace(placement)
        let heads = Strided(heads: group, positions: queries, width: width, gap: 5)
        let single = Strided(heads: 1, positions: keys, width: width, gap: 3)
        let query = space.input(heads.spread(problem.query, of: T.self))
        let key = space.input(single.spread(problem.key, of: T.self))
        let value = space.input(single.spread(problem.value, of: T.self))
        let output = space.output(heads.count, of: T.self)
        let logSum = space.output(group * queries, of: T.self)
        let dOutput = space.input(heads.spread(problem.dOutput, of: T.self))
        let dQuery = space.output(heads.count, of: T.self)
        let dKey = space.output(single.count, of: T.self)
        let dValue = space.output(single.count, of: T.self)
        // Behind the scratch stands room that must stay untouched.
        let (scratch, room) = (martlet_attention_scratch(group, queries, keys, width), 16_384)
        let memory = space.output(scratch + room, of: T.self)
        var call = MartletAttention(
            query: query, key: key, value: value, output: output, log_sum: logSum,
            query_row: heads.row, key_row: single.row, value_row: single.row,
            output_row: heads.row, query_head: width, output_head: width, group: group,
            queries: queries, keys: keys, width: width, scale: problem.scale,
            causal: problem.causal, distance_bias: nil, distance_bias_head: 0, key_bias: nil,
            scratch: memory, d_output: nil, d_output_row: 0,
            d_output_head: 0, d_query: nil, d_key: nil, d_value: nil, d_query_row: 0,
            d_query_head: 0, d_key_row: 0, d_value_row: 0, d_distance_bias: nil)
        T.kernels(tier).attention(&call)
        (call.d_output, call.d_output_row, call.d_output_head) = (
            UnsafeRawPointer(dOutput), heads.row, width
        )
        (call.d_query, call.d_key, call.d_value) = (
            UnsafeMutableRawPointer(dQuery), UnsafeMutableRawPointer(dKey),
            UnsafeMutableRawPointer(dValue)
        )
        (call.d_query_row, call.d_query_head) = (heads.row, width)
        (call.d_key_row, call.d_value_row) = (single.row, single.row)
        T.kernels(tier).attentionBackward(&call)

        self.output = heads.gather(space.values(output, heads.count), what)
        self.logSum = space.values(logSum, group * queries)
        self.dQuery = heads.gather(space.values(dQuery, heads.count), what)
        self.dKey = single.gather(space.values(dKey, single.count), what)
        self.dValue = single.gather(space.values(dValue, single.count), what)
        let behind = space.values(memory + scratch, room).firstIndex {
            $0.bits != T.unwritten.bits
        }
        #expect(behind == nil, "\(what): the scratch is too small")
        space.expectIntact(what)
    }

    /// Compares with the reference, and with another tier's result if there is one.
    func expectClose(_ problem: AttentionReference, to other: AttentionResult<T>?, _ what: String) {
        // Scores are rounded at their size, which e^x turns into a relative error.
        let size =
            problem.logSum.reduce(4) { max($0, abs($1)) }
            + Double(problem.keys).squareRoot()
        check("output", output, problem.output, other?.output, size, what)
        check("log-sum", logSum, problem.logSum, other?.logSum, size, what)
        check("d query", dQuery, problem.dQuery, other?.dQuery, size, what)
        check("d key", dKey, problem.dKey, other?.dKey, size, what)
        check("d value", dValue, problem.dValue, other?.dValue, size, what)
    }

    private func check(
        _ name: String, _ actual: [T], _ expected: [Double], _ other: [T]?, _ size: Double,
        _ what: String
    ) {
        let largest = expected.reduce(0.25) { max($0, abs($1)) }
        let slack = 2 * T.epsilon * size * largest
        CKernelsTests.expectClose(actual, expected, "\(what): \(name)") { _ in slack }
        guard let other else { return }
        CKernelsTests.expectClose(actual, other.exact, "\(what): \(name) to scalar") { _ in slack }
    }
}

/// Heads side by side within a position, with a gap between positions.
struct Strided {
    let heads, positions, width, gap: Int

    var row: Int { heads * width + gap }
    var count: Int { positions * row - gap }

    /// From [head][position][width]; gaps are NaN.
    func spread<T: KernelReal>(_ x: [Double], of type: T.Type) -> [T] {
        var memory = [T](repeating: .unwritten, count: count)
        for i in x.indices { memory[place(i)] = T(rounding: x[i]) }
        return memory
    }

    /// Back; the gaps must still be as they were.
    func gather<T: KernelReal>(_ memory: [T], _ what: String) -> [T] {
        let gaps = memory.indices.filter { $0 % row >= heads * width }
        #expect(gaps.allSatisfy { memory[$0].bits == T.unwritten.bits }, "\(what): gaps")
        return (0..<heads * positions * width).map { memory[place($0)] }
    }

    private func place(_ i: Int) -> Int {
        let (head, rest) = i.quotientAndRemainder(dividingBy: positions * width)
        return rest / width * row + head * width + rest % width
    }
}
