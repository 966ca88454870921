import ByteIO
import Corpora
import Testing
import Tokenization

@Suite struct TokenSplitTests {
    /// The same as Python's `len(text[:int(0.9 * len(text))].encode())`.
    @Test(arguments: [("0123456789", 9), ("0123456789abc", 11), ("aé世🌍aé世🌍xy", 21), ("é", 0)])
    func aTenthByCharacters(text: String, expected: Int) {
        let boundary = Array(text.utf8).withUnsafeBytes {
            TokenSplit.boundary(of: $0, fraction: 0.1)
        }
        #expect(boundary == expected)
    }

    @Test func tinyShakespeareIsCutWhereNanoGPTCutsIt() {
        // 1115394 characters, of which nanoGPT trains on 1003854.
        let text = [UInt8](repeating: 0x61, count: 1_115_394)
        let boundary = text.withUnsafeBytes { TokenSplit.boundary(of: $0, fraction: 0.1) }
        #expect(boundary == 1_003_854)
    }

    @Test func aTenthByHashIsWhatTenDivides() {
        var random = TestRandom(state: 1)
        var held = 0
        for _ in 0..<20_000 {
            let hash = random.next()
            #expect(TokenSplit.isHeldOut(hash, fraction: 0.1) == (hash % 10 == 0))
            #expect(!TokenSplit.isHeldOut(hash, fraction: 0))
            if TokenSplit.isHeldOut(hash, fraction: 0.25) { held += 1 }
            let small = TokenSplit.isHeldOut(hash, fraction: 0.03)
            #expect(!small || TokenSplit.isHeldOut(hash, fraction: 0.31))
        }
        #expect((4700...5300).contains(held))
    }

    @Test(arguments: [0.0, 1.0, -0.5, 2.0, Double.nan, .infinity])
    func aShareThatLeavesNothingIsRefused(fraction: Double) throws {
        let corpus = try Corpus(documents: [Document(text: Array("some text".utf8), source: "x")])
        let error = failure { () throws(MartletError) in
            try TokenData.prepare(corpus, tokenizer: .bytes(), validation: .fraction(fraction))
        }
        #expect(error?.code == .invalidValue)
    }
}
