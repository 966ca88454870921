/// Finding one text in another, in time linear in both: a template must not be able to choose
/// texts that take longer.
extension TemplateText {
    /// Gives the byte offsets where `needle`, which is not empty, stands in `haystack` to `visit`,
    /// from left to right without overlaps, until that returns false.
    private static func visitOccurrences(
        of needle: [UInt8], in haystack: [UInt8], _ visit: (Int) -> Bool
    ) {
        guard let first = needle.first, needle.count <= haystack.count else { return }
        var position = 0
        if needle.count <= 16 {
            let last = haystack.count - needle.count
            while position <= last {
                if haystack[position] == first,
                    haystack[position..<position + needle.count].elementsEqual(needle)
                {
                    guard visit(position) else { return }
                    position += needle.count
                } else {
                    position += 1
                }
            }
            return
        }
        // Knuth, Morris and Pratt: after a mismatch the longest border goes on.
        let borders = borders(of: needle)
        var matched = 0
        while position < haystack.count {
            while matched > 0, haystack[position] != needle[matched] {
                matched = Int(borders[matched - 1])
            }
            if haystack[position] == needle[matched] { matched += 1 }
            position += 1
            if matched == needle.count {
                guard visit(position - matched) else { return }
                matched = 0
            }
        }
    }

    /// The byte offsets where `needle`, which is not empty, stands in `haystack`, from left to
    /// right without overlaps, at most `limit` of them.
    static func occurrences(
        of needle: [UInt8], in haystack: [UInt8], limit: Int = .max
    ) -> [Int] {
        guard limit > 0 else { return [] }
        var found: [Int] = []
        visitOccurrences(of: needle, in: haystack) {
            found.append($0)
            return found.count < limit
        }
        return found
    }

    /// How often `needle`, which is not empty, stands in `haystack`.
    static func occurrenceCount(of needle: [UInt8], in haystack: [UInt8]) -> Int {
        var count = 0
        visitOccurrences(of: needle, in: haystack) { _ in
            count += 1
            return true
        }
        return count
    }

    /// For each prefix, the length of the longest one that is a suffix of it as well.
    private static func borders(of needle: [UInt8]) -> [Int32] {
        var borders = [Int32](repeating: 0, count: needle.count)
        var length = 0
        for position in 1..<needle.count {
            while length > 0, needle[position] != needle[length] {
                length = Int(borders[length - 1])
            }
            if needle[position] == needle[length] { length += 1 }
            borders[position] = Int32(truncatingIfNeeded: length)
        }
        return borders
    }

    /// As ``occurrences(of:in:limit:)`` from right to left, the last one first.
    static func lastOccurrences(
        of needle: [UInt8], in haystack: [UInt8], limit: Int = .max
    ) -> [Int] {
        occurrences(of: needle.reversed(), in: haystack.reversed(), limit: limit)
            .map { haystack.count - $0 - needle.count }
    }

    func contains(_ other: TemplateText) -> Bool {
        other.isEmpty || !Self.occurrences(of: other.bytes, in: bytes, limit: 1).isEmpty
    }

    /// With `replacement` for the first `limit` occurrences of `needle`; an empty needle stands
    /// before each scalar and at the end. Nil if that takes more than `roomLimit` bytes.
    func replacing(
        _ needle: TemplateText, with replacement: TemplateText, limit: Int, roomLimit: Int
    ) -> TemplateText? {
        guard limit > 0 else { return self }
        var result: [UInt8] = []
        var end = 0
        var count = 0
        func replace(at place: Int) -> Bool {
            result.append(contentsOf: bytes[end..<place])
            result.append(contentsOf: replacement.bytes)
            end = place + needle.bytes.count
            count += 1
            return count < limit && result.count <= roomLimit
        }
        if needle.isEmpty {
            for place in 0...bytes.count
            where place == bytes.count || bytes[place] & 0xC0 != 0x80 {
                guard replace(at: place) else { break }
            }
        } else {
            Self.visitOccurrences(of: needle.bytes, in: bytes) { replace(at: $0) }
        }
        guard count > 0 else { return self }
        guard result.count + bytes.count - end <= roomLimit else { return nil }
        result.append(contentsOf: bytes[end...])
        return TemplateText(result).marked(isMarkup)
    }

