import Corpora
import Tensors
import Testing
import Training

/// What objectives ask: shares and sizes as the papers say, and nothing lost.
@Suite struct ObjectiveTests {
    private func stream(_ row: Int) -> RandomStream { RandomStream(seed: 5, "row/\(row)") }

    private func texts(_ rows: Int, _ count: Int) -> [ArraySlice<Int32>] {
        (0..<rows).map { row in
            let ids: [Int32] = (0..<count).map { place in
                Int32(10 + (row * 31 + place * 7) % 80)
            }
            return ids[...]
        }
    }

    @Test func maskedShares() {
        let objective = MaskedObjective(mask: 1, ordinary: Array(10..<90), padding: 0)
        let texts = texts(200, 100)
        let batch = objective.batch(of: texts, context: 100, random: stream)
        var (asked, masked, kept, other) = (0, 0, 0, 0)
        for (row, text) in texts.enumerated() {
            for (place, id) in text.enumerated() {
                let at = row * 100 + place
                guard batch.targets[at] >= 0 else {
                    #expect(batch.inputs[at] == id)
                    continue
                }
                asked += 1
                #expect(batch.targets[at] == id)
                if batch.inputs[at] == 1 {
                    masked += 1
                } else if batch.inputs[at] == id {
                    kept += 1
                } else {
                    other += 1
                }
            }
        }
        #expect(asked == 200 * 15)
        // A random token is now and then the same one.
        let shares = [(masked, 0.8), (other, 0.1 * 79 / 80), (kept, 0.1 + 0.1 / 80)]
        for (count, share) in shares {
            let expected = share * Double(asked)
            let deviation = (expected * (1 - share)).squareRoot()
            #expect(abs(Double(count) - expected) < 5 * deviation)
        }
        #expect(batch.lengths == nil)
        // The same draw gives the same questions; another gives others.
        #expect(objective.batch(of: texts, context: 100, random: stream) == batch)
        #expect(objective.batch(of: texts, context: 100) { stream($0 + 1) } != batch)
    }

    @Test func specialTokensAreNeverAskedFor() {
        let objective = MaskedObjective(mask: 1, ordinary: Array(10..<90), padding: 0)
        let text: [Int32] = [2] + Array(repeating: 20, count: 20) + [3]
        let batch = objective.batch(
            of: Array(repeating: text[...], count: 50), context: 30, random: stream)
        for row in 0..<50 {
            #expect(batch.targets[row * 30] == -1 && batch.targets[row * 30 + 21] == -1)
            #expect(batch.inputs[row * 30] == 2)
        }
        #expect(batch.lengths == Array(repeating: 22, count: 50))
    }

    @Test func wholeWordsAreHiddenWhole() {
        // Words of three tokens: 10 begins one, 11 and 12 go on.
        var beginsWord = [Bool](repeating: false, count: 13)
        beginsWord[10] = true
        let objective = MaskedObjective(
            mask: 1, ordinary: [10, 11, 12], padding: 0, beginsWord: beginsWord)
        let text = (0..<120).map { Int32(10 + $0 % 3) }
        let batch = objective.batch(
            of: Array(repeating: text[...], count: 20), context: 120, random: stream)
        for row in 0..<20 {
            let targets = batch.targets[row * 120..<(row + 1) * 120].map { $0 >= 0 }
            for word in 0..<40 {
                let parts = Set(targets[3 * word..<3 * word + 3])
                #expect(parts.count == 1)
            }
            #expect(targets.filter { $0 }.count == 18)
        }
    }

    @Test func spanSizesAreThePapers() {
        let objective = SpanCorruption(sentinels: Array(200..<300), end: 2, padding: 0)
        #expect(objective.windowLength(context: 512) == 568)
        let sizes = objective.sizes(of: 568)
        #expect(sizes.read == 512 && sizes.written == 114)
    }

    /// Putting what was written back where its sentinel stands gives the text.
    @Test(arguments: [2, 3, 17, 64, 300]) func spansFitTogether(_ count: Int) {
        let objective = SpanCorruption(sentinels: Array(200..<300), end: 2, padding: 0)
        let texts = texts(8, count)
        let context = objective.sizes(of: max(count, 2)).read
        let batch = objective.batch(of: texts, context: context, random: stream)
        let written = batch.targetContext
        for (row, text) in texts.enumerated() {
            let inputs = batch.inputs[row * context..<(row + 1) * context].filter { $0 != 0 }
            let targets = batch.targets[row * written..<(row + 1) * written].filter { $0 >= 0 }
            #expect(inputs.last == 2 && targets.last == 2)
            var spans: [Int32: [Int32]] = [:]
            var current: Int32 = -1
            for id in targets.dropLast() {
                if id >= 200 { current = id } else { spans[current, default: []].append(id) }
            }
            let whole = inputs.dropLast().flatMap { id in id >= 200 ? spans[id] ?? [] : [id] }
            #expect(whole == Array(text))
            #expect(spans.values.allSatisfy { !$0.isEmpty })
        }
    }

    @Test func denoisingKeepsTheTextAndHidesItsShare() {
        let objective = Denoising(mask: 1, end: 2, padding: 0, sentenceEnds: [])
        let texts = texts(100, 99)
        let batch = objective.batch(of: texts, context: 100, random: stream)
        var hidden = 0
        for (row, text) in texts.enumerated() {
            #expect(Array(batch.targets[row * 100..<(row + 1) * 100]) == Array(text) + [2])
            let read = batch.inputs[row * 100..<(row + 1) * 100]
            hidden += 99 - read.filter { $0 >= 10 }.count
            #expect(read.filter { $0 == 2 }.count == 1)
        }
        #expect(hidden > 100 * 99 / 5 && hidden <= 100 * 30)
    }

    @Test func sentencesChangePlaces() {
        let objective = Denoising(
            mask: 1, end: 2, padding: 0, sentenceEnds: [19], share: 0)
        let text: [Int32] = [10, 19, 11, 19, 12, 19, 13, 19]
        let batch = objective.batch(
            of: Array(repeating: text[...], count: 40), context: 9, random: stream)
        let orders = Set((0..<40).map { Array(batch.inputs[$0 * 9..<$0 * 9 + 8]) })
        #expect(orders.count > 10)
        for order in orders { #expect(order.sorted() == text.sorted()) }
    }

    @Test(arguments: [1, 2, 7, 14]) func continuationsFit(_ count: Int) {
        let objective = Continuation(end: 2, padding: 0)
        #expect(objective.windowLength(context: 8) == 14)
        let text = texts(1, count)
        let batch = objective.batch(of: text, context: 8, random: stream)
        let read = batch.inputs.filter { $0 != 0 }
        let written = batch.targets.filter { $0 >= 0 }
        #expect(read.dropLast() + written.dropLast() == Array(text[0]))
        #expect(read.last == 2 && written.last == 2)
    }
}
