import ByteIO
import Decoding
import Testing

@Suite struct SamplerTests {
    /// Probabilities 0.4, 0.3, 0.2, 0.1 in mixed order.
    private let logits: [Float] = [-1.2039728, -0.9162907, -2.3025851, -1.609438]

    private func kept(_ change: (inout SamplingOptions) -> Void) -> [Int32] {
        var options = SamplingOptions()
        change(&options)
        return Sampler.candidates(logits, options).map(\.id).sorted()
    }

    @Test func topPKeepsTheSmallestSetThatReachesP() {
        #expect(kept { $0.topP = 0.39 } == [1])
        #expect(kept { $0.topP = 0.41 } == [0, 1])
        #expect(kept { $0.topP = 0.69 } == [0, 1])
        #expect(kept { $0.topP = 0.71 } == [0, 1, 3])
        #expect(kept { $0.topP = 1 } == [0, 1, 2, 3])
    }

    @Test func topKAndMinPKeepTheLikeliest() {
        #expect(kept { $0.topK = 2 } == [0, 1])
        #expect(kept { $0.topK = 99 } == [0, 1, 2, 3])
        #expect(kept { $0.minP = 0.6 } == [0, 1])
        #expect(kept { $0.minP = 1 } == [1])
    }

    @Test func frequenciesFollowTheDistribution() {
        var counts = [0, 0, 0, 0]
        for sample in 0..<200 {
            var sampler = Sampler(SamplingOptions(), sample: sample, prompt: [])
            for _ in 0..<100 { counts[Int(sampler.next(logits))] += 1 }
        }
        for (count, expected) in zip(counts, [0.3, 0.4, 0.1, 0.2]) {
            #expect(abs(Double(count) / 20_000 - expected) < 0.015)
        }
    }

    @Test func temperatureSharpens() {
        var options = SamplingOptions()
        options.temperature = 0.05
        var sampler = Sampler(options, sample: 0, prompt: [])
        for _ in 0..<50 { #expect(sampler.next(logits) == 1) }
        options.temperature = 0
        var greedy = Sampler(options, sample: 0, prompt: [])
        #expect(greedy.next([1, 3, 3, .nan]) == 1)
    }

    @Test func repetitionPenaltyPushesBothSignsDown() {
        var options = SamplingOptions()
        options.temperature = 0
        options.repetitionPenalty = 2
        var sampler = Sampler(options, sample: 0, prompt: [0])
        #expect(sampler.next([3, 2, -1]) == 1)
        #expect(sampler.next([3, 2, -1]) == 0)
        var negative = Sampler(options, sample: 0, prompt: [0])
        #expect(negative.next([-1, -1.5, -3]) == 1)
    }

    @Test func stopStringsAreFoundAcrossPieces() {
        var finder = StopFinder(["END", "\n\n"])
        #expect(finder.append("abcE") == ("abc", false))
        #expect(finder.append("N") == ("", false))
        #expect(finder.append("x\n") == ("ENx", false))
        #expect(finder.append("y") == ("\ny", false))
        #expect(finder.append("zEND rest") == ("z", true))
        var other = StopFinder(["é"])
        #expect(other.append("caf") == ("caf", false))
        #expect(other.append("e\u{301}") == ("e\u{301}", false))
        #expect(other.append("é") == ("", true))
        var held = StopFinder(["ab"])
        #expect(held.append("a") == ("", false))
        #expect(held.flush() == "a")
        var none = StopFinder([])
        #expect(none.append("text") == ("text", false))
    }

    @Test func recommendedOptionsAreRead() throws {
        let folder = try Files.temporaryDirectory()
        defer { do { try Files.remove(folder) } catch {} }
        #expect(try SamplingOptions(folder: folder).isGreedy)
        let path = Files.join(folder, "generation_config.json")
        try Files.write(
            #"{"do_sample": true, "temperature": 0.7, "eos_token_id": [3, 4]}"#, to: path)
        let options = try SamplingOptions(folder: folder)
        #expect(options.temperature == 0.7)
        #expect(options.topK == 50)
        #expect(options.stopTokens == [3, 4])
        try Files.write(#"{"do_sample": true, "top_p": 7}"#, to: path)
        #expect(throws: MartletError.self) { try SamplingOptions(folder: folder) }
        try Files.write(#"{"temperature": 0.7}"#, to: path)
        #expect(try SamplingOptions(folder: folder).isGreedy)
    }
}
