#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One key-value head, the query heads that share it, and what attention and its derivatives give,
/// by the formula in Double. Heads are [position][width], one after the other.
struct AttentionReference: Sendable {
    private(set) var group, queries, keys, width: Int
    let causal: Bool
    let scale: Double
    private(set) var query, key, value, dOutput: [Double]
    private(set) var output: [Double]
    private(set) var logSum: [Double]
    private(set) var dQuery: [Double]
    private(set) var dKey: [Double]
    private(set) var dValue: [Double]

    /// Random operands; `spread` is how far from zero the queries go. With `halves` they are rounded
    /// to bfloat16 first.
    init(
        group: Int = 1, queries: Int, keys: Int, width: Int, causal: Bool, spread: Double = 2,
        seed: UInt64, halves: Bool = false
    ) {
        (self.group, self.queries, self.keys, self.width) = (group, queries, keys, width)
        self.causal = causal
        scale = 1 / Double(width).squareRoot()
        var random = Random(seed)
        let size = group * queries * width
        query = random.values(size, -spread, spread)
        key = random.values(keys * width, -1, 1.5)
        value = random.values(keys * width, -1, 2)
        dOutput = random.values(size)
        if halves {
            func rounded(_ x: [Double]) -> [Double] {
                x.map { HalfFormat.bfloat16.value(HalfFormat.bfloat16.pattern($0)) }
            }
            (query, key) = (rounded(query), rounded(key))
            (value, dOutput) = (rounded(value), rounded(dOutput))
        }
        output = Array(repeating: 0, count: size)
        logSum = Array(repeating: 0, count: group * queries)
        dQuery = output
        dKey = Array(repeating: 0, count: keys * width)
        dValue = dKey
        for head in 0..<group {
            for i in 0..<queries { attend(head: head, position: i) }
        }
    }

    /// The same query and the same key again and again; only the output is still right.
    func repeated(queries: Int, keys: Int) -> AttentionReference {
        func times(_ x: [Double], _ count: Int) -> [Double] { (0..<count).flatMap { _ in x } }
        var copy = self
        (copy.queries, copy.keys) = (queries, keys)
        (copy.query, copy.dOutput) = (times(query, queries), times(dOutput, queries))
        (copy.key, copy.value) = (times(key, keys), times(value, keys))
        copy.output = times(output, queries)
        return copy
    }

    /// One element replaced, in a query or a key; what is expected stays as it is.
    func with(_ special: Double, queryRow: Int? = nil, keyRow: Int? = nil) -> AttentionReference {
        var copy = self
        if let queryRow { copy.query[queryRow * width + 1] = special }
        if let keyRow { copy.key[keyRow * width + 1] = special }
        return copy
    }

    /// One query row: its output and its share of the derivatives.
    private mutating func attend(head: Int, position: Int) {
        let row = head * queries + position
        let seen = causal ? position + 1 + keys - queries : keys
        let start = row * width
        var probabilities = (0..<seen).map { scale * dot(query, start, key, $0 * width) }
        let shift = probabilities.max() ?? 0
        let total = probabilities.reduce(0) { $0 + exp($1 - shift) }
        logSum[row] = shift + log(total)
        for j in 0..<seen {
            probabilities[j] = exp(probabilities[j] - shift) / total
            add(probabilities[j], value, j * width, to: &output, start)
        }
        // dS = P (dP - dO . O)
        let inner = dot(dOutput, start, output, start)
        for j in 0..<seen {
            let p = probabilities[j]
            let dScore = scale * p * (dot(dOutput, start, value, j * width) - inner)
            add(dScore, key, j * width, to: &dQuery, start)
            add(dScore, query, start, to: &dKey, j * width)
            add(p, dOutput, start, to: &dValue, j * width)
        }
    }

    private func dot(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int) -> Double {
        var total = 0.0
        for c in 0..<width { total += a[i + c] * b[j + c] }
        return total
    }

    private func add(
        _ factor: Double, _ x: [Double], _ i: Int, to y: inout [Double], _ j: Int
    ) {
        for c in 0..<width { y[j + c] += factor * x[i + c] }
    }
}
