import ByteIO
import Tokenization

/// What must hold for every tokenizer that a file gives, whatever the file.
struct TokenizerExercise {
    let tokenizer: Tokenizer
    /// Texts to choose from.
    let texts: [String]
    /// Whether decoding one after the other must equal decoding all at once.
    let comparesStreaming: Bool

    /// Encodes, decodes, saves and loads again. `scratch` is the path of a file for what is saved.
    func run(_ fuzz: inout FuzzCase, scratch: String) {
        var encoded: [(text: String, ids: [Tokenizer.ID])] = []
        for _ in 0..<3 {
            let text = fuzz.text(from: texts)
            if let ids = encode(text, &fuzz) { encoded.append((text, ids)) }
        }
        let bytes = fuzz.random.bytes(fuzz.below(60))
        _ = tokens(of: bytes, parseSpecial: fuzz.flag(), &fuzz)
        checkEncodings(&fuzz)
        for (_, ids) in encoded.prefix(2) { decode(ids, &fuzz) }
        decode(randomIDs(&fuzz), &fuzz)
        checkWrongIDs(&fuzz)
        save(encoded, &fuzz, scratch: scratch)
    }

    // MARK: - Encoding

    /// The ids of `text`, nil if it is refused.
    private func encode(_ text: String, _ fuzz: inout FuzzCase) -> [Tokenizer.ID]? {
        let bytes = Array(text.utf8)
        let parseSpecial = fuzz.flag()
        let tokens = tokens(of: bytes, parseSpecial: parseSpecial, &fuzz)
        do throws(MartletError) {
            let ids = try tokenizer.encode(text, parseSpecial: parseSpecial)
            if let tokens {
                fuzz.check(
                    tokens.map(\.id) == ids, "offsets change the ids of \(text.debugDescription)")
            } else {
                fuzz.fail("\(text.debugDescription) is refused with offsets only")
            }
            return parseSpecial ? nil : ids
        } catch {
            fuzz.check(
                tokens == nil, "\(text.debugDescription) is refused without offsets only: \(error)")
            return nil
        }
    }

    /// The tokens of `text` with their places, checked; nil if the text is refused.
    private func tokens(
        of text: [UInt8], parseSpecial: Bool, _ fuzz: inout FuzzCase
    ) -> [(id: Tokenizer.ID, range: Range<Int>)]? {
        let found: [(id: Tokenizer.ID, range: Range<Int>)]
        do {
            found = try text.withUnsafeBytes {
                try tokenizer.encodeWithOffsets($0, parseSpecial: parseSpecial)
            }
        } catch {
            return nil
        }
        var last = 0
        for (id, range) in found {
            guard
                fuzz.check(isToken(id), "the id \(id) of \(shown(text)) is no token"),
                fuzz.check(
                    range.upperBound <= text.count, "\(range) is not within \(shown(text))"),
                fuzz.check(
                    range.lowerBound >= last,
                    "\(range) begins before the last, \(last), in \(shown(text))")
            else { break }
            last = range.lowerBound
        }
        return found
    }

    private func shown(_ text: [UInt8]) -> String {
        String(decoding: text, as: UTF8.self).debugDescription
    }

    private func isToken(_ id: Tokenizer.ID) -> Bool {
        id >= 0 && Int(id) < tokenizer.vocabularySize && tokenizer.bytes(of: id) != nil
    }

    /// Texts and pairs with all that the file puts around them.
    private func checkEncodings(_ fuzz: inout FuzzCase) {
        var batch: [(text: String, pair: String?)] = []
        for _ in 0..<1 + fuzz.below(3) {
            let text = fuzz.text(from: texts)
            batch.append((text, fuzz.flag() ? fuzz.text(from: texts) : nil))
        }
        let encodings: [Encoding]
        do throws(MartletError) {
            encodings = try tokenizer.encodings(
                of: batch, addsTokens: fuzz.flag(), parseSpecial: fuzz.flag())
        } catch {
            return
        }
        fuzz.check(encodings.count == batch.count, "\(encodings.count) encodings")
        for (encoding, texts) in zip(encodings, batch) {
            for part in [encoding] + encoding.overflowing.prefix(8) {
                check(part, texts, &fuzz)
            }
        }
    }

