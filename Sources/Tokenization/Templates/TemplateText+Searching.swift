/// Finding one text in another, in time linear in both: a template must not be able to choose
/// texts that take longer.
extension TemplateText {
    /// The byte offsets where `needle`, which is not empty, stands in `haystack` from `start` on,
    /// from left to right without overlaps, at most `limit` of them.
    static func occurrences(
        of needle: [UInt8], in haystack: [UInt8], from start: Int = 0, limit: Int = .max
    ) -> [Int] {
        guard let first = needle.first, limit > 0, needle.count <= haystack.count else { return [] }
        var found: [Int] = []
        if needle.count <= 16 {
            var position = start
            let last = haystack.count - needle.count
            while position <= last {
                if haystack[position] == first,
                    haystack[position..<position + needle.count].elementsEqual(needle)
                {
                    found.append(position)
                    if found.count == limit { break }
                    position += needle.count
                } else {
                    position += 1
                }
            }
            return found
        }
        // Knuth, Morris and Pratt: after a mismatch the longest border goes on.
        let borders = borders(of: needle)
        var matched = 0
        var position = start
        while position < haystack.count {
            while matched > 0, haystack[position] != needle[matched] {
                matched = Int(borders[matched - 1])
            }
            if haystack[position] == needle[matched] { matched += 1 }
            position += 1
            if matched == needle.count {
                found.append(position - matched)
                if found.count == limit { break }
                matched = 0
            }
        }
        return found
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

    /// As ``occurrences(of:in:from:limit:)`` from right to left, the last one first.
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
        var places: [Int]
        if needle.isEmpty {
            places = bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 }
            places.append(bytes.count)
            if limit < places.count { places.removeLast(places.count - max(limit, 0)) }
        } else {
            places = Self.occurrences(of: needle.bytes, in: bytes, limit: limit)
        }
        guard !places.isEmpty else { return self }
        let (growth, overflows) = places.count.multipliedReportingOverflow(
            by: replacement.bytes.count)
        guard !overflows, growth <= roomLimit, growth + bytes.count <= roomLimit else {
            return nil
        }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + growth)
        var end = 0
        for place in places {
            result.append(contentsOf: bytes[end..<place])
            result.append(contentsOf: replacement.bytes)
            end = place + needle.bytes.count
        }
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

    /// The words between white space; from the right, the last `limit` are split off.
    func words(limit: Int, fromRight: Bool) -> [TemplateText] {
        // The pieces as ranges of bytes, in order.
        var runs: [Range<Int>] = []
        var offset = 0
        var start: Int?
        for scalar in string.unicodeScalars {
            if scalar.isPythonSpace {
                if let begin = start { runs.append(begin..<offset) }
                start = nil
            } else if start == nil {
                start = offset
            }
            offset += UTF8.width(scalar)
        }
        if let begin = start { runs.append(begin..<offset) }
        // What is beyond the limit stays in one piece, with its space.
        if limit >= 0, runs.count > limit {
            if fromRight {
                let kept = runs.count - limit - 1
                runs[kept] = 0..<runs[kept].upperBound
                runs.removeFirst(kept)
            } else {
                runs[limit] = runs[limit].lowerBound..<bytes.count
                runs.removeLast(runs.count - limit - 1)
            }
        }
        return runs.map { TemplateText(bytes[$0]).marked(isMarkup) }
    }

    /// The pieces between occurrences of `separator`, which is not empty.
    func split(at separator: TemplateText, limit: Int, fromRight: Bool) -> [TemplateText] {
        let limit = limit < 0 ? Int.max : limit
        let places =
            fromRight
            ? Self.lastOccurrences(of: separator.bytes, in: bytes, limit: limit).reversed()
            : Self.occurrences(of: separator.bytes, in: bytes, limit: limit)
        var pieces: [TemplateText] = []
        pieces.reserveCapacity(places.count + 1)
        var end = 0
        for place in places {
            pieces.append(TemplateText(bytes[end..<place]).marked(isMarkup))
            end = place + separator.bytes.count
        }
        pieces.append(TemplateText(bytes[end...]).marked(isMarkup))
        return pieces
    }

    /// The lines, without their ends unless `keepingEnds`.
    func lines(keepingEnds: Bool = false) -> [TemplateText] {
        var lines: [TemplateText] = []
        var start = 0
        var offset = 0
        var afterReturn = false
        for scalar in string.unicodeScalars {
            let width = UTF8.width(scalar)
            if afterReturn, scalar == "\n" {
                // The second half of an end that was taken already.
                if keepingEnds, let last = lines.popLast() {
                    lines.append(TemplateText(last.bytes + [0x0A]).marked(isMarkup))
                }
                start = offset + width
            } else if scalar.endsPythonLine {
                let end = keepingEnds ? offset + width : offset
                lines.append(TemplateText(bytes[start..<end]).marked(isMarkup))
                start = offset + width
            }
            afterReturn = scalar == "\r"
            offset += width
        }
        if start < bytes.count { lines.append(TemplateText(bytes[start...]).marked(isMarkup)) }
        return lines
    }
}
