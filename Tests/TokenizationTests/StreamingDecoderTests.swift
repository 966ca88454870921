import ByteIO
import Testing
import Tokenization

@Suite struct StreamingDecoderTests {
    @Test func onlyWholeScalarsComeOut() throws {
        var decoder = StreamingDecoder(.bytes())
        let parts = try Array("a世😀é".utf8).map { try decoder.append(Int32($0)) }
        #expect(parts == ["a", "", "", "世", "", "", "", "😀", "", "é"])
        #expect(try decoder.finish() == "")
    }

    @Test func whatIsCutShortComesAtTheEnd() throws {
        var decoder = StreamingDecoder(.bytes())
        for byte: Int32 in [0xF0, 0x9F, 0x98] { #expect(try decoder.append(byte) == "") }
        #expect(try decoder.finish() == "\u{FFFD}")
        #expect(try decoder.append(97) == "a")
    }

    @Test func theWholeIsWhatDecodeGives() throws {
        var random = TestRandom(state: 4)
        for tokenizer in [Tokenizer.bytes(), try Goldens.tokenizer()] {
            for length in 0..<150 {
                var ids = try tokenizer.encode(random.bytes(length))
                ids.insert(try #require(tokenizer.endOfText), at: ids.count / 2)
                for skipSpecial in [false, true] {
                    var decoder = StreamingDecoder(tokenizer, skipSpecial: skipSpecial)
                    var text = try ids.map { try decoder.append($0) }.joined()
                    text += try decoder.finish()
                    let whole = try tokenizer.decode(ids, skipSpecial: skipSpecial)
                    #expect(Array(text.utf8) == Array(whole.utf8))
                }
            }
        }
    }

    @Test func anUnknownIdChangesNothing() throws {
        var decoder = StreamingDecoder(.bytes())
        #expect(try decoder.append(0xC3) == "")
        #expect(failure { try decoder.append(1000) }?.code == .invalidValue)
        #expect(try decoder.append(0xA9) == "é")
    }
}
