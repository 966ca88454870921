/// A pattern for one name: `*` stands for any characters, `?` for one, `[a-z]` for one of a set and
/// `[!a-z]` or `[^a-z]` for one outside it. A bracket that nothing closes stands for itself.
///
/// Characters are Unicode scalars. As in a shell, a leading dot has to be written out.
package struct Wildcard: Sendable {
    private enum Element {
        case literal(Unicode.Scalar)
        case one
        case any
        case set([ClosedRange<Unicode.Scalar>], inverted: Bool)

        func accepts(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .literal(let own): return own == scalar
            case .one, .any: return true
            case .set(let ranges, let inverted):
                return ranges.contains { $0.contains(scalar) } != inverted
            }
        }
    }

    private let elements: [Element]
    private let startsWithDot: Bool

    /// Whether `text` has a character that makes it a pattern.
    package static func isPattern(_ text: String) -> Bool {
        text.utf8.contains {
            [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")].contains($0)
        }
    }

    /// Reads a pattern; every text is one.
    package init(_ pattern: String) {
        let scalars = Array(pattern.unicodeScalars)
        var elements: [Element] = []
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*": elements.append(.any)
            case "?": elements.append(.one)
            case "[":
                if let (set, end) = Self.set(in: scalars, from: index) {
                    elements.append(set)
                    index = end
                } else {
                    elements.append(.literal(scalar))
                }
            default: elements.append(.literal(scalar))
            }
        }
        self.elements = elements
        startsWithDot = scalars.first == "."
    }

    /// Whether the whole of `name` fits. Takes at most time proportional to the product of the
    /// lengths: only the last `*` is ever tried again, which is enough.
    package func matches(_ name: String) -> Bool {
        let scalars = Array(name.unicodeScalars)
        if scalars.first == ".", !startsWithDot { return false }
        var element = 0
        var index = 0
        var retry: (element: Int, index: Int)?
        while index < scalars.count {
            if element < elements.count, case .any = elements[element] {
                retry = (element + 1, index)
                element += 1
            } else if element < elements.count, elements[element].accepts(scalars[index]) {
                element += 1
                index += 1
            } else if let last = retry {
                retry = (last.element, last.index + 1)
                (element, index) = (last.element, last.index + 1)
            } else {
                return false
            }
        }
        return elements[element...].allSatisfy { if case .any = $0 { true } else { false } }
    }

    /// The set whose opening bracket stands before `start`, and where it ends. A closing bracket
    /// that comes first belongs to the set.
    private static func set(
        in scalars: [Unicode.Scalar], from start: Int
    ) -> (set: Element, end: Int)? {
        var index = start
        let inverted = index < scalars.count && (scalars[index] == "!" || scalars[index] == "^")
        if inverted { index += 1 }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        let first = index
        while index < scalars.count {
            let low = scalars[index]
            if low == "]", index > first { return (.set(ranges, inverted: inverted), index + 1) }
            if index + 2 < scalars.count, scalars[index + 1] == "-", scalars[index + 2] != "]" {
                let high = scalars[index + 2]
                // A range the wrong way round is empty.
                if low <= high { ranges.append(low...high) }
                index += 3
            } else {
                ranges.append(low...low)
                index += 1
            }
        }
        return nil
    }
}
