import CKernels
import Testing

@Suite struct AttentionTests {
    private static let lengths = [
        (1, 1), (1, 130), (5, 5), (5, 64), (64, 64), (65, 65), (64, 130), (65, 130), (130, 130),
    ]

    @Test(arguments: [8, 16, 24, 33, 64]) func forwardAndBackward(width: Int) {
        for (turn, (queries, keys)) in Self.lengths.enumerated() {
            for causal in [true, false] {
                let problem = AttentionReference(
                    group: (turn + width + (causal ? 1 : 0)) % 2 == 0 ? 3 : 1, queries: queries,
                    keys: keys, width: width, causal: causal, seed: UInt64(50 + turn))
                let placement = Placement.allCases[turn % 3]
                check(Float.self, problem, placement)
                check(Double.self, problem, placement)
            }
        }
    }

    /// Scores of some hundreds, where nearly all probabilities are zero.
    @Test func sharpProbabilities() {
        let problem = AttentionReference(
            queries: 70, keys: 70, width: 16, causal: true, spread: 400, seed: 60)
        check(Float.self, problem, .aligned)
        check(Double.self, problem, .aligned)
    }

    /// The scratch of long sequences: a block of rows is padded to the panels of every tier.
    @Test(arguments: [(64, 1024, 8), (12, 1300, 64), (1, 777, 65), (70, 706, 1)])
    func longSequencesFitTheScratch(_ shape: (queries: Int, keys: Int, width: Int)) {
        let problem = AttentionReference(
            queries: shape.queries, keys: shape.keys, width: shape.width, causal: true, seed: 61)
        check(Float.self, problem, .aligned)
        check(Double.self, problem, .aligned)
    }

    /// Long sequences whose keys are all equal, so that every output is the value.
    @Test(arguments: Tier.tested) func equalKeysGiveTheirValue(_ tier: Tier) {
        for (queries, keys, width) in [(64, 1024, 64), (3, 2000, 8), (64, 640, 32), (1, 64, 200)] {
            let problem = AttentionReference(
                queries: 1, keys: 1, width: width, causal: false, seed: 62
            ).repeated(queries: queries, keys: keys)
            let singles = AttentionResult<Float>(problem, tier)
            let doubles = AttentionResult<Double>(problem, tier)
            expectClose(singles.output, problem.output, "float32 \(tier.name) \(keys)") { _ in 2e-5
            }
            expectClose(doubles.output, problem.output, "float64 \(tier.name) \(keys)") { _ in 4e-14
            }
        }
    }

    /// A NaN in one query is seen by its row alone, one in a key by every row that sees the key.
    @Test(arguments: Tier.tested) func nonFiniteRows(_ tier: Tier) {
        let (queries, width, bad) = (70, 24, 66)
        for special in [Double.nan, .infinity] {
            let clean = AttentionReference(
                queries: queries, keys: queries, width: width, causal: true, seed: 64)
            let inQuery = AttentionResult<Float>(clean.with(special, queryRow: bad), tier)
            let inKey = AttentionResult<Float>(clean.with(special, keyRow: bad), tier)
            for row in 0..<queries {
                let range = row * width..<(row + 1) * width
                let queryRow = inQuery.output[range].map(\.isNaN)
                #expect(!queryRow.contains(row != bad), "query row \(row) of \(tier.name)")
                if row < bad {
                    let keyRow = inKey.output[range].map(\.isNaN)
                    #expect(!keyRow.contains(true), "key row \(row) of \(tier.name)")
                }
            }
            let last = inKey.output[((queries - 1) * width)...].map(\.isNaN)
            #expect(special.isInfinite || !last.contains(false), "\(tier.name)")
        }
    }

    @Test(arguments: Tier.tested) func cachedDecodeIsTheLastRow(_ tier: Tier) {
        for (keys, width) in [(1, 8), (5, 24), (64, 64), (65, 33), (130, 16), (200, 7)] {
            let problem = AttentionReference(
                queries: min(keys, 3), keys: keys, width: width, causal: true, seed: 63)
            for block in [1, 16, 64, 100] {
                checkDecode(Float.self, problem, tier, block: block)
                checkDecode(Double.self, problem, tier, block: block)
            }
        }
    }

    private func check<T: KernelReal>(
        _ type: T.Type, _ problem: AttentionReference, _ placement: Placement
    ) {
        let scalar = AttentionResult<T>(problem, .scalar, placement)
        for tier in Tier.tested {
            let what = """
                \(T.kernelName) \(tier.name) group \(problem.group), \(problem.queries) queries, \
                \(problem.keys) keys, width \(problem.width), causal \(problem.causal)
                """
            if tier.name == Tier.scalar.name {
                scalar.expectClose(problem, to: nil, what)
            } else {
                AttentionResult<T>(problem, tier, placement).expectClose(problem, to: scalar, what)
            }
        }
    }

    private func checkDecode<T: KernelReal>(
        _ type: T.Type, _ problem: AttentionReference, _ tier: Tier, block: Int
    ) {
        let (keys, width) = (problem.keys, problem.width)
        let what = "attend \(T.kernelName) \(tier.name) keys \(keys) width \(width) block \(block)"
        let space = Workspace(.beforeGuard)
        let last = (problem.queries - 1) * width
        let query = space.input(problem.query[last...].map { T(rounding: $0) })
        // The last block is cut off after the last position: nothing behind it is read.
        func blocks(_ x: [Double]) -> [UnsafePointer<T>] {
            stride(from: 0, to: keys, by: block).map { first in
                let part = x[first * width..<min(keys, first + block) * width]
                return space.input(part.map { T(rounding: $0) })
            }
        }
        let (keyBlocks, valueBlocks) = (blocks(problem.key), blocks(problem.value))
        let scores = space.output((keys + block - 1) / block * block, of: T.self)
        let out = space.output(width, of: T.self)
        T.kernels(tier).attend(
            query, keyBlocks, valueBlocks, keys, block, width, T(rounding: problem.scale), nil,
            scores, out)
        let result = space.values(out, width)
        space.expectIntact(what)
        let slack = { (_: Int) in 40 * T.epsilon }
        expectClose(result, Array(problem.output[last...]), what, slack: slack)
        let whole = AttentionResult<T>(problem, tier)
        expectClose(
            result, whole.output[last...].map(\.exact), what + " to attention", slack: slack)
    }
}