    // MARK: - Stripping and splitting

    /// Without the scalars at the ends that are in `set`, white space if that is nil.
    func stripped(of set: TemplateText? = nil, left: Bool, right: Bool) -> TemplateText {
        let members = set.map { Set($0.string.unicodeScalars) }
        func isStripped(_ scalar: Unicode.Scalar) -> Bool {
            members?.contains(scalar) ?? scalar.isPythonSpace
        }
        let view = string.unicodeScalars
        var start = view.startIndex
        var end = view.endIndex
        if left { while start < end, isStripped(view[start]) { view.formIndex(after: &start) } }
        if right {
            while end > start {
                let before = view.index(before: end)
                guard isStripped(view[before]) else { break }
                end = before
            }
        }
        if start == view.startIndex, end == view.endIndex { return self }
        return TemplateText(Array(String(view[start..<end]).utf8)).marked(isMarkup)
    }

    // What is found are ranges of bytes, in order. A template may have many: more than `most` are
    // not worth finding, and one more is then given, or the rest as one.

    /// The words between white space; `limit` are split off at one end, if that is not negative,
    /// and what is beyond stays in one piece with its space.
    func words(limit: Int, fromRight: Bool, most: Int) -> [Range<Int>] {
        let limit = limit < 0 ? most : min(limit, most)
        var runs: [Range<Int>] = []
        // Both count from the end that it begins at.
        var offset = 0
        var start: Int?
        func goesOn(behind scalar: Unicode.Scalar) -> Bool {
            if scalar.isPythonSpace {
                if let begin = start { runs.append(begin..<offset) }
                start = nil
            } else if start == nil {
                start = offset
                if runs.count == limit {
                    offset = bytes.count
                    return false
                }
            }
            offset += UTF8.width(scalar)
            return true
        }
        if fromRight {
            for scalar in string.unicodeScalars.reversed() {
                guard goesOn(behind: scalar) else { break }
            }
        } else {
            for scalar in string.unicodeScalars {
                guard goesOn(behind: scalar) else { break }
            }
        }
        if let begin = start { runs.append(begin..<offset) }
        guard fromRight else { return runs }
        return runs.reversed().map { bytes.count - $0.upperBound..<bytes.count - $0.lowerBound }
    }

    /// The pieces between occurrences of `separator`, which is not empty; `limit` are split off at
    /// one end, if that is not negative.
    func split(
        at separator: TemplateText, limit: Int = -1, fromRight: Bool = false, most: Int
    ) -> [Range<Int>] {
        let limit = limit < 0 ? most : min(limit, most)
        let places =
            fromRight
            ? Self.lastOccurrences(of: separator.bytes, in: bytes, limit: limit).reversed()
            : Self.occurrences(of: separator.bytes, in: bytes, limit: limit)
        var pieces: [Range<Int>] = []
        pieces.reserveCapacity(places.count + 1)
        var end = 0
        for place in places {
            pieces.append(end..<place)
            end = place + separator.bytes.count
        }
        pieces.append(end..<bytes.count)
        return pieces
    }

    /// The lines, without their ends unless `keepingEnds`.
    func lines(keepingEnds: Bool = false, most: Int) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        var offset = 0
        var afterReturn = false
        for scalar in string.unicodeScalars {
            if lines.count > most { return lines }
            let width = UTF8.width(scalar)
            if afterReturn, scalar == "\n" {
                // The second half of an end that was taken already.
                if keepingEnds, let last = lines.popLast() {
                    lines.append(last.lowerBound..<offset + width)
                }
                start = offset + width
            } else if scalar.endsPythonLine {
                lines.append(start..<(keepingEnds ? offset + width : offset))
                start = offset + width
            }
            afterReturn = scalar == "\r"
            offset += width
        }
        if start < bytes.count { lines.append(start..<bytes.count) }
        return lines
    }
}