    private func check(
        _ encoding: Encoding, _ texts: (text: String, pair: String?), _ fuzz: inout FuzzCase
    ) {
        let counts = [
            encoding.offsets.count, encoding.textNumbers.count, encoding.typeIDs.count,
            encoding.isSpecial.count, encoding.isAttended.count,
        ]
        guard
            fuzz.check(
                counts.allSatisfy { $0 == encoding.count }, "\(counts) for \(encoding.count) tokens"
            )
        else { return }
        let lengths = [texts.text.utf8.count, texts.pair?.utf8.count ?? 0]
        for index in encoding.ids.indices where encoding.isAttended[index] {
            let id = encoding.ids[index]
            let range = encoding.offsets[index]
            let number = encoding.textNumbers[index]
            let length = number.map { lengths.indices.contains($0) ? lengths[$0] : -1 } ?? 0
            guard
                fuzz.check(
                    id >= 0 && Int(id) < tokenizer.vocabularySize, "the id \(id) is no token"),
                fuzz.check(
                    range.upperBound <= length,
                    "\(range) in text \(number ?? -1) of \(length) bytes")
            else { return }
        }
    }

    // MARK: - Decoding

    /// Some ids of tokens that are there.
    private func randomIDs(_ fuzz: inout FuzzCase) -> [Tokenizer.ID] {
        var ids: [Tokenizer.ID] = []
        for _ in 0..<fuzz.below(40) {
            // Few ids are used far up, so that random ones are mostly small.
            let limit = fuzz.flag() ? tokenizer.vocabularySize : min(tokenizer.vocabularySize, 400)
            let id = Tokenizer.ID(fuzz.below(limit))
            if tokenizer.bytes(of: id) != nil { ids.append(id) }
        }
        return ids
    }

    private func decode(_ ids: [Tokenizer.ID], _ fuzz: inout FuzzCase) {
        let skipSpecial = fuzz.flag()
        let whole: String
        do throws(MartletError) {
            whole = try tokenizer.decode(ids, skipSpecial: skipSpecial)
        } catch {
            // A pattern may give up, but the ids are there.
            fuzz.check(error.code == .unsupported, "\(ids) is not decoded: \(error)")
            return
        }
        var streamed = ""
        do throws(MartletError) {
            var decoder = StreamingDecoder(tokenizer, skipSpecial: skipSpecial)
            for id in ids { streamed += try decoder.append(id) }
            streamed += try decoder.finish()
        } catch {
            fuzz.check(error.code == .unsupported, "\(ids) is not streamed: \(error)")
            return
        }
        // A decoder that knows the last few tokens cannot know what stood before ones without any text.
        guard comparesStreaming, ids.allSatisfy({ tokenizer.bytes(of: $0)?.isEmpty == false })
        else { return }
        fuzz.check(
            streamed.utf8.elementsEqual(whole.utf8),
            "\(ids): streamed \(streamed.debugDescription) for \(whole.debugDescription)")
    }

    private func checkWrongIDs(_ fuzz: inout FuzzCase) {
        let size = Tokenizer.ID(clamping: tokenizer.vocabularySize)
        let wrong: [Tokenizer.ID] = [-1, .min, .max, size]
        for id in wrong {
            do throws(MartletError) {
                _ = try tokenizer.decode([id])
                fuzz.fail("\(id) is decoded")
            } catch {
                fuzz.check(error.code == .invalidValue, "\(id): \(error)")
            }
        }
        _ = tokenizer.text(of: size)
    }

    // MARK: - Saving

    /// What is saved must load, do the same and be saved as the same.
    private func save(
        _ encoded: [(text: String, ids: [Tokenizer.ID])], _ fuzz: inout FuzzCase, scratch: String
    ) {
        let saved: [UInt8]
        do throws(MartletError) {
            saved = try tokenizer.fileContents()
        } catch {
            // Two tokens may be spelled alike.
            fuzz.check(error.code == .invalidValue, "cannot be saved: \(error)")
            return
        }
        writePlainly(saved, to: scratch)
        do throws(MartletError) {
            let again = try Tokenizer.loading(scratch)
            fuzz.check(
                again.vocabularySize == tokenizer.vocabularySize,
                "\(again.vocabularySize) tokens for \(tokenizer.vocabularySize) after saving")
            for (text, ids) in encoded {
                let same = try again.encode(text)
                fuzz.check(
                    same == ids, "\(text.debugDescription): \(same) for \(ids) after saving")
            }
            fuzz.check(try again.fileContents() == saved, "saved a second time it differs")
        } catch {
            fuzz.fail("what is saved: \(error)")
        }
    }
}
