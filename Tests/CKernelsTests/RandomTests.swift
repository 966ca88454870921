import CKernels
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Philox 4x32-10 of one counter, from the paper (Salmon et al. 2011).
private func philox(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
    var (c, k) = (counter, key)
    for _ in 0..<10 {
        let p = UInt64(0xd251_1f53) * UInt64(c[0])
        let q = UInt64(0xcd9e_8d57) * UInt64(c[2])
        c = [
            UInt32(q >> 32) ^ c[1] ^ k[0], UInt32(truncatingIfNeeded: q),
            UInt32(p >> 32) ^ c[3] ^ k[1], UInt32(truncatingIfNeeded: p),
        ]
        k = [k[0] &+ 0x9e37_79b9, k[1] &+ 0xbb67_ae85]
    }
    return c
}

/// Word `index` of stream `key`: word 64 b + 16 j + lane is output j of counter 16 b + lane.
private func word(_ key: UInt64, _ index: UInt64) -> UInt32 {
    let counter = index / 64 * 16 + index % 16
    let outputs = philox(
        [UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), 0, 0],
        [UInt32(truncatingIfNeeded: key), UInt32(key >> 32)])
    return outputs[Int(index % 64 / 16)]
}

@Suite struct RandomTests {
    private static let keys: [UInt64] = [0, 1, 0x0123_4567_89ab_cdef, .max]
    private static let offsets: [UInt64] = [
        0, 1, 15, 63, 64, 100, 1 << 20, 1 << 34 - 40, 1 << 40 + 7, 1 << 60 - 3,
    ]

    @Test func referenceMeetsTheKnownAnswers() {
        #expect(
            philox([0, 0, 0, 0], [0, 0])
                == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        #expect(
            philox([.max, .max, .max, .max], [.max, .max])
                == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
        #expect(
            philox(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0])
                == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
    }

    @Test(arguments: Tier.tested) func words(_ tier: Tier) {
        let table = tier.kernels.pointee
        var first = [UInt32](repeating: 0, count: 64)
        table.random_words(0, 0, &first, 64)
        #expect(
            [first[0], first[16], first[32], first[48]]
                == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        for key in Self.keys {
            for offset in Self.offsets {
                for n in [0, 1, 17, 64, 65, 130] {
                    let space = Workspace(n % 2 == 0 ? .beforeGuard : .unaligned)
                    let out = space.output(n, of: UInt32.self)
                    table.random_words(key, offset, out, n)
                    let result = space.values(out, n)
                    space.expectIntact("words \(tier.name)")
                    let expected = (0..<n).map { word(key, offset + UInt64($0)) }
                    #expect(result == expected, "key \(key), offset \(offset), n \(n)")
                }
            }
        }
    }

    @Test(arguments: Tier.tested) func normalsDoNotDependOnTheRange(_ tier: Tier) {
        let table = tier.kernels.pointee
        for key in Self.keys {
            for start in Self.offsets {
                var whole = [Float](repeating: .nan, count: 300)
                table.random_normal(key, start, &whole, 300)
                for (begin, n) in [(0, 300), (1, 1), (7, 16), (13, 40), (100, 200), (299, 1)] {
                    let space = Workspace(.unaligned)
                    let out = space.output(n, of: Float.self)
                    table.random_normal(key, start + UInt64(begin), out, n)
                    let part = space.values(out, n)
                    space.expectIntact("normals \(tier.name)")
                    expectIdentical(part, Array(whole[begin..<begin + n]), "\(begin), \(n)")
                }
                var scalar = [Float](repeating: .nan, count: 300)
                Tier.scalar.kernels.pointee.random_normal(key, start, &scalar, 300)
                expectClose(whole, scalar.exact, "to scalar") { _ in 2e-6 }
            }
        }
    }

    /// Box-Muller in Double from the same words.
    @Test(arguments: Tier.tested) func normalsFollowTheirFormula(_ tier: Tier) {
        let n = 4096
        var words = [UInt32](repeating: 0, count: 2 * n)
        tier.kernels.pointee.random_words(9, 200, &words, 2 * n)
        var normals = [Float](repeating: 0, count: n)
        tier.kernels.pointee.random_normal(9, 100, &normals, n)
        let expected = (0..<n).map { i in
            let u = (Double(words[2 * i] >> 8) + 1) * 0x1p-24
            let turns = Double(words[2 * i + 1] >> 8) * 0x1p-24
            return (-2 * log(u)).squareRoot() * cos(2 * Double.pi * turns)
        }
        expectClose(normals, expected, "normals \(tier.name)") { _ in 2e-6 }
    }

    @Test(arguments: Tier.tested) func normalsHaveTheMomentsOfTheDistribution(_ tier: Tier) {
        let n = 200_000
        var x = [Float](repeating: .nan, count: n)
        tier.kernels.pointee.random_normal(42, 0, &x, n)
        var sums = [0.0, 0.0, 0.0, 0.0]
        var (neighbours, previous, tail) = (0.0, 0.0, 0)
        for value in x {
            let v = Double(value)
            let square = v * v
            sums[0] += v
            sums[1] += square
            sums[2] += square * v
            sums[3] += square * square
            neighbours += v * previous
            previous = v
            if abs(v) > 3 { tail += 1 }
        }
        let moments = sums.map { $0 / Double(n) }
        // Five standard deviations of each estimate.
        let five = 5 / Double(n).squareRoot()
        #expect(abs(moments[0]) < five)
        #expect(abs(moments[1] - 1) < five * 2.0.squareRoot())
        #expect(abs(moments[2]) < five * 15.0.squareRoot())
        #expect(abs(moments[3] - 3) < five * 96.0.squareRoot())
        #expect(abs(neighbours / Double(n)) < five)
        #expect(abs(Double(tail) / Double(n) - 0.0027) < five * 0.052)
    }

    @Test(arguments: Tier.tested) func dropoutKeepsWhatTheWordsSay(_ tier: Tier) {
        checkDropout(Float.self, tier)
        checkDropout(Double.self, tier)
    }

    private func checkDropout<T: KernelReal>(_ type: T.Type, _ tier: Tier) {
        let kernels = T.kernels(tier)
        var random = Random(17)
        for n in [0] + oddSizes {
            for (offset, threshold) in [
                (0, 1 << 31), (77, 429_496_730), (1 << 33, 0), (5, UInt32.max),
            ] as [(UInt64, UInt32)] {
                var input: [T] = random.values(n)
                if n > 2 { input[n / 2] = .nan }
                let scale = T(rounding: 1.25)
                let expected = (0..<n).map { i in
                    word(3, offset + UInt64(i)) >= threshold ? input[i] * scale : 0
                }
                for placement in Placement.allCases {
                    let what = "dropout \(T.kernelName) \(tier.name) n=\(n) \(placement)"
                    let space = Workspace(placement)
                    let (x, y) = (space.input(input), space.output(n, of: T.self))
                    kernels.dropout(x, y, n, 3, offset, threshold, scale)
                    let result = space.values(y, n)
                    space.expectIntact(what)
                    expectIdentical(result, expected, what)
                }
            }
        }
    }
}
