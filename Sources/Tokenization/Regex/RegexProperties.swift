/// The properties that `\p{…}` and `[:…:]` may name.
enum RegexProperties {
    static func mask(_ category: GeneralCategory) -> UInt32 { 1 << UInt32(category.rawValue) }

    private static func mask(_ categories: [GeneralCategory]) -> UInt32 {
        categories.reduce(0) { $0 | mask($1) }
    }

    private static let letters = mask([.lu, .ll, .lt, .lm, .lo])
    private static let marks = mask([.mn, .mc, .me])
    private static let numbers = mask([.nd, .nl, .no])
    private static let punctuation = mask([.pc, .pd, .ps, .pe, .pi, .pf, .po])
    private static let symbols = mask([.sm, .sc, .sk, .so])
    private static let separators = mask([.zs, .zl, .zp])
    private static let others = mask([.cc, .cf, .cs, .co, .cn])

    private static let masks: [(String, UInt32)] = [
        ("l", letters), ("letter", letters), ("m", marks), ("mark", marks), ("n", numbers),
        ("number", numbers), ("p", punctuation), ("punctuation", punctuation), ("s", symbols),
        ("symbol", symbols), ("z", separators), ("separator", separators), ("c", others),
        ("other", others), ("lu", mask(.lu)), ("uppercaseletter", mask(.lu)), ("ll", mask(.ll)),
        ("lowercaseletter", mask(.ll)), ("lt", mask(.lt)), ("titlecaseletter", mask(.lt)),
        ("lm", mask(.lm)), ("modifierletter", mask(.lm)), ("lo", mask(.lo)),
        ("otherletter", mask(.lo)), ("mn", mask(.mn)), ("nonspacingmark", mask(.mn)),
        ("mc", mask(.mc)), ("spacingmark", mask(.mc)), ("me", mask(.me)),
        ("enclosingmark", mask(.me)), ("nd", mask(.nd)), ("decimalnumber", mask(.nd)),
        ("digit", mask(.nd)), ("nl", mask(.nl)), ("letternumber", mask(.nl)), ("no", mask(.no)),
        ("othernumber", mask(.no)), ("pc", mask(.pc)), ("connectorpunctuation", mask(.pc)),
        ("pd", mask(.pd)), ("dashpunctuation", mask(.pd)), ("ps", mask(.ps)),
        ("openpunctuation", mask(.ps)), ("pe", mask(.pe)), ("closepunctuation", mask(.pe)),
        ("pi", mask(.pi)), ("initialpunctuation", mask(.pi)), ("pf", mask(.pf)),
        ("finalpunctuation", mask(.pf)), ("po", mask(.po)), ("otherpunctuation", mask(.po)),
        ("sm", mask(.sm)), ("mathsymbol", mask(.sm)), ("sc", mask(.sc)),
        ("currencysymbol", mask(.sc)), ("sk", mask(.sk)), ("modifiersymbol", mask(.sk)),
        ("so", mask(.so)), ("othersymbol", mask(.so)), ("zs", mask(.zs)),
        ("spaceseparator", mask(.zs)), ("zl", mask(.zl)), ("lineseparator", mask(.zl)),
        ("zp", mask(.zp)), ("paragraphseparator", mask(.zp)), ("cc", mask(.cc)),
        ("control", mask(.cc)), ("cntrl", mask(.cc)), ("cf", mask(.cf)), ("format", mask(.cf)),
        ("cs", mask(.cs)), ("surrogate", mask(.cs)), ("co", mask(.co)),
        ("privateuse", mask(.co)), ("cn", mask(.cn)), ("unassigned", mask(.cn)),
        ("punct", punctuation),
    ]

    /// What `\w` stands for, and the property of that name. Oniguruma leaves out the joiners, and of Latin-1 takes
    /// superscript digits and fractions too outside of a class.
    static func word(_ dialect: RegexDialect, inClass: Bool) -> ScalarSet {
        if dialect == .rust { return .word }
        let words = ScalarSet.intersection([.word, .complement(.scalars(0x200C...0x200D))])
        return inClass
            ? words
            : .union([
                words, .scalars(0xB2...0xB3), .scalars(0xB9...0xB9), .scalars(0xBC...0xBE),
            ])
    }

    private static let alphabetic = ScalarSet.union([
        .categories(letters | mask(.nl)), .otherAlphabetic,
    ])

    private static func ascii(_ ranges: ClosedRange<UInt32>...) -> ScalarSet {
        .union(ranges.map { .scalars($0) })
    }

    /// The set called `name`: case, spaces, dashes and underscores do not count.
    ///
    /// - Parameters:
    ///   - isPosix: whether it stands between `[:` and `:]`, where punctuation is more
    ///   - word: what is called a word
    static func named(_ name: String, isPosix: Bool = false, word: ScalarSet) -> ScalarSet? {
        let key = simplified(name)
        if isPosix, key == "punct" { return .categories(punctuation | symbols) }
        for (known, mask) in masks where known == key { return .categories(mask) }
        switch key {
        case "any": return .anything
        case "ascii": return .scalars(0...0x7F)
        case "space", "whitespace": return .whiteSpace
        case "word", "w": return word
        case "alphabetic", "alpha": return alphabetic
        case "alnum": return .union([alphabetic, .categories(mask(.nd))])
        case "uppercase", "upper": return .union([.categories(mask(.lu)), .otherUppercase])
        case "lowercase", "lower": return .union([.categories(mask(.ll)), .otherLowercase])
        case "graph":
            return .complement(.union([.whiteSpace, .categories(mask([.cc, .cs, .cn]))]))
        case "print": return .complement(.categories(mask([.cc, .cs, .cn, .zl, .zp])))
        case "blank": return .union([.categories(mask(.zs)), .scalars(0x09...0x09)])
        case "xdigit", "asciihexdigit": return ascii(0x30...0x39, 0x41...0x46, 0x61...0x66)
        default: break
        }
        for prefix in ["script=", "sc=", "is", "generalcategory=", "gc="]
        where key.hasPrefix(prefix) {
            return named(String(key.dropFirst(prefix.count)), word: word)
        }
        if let script = ScriptTables.names.firstIndex(where: { simplified($0) == key }) {
            return .script(UInt8(truncatingIfNeeded: script))
        }
        return nil
    }

    private static func simplified(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case " ", "-", "_": break
            case "A"..."Z": result.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value) + 32))
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
