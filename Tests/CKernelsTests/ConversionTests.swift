import CKernels
import Testing

@Suite struct ConversionTests {
    private static let patterns = (0...0xffff).map { UInt16($0) }

    /// Around every value of a format and every tie between neighbours, and random bits.
    private static func inputs(_ format: HalfFormat) -> [Float] {
        var all: [Float] = []
        let infinity = UInt16(format.magnitudeOfInfinity)
        for pattern in stride(from: 0 as UInt16, to: infinity, by: 1) {
            let (low, high) = (format.value(pattern), format.value(pattern + 1))
            let tie = Float(
                high.isFinite ? (low + high) / 2 : low + (low - format.value(pattern - 1)) / 2)
            let sign: Float = pattern % 2 == 0 ? 1 : -1
            all += [
                sign * Float(low), sign * tie, -sign * tie, sign * tie.nextUp, sign * tie.nextDown,
            ]
        }
        var random = Random(18)
        for _ in 0..<20_000 {
            all.append(Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))
        }
        // Signalling and quiet NaNs with the payload in bits that the short format drops or keeps.
        all += [0x7f80_0001, 0xff80_0001, 0x7fc0_0000, 0xffff_ffff, 0x7fa0_0000].map {
            Float(bitPattern: $0)
        }
        return all + Float.specials
    }

    private static let cases = [HalfFormat.bfloat16, .float16].map { format in
        let inputs = inputs(format)
        return (format: format, inputs: inputs, expected: inputs.map { format.pattern(Double($0)) })
    }

    @Test(arguments: Tier.tested) func narrowing(_ tier: Tier) {
        for (format, inputs, expected) in Self.cases {
            let n = inputs.count
            let space = Workspace(.unaligned)
            let (x, y) = (space.input(inputs), space.output(n, of: UInt16.self))
            narrow(format, tier)(x, y, n)
            let result = space.values(y, n)
            space.expectIntact(format.name)
            var wrong = 0
            for i in 0..<n where result[i] != expected[i] {
                if inputs[i].isNaN && format.value(result[i]).isNaN
                    && result[i] >> 15 == expected[i] >> 15
                {
                    continue
                }
                wrong += 1
                if wrong < 5 {
                    Issue.record(
                        """
                        \(format.name) \(tier.name): \(inputs[i]) gives \(result[i]), not \
                        \(expected[i])
                        """
                    )
                }
            }
            #expect(wrong == 0)
        }
    }

    @Test(arguments: Tier.tested) func wideningAndBack(_ tier: Tier) {
        for format in [HalfFormat.bfloat16, .float16] {
            let n = Self.patterns.count
            let space = Workspace(.unaligned)
            let x = space.input(Self.patterns)
            let (wide, back) = (space.output(n, of: Float.self), space.output(n, of: UInt16.self))
            widen(format, tier)(x, wide, n)
            narrow(format, tier)(wide, back, n)
            let (values, patterns) = (space.values(wide, n), space.values(back, n))
            space.expectIntact(format.name)
            var wrong: [UInt16] = []
            for (i, pattern) in Self.patterns.enumerated() {
                let exact = format.value(pattern)
                let isSame = values[i].bitPattern == Float(exact).bitPattern
                // A denormal of bfloat16 comes back as the zero that it became.
                let isFlushed = exact == 0 && patterns[i] == pattern & 0x8000
                let isBack = patterns[i] == pattern || isFlushed
                let isNaN = values[i].isNaN && format.value(patterns[i]).isNaN
                if !(exact.isNaN ? isNaN : isSame && isBack) { wrong.append(pattern) }
            }
            #expect(wrong.isEmpty, "\(format.name) \(tier.name)")
        }
    }

    @Test(arguments: Tier.tested) func tails(_ tier: Tier) {
        for (format, inputs, expected) in Self.cases {
            for n in [0] + oddSizes {
                for placement in Placement.allCases {
                    let what = "\(format.name) \(tier.name) n=\(n) \(placement)"
                    let space = Workspace(placement)
                    let part = Array(inputs[500..<500 + n])
                    let (x, y) = (space.input(part), space.output(n, of: UInt16.self))
                    let back = space.output(n, of: Float.self)
                    narrow(format, tier)(x, y, n)
                    widen(format, tier)(y, back, n)
                    let (narrowed, widened) = (space.values(y, n), space.values(back, n))
                    space.expectIntact(what)
                    #expect(narrowed == Array(expected[500..<500 + n]), "\(what)")
                    #expect(widened == narrowed.map { Float(format.value($0)) }, "\(what)")
                }
            }
        }
    }

    private func narrow(_ format: HalfFormat, _ tier: Tier) -> (
        UnsafePointer<Float>, UnsafeMutablePointer<UInt16>, Int
    ) -> Void {
        let table = tier.kernels.pointee
        return format.flushesDenormals ? table.f32_to_bf16 : table.f32_to_f16
    }

    private func widen(_ format: HalfFormat, _ tier: Tier) -> (
        UnsafePointer<UInt16>, UnsafeMutablePointer<Float>, Int
    ) -> Void {
        let table = tier.kernels.pointee
        return format.flushesDenormals ? table.bf16_to_f32 : table.f16_to_f32
    }
}
