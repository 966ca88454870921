/// What Python knows about scalars.
extension Unicode.Scalar {
    /// `str.isspace`
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
            0x205F, 0x3000:
            true
        default: false
        }
    }

    /// Whether `str.splitlines` ends a line here.
    var endsPythonLine: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    var isPythonLetter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            true
        default: false
        }
    }

    var isPythonAlphanumeric: Bool { isPythonLetter || properties.numericType != nil }

    /// Whether `repr` writes it as it is.
    var isPythonPrintable: Bool {
        if value < 0x7F { return value >= 0x20 }
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator, .spaceSeparator:
            false
        default: true
        }
    }

    private var isTitlecase: Bool { properties.generalCategory == .titlecaseLetter }

    fileprivate var isPythonUpper: Bool { properties.isUppercase }
    fileprivate var isPythonLower: Bool { properties.isLowercase }
    fileprivate var isPythonTitle: Bool { isTitlecase }
    fileprivate var isPythonCased: Bool { isPythonUpper || isPythonLower || isTitlecase }
}

/// Python's case mappings: full ones, with the one rule that depends on what stands around.
extension TemplateText {
    func uppercased() -> TemplateText {
        if isASCII {
            return TemplateText(bytes.map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 })
                .marked(isMarkup)
        }
        return mapped { scalar, _, _ in scalar.properties.uppercaseMapping }
    }

    func lowercased() -> TemplateText {
        if isASCII {
            return TemplateText(bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 })
                .marked(isMarkup)
        }
        return mapped { scalar, position, all in Self.lower(scalar, position, all) }
    }

    /// The first scalar in title case, all others in lower case.
    func capitalized() -> TemplateText {
        mapped { scalar, position, all in
            position == 0
                ? scalar.properties.titlecaseMapping : Self.lower(scalar, position, all)
        }
    }

    /// `str.title`: a cased scalar after one that is not begins a word.
    func titlecased() -> TemplateText {
        var isInside = false
        return mapped { scalar, position, all in
            defer { isInside = scalar.isPythonCased }
            return isInside
                ? Self.lower(scalar, position, all) : scalar.properties.titlecaseMapping
        }
    }

    func swappingCase() -> TemplateText {
        mapped { scalar, position, all in
            scalar.isPythonUpper
                ? Self.lower(scalar, position, all)
                : scalar.isPythonLower
                    ? scalar.properties.uppercaseMapping : String(Character(scalar))
        }
    }

    private func mapped(
        _ transform: (Unicode.Scalar, Int, [Unicode.Scalar]) -> String
    ) -> TemplateText {
        let all = scalars
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for (position, scalar) in all.enumerated() {
            result.append(contentsOf: transform(scalar, position, all).utf8)
        }
        return TemplateText(result).marked(isMarkup)
    }

    /// In lower case; a capital sigma at the end of a word has a form of its own.
    private static func lower(
        _ scalar: Unicode.Scalar, _ position: Int, _ all: [Unicode.Scalar]
    ) -> String {
        guard scalar == "\u{3A3}" else { return scalar.properties.lowercaseMapping }
        // A long run of ignorable scalars between sigmas must not be looked over again and again.
        let reach = 64
        var before = position - 1
        while before >= 0, position - before < reach, all[before].properties.isCaseIgnorable {
            before -= 1
        }
        var after = position + 1
        while after < all.count, after - position < reach, all[after].properties.isCaseIgnorable {
            after += 1
        }
        let isFinal =
            before >= 0 && all[before].properties.isCased
            && !(after < all.count && all[after].properties.isCased)
        return isFinal ? "\u{3C2}" : "\u{3C3}"
    }

    // MARK: - Questions

    /// Whether there are cased scalars and none is in upper or title case.
    var isLowercase: Bool {
        var hasCased = false
        for scalar in string.unicodeScalars {
            if scalar.isPythonUpper || scalar.isPythonTitle { return false }
            hasCased = hasCased || scalar.isPythonLower
        }
        return hasCased
    }

    var isUppercase: Bool {
        var hasCased = false
        for scalar in string.unicodeScalars {
            if scalar.isPythonLower || scalar.isPythonTitle { return false }
            hasCased = hasCased || scalar.isPythonUpper
        }
        return hasCased
    }

    var isTitlecase: Bool {
        var hasCased = false
        var isInside = false
        for scalar in string.unicodeScalars {
            if scalar.isPythonUpper || scalar.isPythonTitle {
                if isInside { return false }
                isInside = true
                hasCased = true
            } else if scalar.isPythonLower {
                if !isInside { return false }
                hasCased = true
            } else {
                isInside = false
            }
        }
        return hasCased
    }

    var isIdentifier: Bool {
        var isFirst = true
        for scalar in string.unicodeScalars {
            let fits =
                scalar == "_"
                || (isFirst ? scalar.properties.isXIDStart : scalar.properties.isXIDContinue)
            if !fits { return false }
            isFirst = false
        }
        return !isFirst
    }

    /// Whether there are scalars and all fulfil `condition`.
    func isAll(_ condition: (Unicode.Scalar) -> Bool) -> Bool {
        !isEmpty && string.unicodeScalars.allSatisfy(condition)
    }
}
