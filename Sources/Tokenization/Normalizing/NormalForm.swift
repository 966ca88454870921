/// Unicode's normal forms (UAX #15), over the tables of Hugging Face's implementation.
enum NormalForm: Sendable {
    case canonicalDecomposition
    case canonicalComposition
    case compatibilityDecomposition
    case compatibilityComposition

    private var isCompatible: Bool {
        self == .compatibilityDecomposition || self == .compatibilityComposition
    }

    private var composes: Bool {
        self == .canonicalComposition || self == .compatibilityComposition
    }

    /// Whether `text` is in this form, as far as its lead bytes tell.
    func surelyKeeps(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        // Below U+0300 (lead byte 0xCC) everything is composed, and nothing combines.
        let limit: UInt8 = self == .canonicalComposition ? 0xCC : 0x80
        return !text.contains { $0 >= limit }
    }

    /// The scalars of `text` in this form, and which ones they stand for.
    func edits(of text: AlignedText) -> [AlignedText.Edit] {
        var edits: [AlignedText.Edit] = []
        edits.reserveCapacity(text.count)
        // The classes of the marks at the end that may still be put in order.
        var pending: [(edit: AlignedText.Edit, class: UInt8)] = []
        func flush() {
            if pending.count > 1 { Self.order(&pending) }
            for mark in pending { edits.append(mark.edit) }
            pending.removeAll(keepingCapacity: true)
        }
        func push(_ value: UInt32, _ change: Int) {
            let combiningClass = value < 0x300 ? 0 : TextTables.combiningClass(of: value)
            if combiningClass == 0 {
                flush()
                edits.append((value, change))
            } else {
                pending.append(((value, change), combiningClass))
            }
        }
        text.forEachScalar(in: 0..<text.count) { value, _ in
            if value < 0x80 { return push(value, 0) }
            if value >= 0xAC00, value <= 0xD7A3 {
                // A Hangul syllable's letters, by rule (Unicode 3.12).
                let index = value - 0xAC00
                push(0x1100 + index / 588, 0)
                push(0x1161 + index % 588 / 28, 1)
                if index % 28 != 0 { push(0x11A7 + index % 28, 1) }
            } else if let parts = TextTables.decomposition(of: value, compatible: isCompatible) {
                var isFirst = true
                for part in parts {
                    push(part, isFirst ? 0 : 1)
                    isFirst = false
                }
            } else {
                push(value, 0)
            }
        }
        flush()
        return composes ? Self.composed(edits) : edits
    }

    /// Puts marks in the order of their classes, equal ones as they are.
    private static func order(_ marks: inout [(edit: AlignedText.Edit, class: UInt8)]) {
        let sorted = marks.enumerated().sorted {
            ($0.element.class, $0.offset) < ($1.element.class, $1.offset)
        }
        marks = sorted.map(\.element)
    }

    /// Joins scalars with what can be joined to them.
    private static func composed(_ edits: [AlignedText.Edit]) -> [AlignedText.Edit] {
        var result: [AlignedText.Edit] = []
        result.reserveCapacity(edits.count)
        // The last scalar that is no mark, if it can still take something in.
        var starter: Int?
        var lastClass: UInt8 = 0
        for edit in edits {
            let combiningClass = edit.value < 0x300 ? 0 : TextTables.combiningClass(of: edit.value)
            if let place = starter {
                let isAdjacent = place == result.count - 1
                let isBlocked = !isAdjacent && lastClass >= combiningClass
                if !isBlocked, edit.value >= 0x300,
                    let joined = TextTables.composed(result[place].value, edit.value)
                {
                    result[place].value = joined
                    result[place].change += edit.change - 1
                    continue
                }
            }
            if combiningClass == 0 { starter = result.count }
            lastClass = combiningClass
            result.append(edit)
        }
        return result
    }
}
