import CKernels
import Testing

@Suite struct TierTests {
    @Test func forcedTierIsTested() {
        guard let forced = Tier.forced else { return }
        let names = Tier.supported.map(\.name)
        #expect(
            !Tier.testedWithModel.isEmpty,
            "MARTLET_TIER=\(forced) is not a tier of this machine: \(names)")
    }

    @Test func bestTierIsTheHighestSupported() {
        let best = martlet_best_tier()
        #expect(martlet_tier_supported(best))
        #expect(Tier.supported.last?.number == best.rawValue)
        #expect(martlet_tier_supported(MartletTierScalar))
        for number in [Int32(MartletTierCount), 100, -1] {
            #expect(!martlet_tier_supported(MartletTier(rawValue: number)))
        }
    }

    /// A tier needs all that the tiers below it need.
    @Test func tiersBuildOnOneAnother() {
        #expect(Tier.supported.map(\.number) == (0..<Int32(Tier.supported.count)).map { $0 })
    }

    @Test func tablesAreTheRightOnes() {
        let names = ["scalar", "avx2", "avx512", "avx512bf16", "amx"]
        for tier in Tier.supported {
            let table = tier.kernels.pointee
            #expect(table.tier.rawValue == tier.number)
            #expect(tier.name == names[Int(table.tier.rawValue)])
        }
        let model = martlet_kernels_amx_model().pointee
        #expect(model.tier == MartletTierAMX)
        #expect(String(cString: model.name) == "tile_model")
        let panels = (model.panels_bf16.mr, model.panels_bf16.nr, model.panels_bf16.depth)
        #expect(panels == (32, 32, 32))
    }

    @Test func panelsAreThoseOfAttentionsPadding() {
        for tier in Tier.supported {
            let table = tier.kernels.pointee
            for panels in [table.panels_f32, table.panels_f64, table.panels_bf16] {
                #expect(panels.mr > 0 && panels.nr > 0 && panels.depth > 0)
                #expect(64 % panels.nr == 0, "body/attention.h counts on it")
                #expect((64 + panels.mr - 1) / panels.mr * panels.mr <= 80, "and on this")
            }
        }
    }

    @Test func thereIsAProcessor() { #expect(martlet_processor_count() >= 1) }

    @Test func copiesOfStridedMatrices() {
        checkCopies(UInt8.self)
        checkCopies(UInt16.self)
        checkCopies(UInt32.self)
        checkCopies(UInt64.self)
    }

    private func checkCopies<T: FixedWidthInteger>(_ type: T.Type) {
        var random = Random(70)
        for (rows, columns) in [(0, 5), (5, 0), (1, 1), (3, 40), (40, 3), (16, 16), (17, 33)] {
            // Row-major with a gap, transposed, spread, upside down, one value for all.
            let strides = [
                (columns + 2, 1), (1, rows), (3 * columns, 3), (-columns, 1), (0, 0), (0, 1),
            ]
            for (rowStride, columnStride) in strides {
                let lowest = min(0, (rows - 1) * rowStride)
                let highest = max(0, (rows - 1) * rowStride) + (columns - 1) * columnStride
                let isEmpty = rows == 0 || columns == 0
                let memory = (0..<(isEmpty ? 0 : highest - lowest + 1)).map { _ in
                    T(truncatingIfNeeded: random.next())
                }
                for placement in Placement.allCases {
                    let space = Workspace(placement)
                    let source = space.input(memory) - lowest
                    let out = space.output(rows * columns, of: T.self)
                    martlet_copy_strided(
                        source, rowStride, columnStride, out, rows, columns,
                        MemoryLayout<T>.size)
                    let result = space.values(out, rows * columns)
                    space.expectIntact("copy of \(T.self)")
                    let expected = (0..<rows * columns).map {
                        memory[$0 / columns * rowStride + $0 % columns * columnStride - lowest]
                    }
                    #expect(
                        result == expected,
                        "\(T.self) \(rows) x \(columns), strides \(rowStride), \(columnStride)")
                }
            }
        }
    }
}
