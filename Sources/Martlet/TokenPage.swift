import ByteIO
import Tokenization
import Training

extension TokenizedText {
    /// The text as one self-contained page: its tokens in soft colours, and what there is to know about the one that
    /// is pointed at; above it, the numbers.
    public func page(title: String) -> String {
        let title = Markup.escaped(VisibleText.line(title.utf8, marksSpaces: false))
        let facts =
            "\(NumberText.grouped(text.count)) bytes, \(NumberText.grouped(characterCount)) characters"
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" \
            content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
            <title>\(title): tokens</title>
            <style>\(RunReport.style)\(TokenPage.style)</style></head>
            <body><main>
            <p class="kind">Tokens</p>
            <h1>\(title)</h1>
            <p class="facts">\(facts)</p>
            \(figures)\
            <section class="overview">
            \(TokenPage.histogram(of: self))\(frequent)\(longest)</section>
            <section>
            <h2>Text</h2>
            <p class="facts" id="hint">Point at a token, tap it, or walk with the arrow keys: you see \
            its id, its bytes and its place, and where else it occurs. Enter goes to its next place.</p>
            <label class="facts"><input type="checkbox" id="spaces" autocomplete="off"> Mark spaces</label>
            <div id="text" tabindex="0" role="group" aria-label="The text, token by token" \
            aria-describedby="hint">\(TokenPage.spans(of: self))</div>
            </section>
            </main>
            <div id="panel" role="status" hidden><p id="shown"></p><dl id="told"></dl></div>
            <script type="application/json" id="data">\(TokenPage.data(of: self))</script>
            <script>\(TokenPage.script)</script>
            </body></html>

            """
    }

    // MARK: - Numbers

    private var figures: String {
        let items: [(name: String, value: String)] = [
            ("tokens", NumberText.grouped(ids.count)),
            ("distinct tokens", NumberText.grouped(tokens.count)),
            ("bytes per token", NumberText.fixed(bytesPerToken ?? .nan, decimals: 2)),
            ("characters per token", NumberText.fixed(charactersPerToken ?? .nan, decimals: 2)),
            ("vocabulary", NumberText.grouped(vocabularySize)),
            ("kind of tokenizer", kindName),
        ]
        let rows = items.map { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>\n" }
        return "<dl class=\"figures\">\n\(rows.joined())</dl>\n"
    }

    private var kindName: String {
        switch kind {
        case .bytes: "bytes"
        case .characters: "characters"
        case .bpe: "BPE"
        case .wordpiece: "WordPiece"
        case .unigram: "Unigram"
        case .words: "words"
        }
    }

    private var frequent: String {
        let rows = tokens.indices.prefix(10).map { number in
            let share = Double(tokens[number].count) / Double(ids.count) * 100
            return row(
                number, NumberText.grouped(tokens[number].count),
                NumberText.fixed(share, decimals: 1) + "\u{A0}%")
        }
        return table("Most frequent", ["token", "id", "times", "share"], rows)
    }

    private var longest: String {
        let numbers = tokens.indices.filter { !tokens[$0].isSpecial }
            .sorted { (tokens[$1].width, $0) < (tokens[$0].width, $1) }
        let rows = numbers.prefix(10).map { number in
            row(
                number, NumberText.grouped(tokens[number].width),
                NumberText.grouped(tokens[number].count))
        }
        return table("Longest", ["token", "id", "bytes", "times"], rows)
    }

    private func row(_ number: Int, _ values: String...) -> String {
        let name = Markup.escaped(VisibleText.line(tokens[number].bytes))
        let cells = (["\(tokens[number].id)"] + values).map { "<td>\($0)</td>" }
        return """
            <tr><th scope="row"><button type="button" data-i=\(number)>\(name)</button></th>\
            \(cells.joined())</tr>

            """
    }

    private func table(_ title: String, _ names: [String], _ rows: [String]) -> String {
        guard !rows.isEmpty else { return "" }
        let heads = names.map { "<th scope=\"col\">\($0)</th>" }
        return """
            <div class="list"><h2>\(title)</h2>
            <table><thead><tr>\(heads.joined())</tr></thead>
            <tbody>\(rows.joined())</tbody></table></div>

            """
    }
}

/// The parts of the page that hold the text.
enum TokenPage {
    /// A browser lays out only the blocks in view; each is as large as this, in bytes, and then to the end of a line.
    private static let blockSize = 4096

    /// Every byte of the text once, a span a piece.
    static func spans(of tokenized: TokenizedText) -> String {
        var page = "<div dir=\"auto\">"
        var size = 0
        for piece in tokenized.pieces {
            let bytes = tokenized.text[piece.range]
            page += opening(piece, tokenized)
            append(bytes, to: &page)
            page += "</span>"
            size += bytes.count
            if size >= blockSize, bytes.last == UInt8(ascii: "\n") {
                page += "</div>\n<div dir=\"auto\">"
                size = 0
            }
        }
        return page + "</div>"
    }

    private static func opening(
        _ piece: TokenizedText.Piece, _ tokenized: TokenizedText
    ) -> String {
        guard let number = piece.token else { return "<span class=\"gap\">" }
        let token = tokenized.tokens[number]
        var tag = token.isSpecial ? "<span class=\"special\"" : "<span"
        if piece.range.isEmpty {
            // No text is left for it: its name shows, and is not part of the text.
            tag += " data-s=\"\(Markup.escaped(VisibleText.line(token.spelling)))\""
        }
        return tag + " data-i=\(number)>"
    }

    private static func append(_ bytes: ArraySlice<UInt8>, to page: inout String) {
        for part in VisibleText.parts(of: bytes) {
            switch part {
            case .plain(let text): page += Markup.escaped(text)
            case .space: page += " "
            case .tab: page += "<i class=\"t\">\t</i>"
            case .lineFeed: page += "<i class=\"n\">\n</i>"
            case .hidden, .bytes: page += "<i>\(part.symbol)</i>"
            }
        }
    }

    /// What the script shows of tokens, and for each span the bytes it has.
    static func data(of tokenized: TokenizedText) -> String {
        let tokens = tokenized.tokens
        func numbers(_ values: [Int]) -> JSONValue {
            .array(values.map { .number(JSONNumber($0)) })
        }
        let data: JSONValue = [
            "ids": numbers(tokens.map { Int($0.id) }),
            "names": .array(tokens.map { .string(VisibleText.line($0.spelling)) }),
            "bytes": .array(tokens.map { .string(VisibleText.hexadecimal($0.bytes)) }),
            "special": numbers(tokens.indices.filter { tokens[$0].isSpecial }),
            "lengths": numbers(tokenized.pieces.map(\.range.count)),
        ]
        return Markup.script(data)
    }

    // MARK: - Histogram

    /// How many tokens stand for how many bytes of the text.
    static func histogram(of tokenized: TokenizedText) -> String {
        let widths = tokenized.pieces.filter { $0.token != nil }.map(\.range.count)
        guard let least = widths.min(), let most = widths.max() else { return "" }
        // Bars from 1, or from 0 if a token has no text; the last one is for all that are longer.
        let first = min(least, 1)
        let last = min(max(most, 8), 24)
        var counts = [Int](repeating: 0, count: last - first + 1)
        for width in widths { counts[min(width, last) - first] += 1 }

        let height = 150.0
        let scale = ChartScale(
            from: 0, to: Double(counts.max() ?? 1), target: 3, rounded: true, integral: true)
        let step = 100 / Double(counts.count)
        var picture = ""
        for tick in scale.ticks {
            let y = NumberText.coordinate((1 - scale.fraction(of: tick.value)) * height)
            picture += """
                <line x2="100%" y1="\(y)" y2="\(y)"/>\
                <text class="y" x="-8" y="\(y)" dy=".35em">\(tick.label)</text>

                """
        }
        for (index, count) in counts.enumerated() {
            let width = first + index
            let isOpen = width == last && most > last
            let tall = scale.fraction(of: Double(count)) * height
            let share = Double(count) / Double(widths.count) * 100
            let unit = width == 1 ? "byte" : "bytes"
            let what = "\(width)\(isOpen ? " or more" : "") \(unit)"
            picture += """
                <rect x="\(NumberText.coordinate((Double(index) + 0.1) * step))%" \
                y="\(NumberText.coordinate(height - tall))" \
                width="\(NumberText.coordinate(0.8 * step))%" height="\(NumberText.coordinate(tall))">\
                <title>\(what): \(NumberText.grouped(count)) \(count == 1 ? "token" : "tokens"), \
                \(NumberText.fixed(share, decimals: 1)) %</title></rect>

                """
            guard isOpen || counts.count <= 12 || width % 5 == 0 || width == 1 else { continue }
            let x = NumberText.coordinate((Double(index) + 0.5) * step)
            picture += """
                <text class="x" x="\(x)%" y="\(NumberText.coordinate(height + 18))">\(width)\(isOpen ? "+" : "")</text>

                """
        }
        let middle = widths.sorted()[widths.count / 2]
        return """
            <figure class="lengths"><h2>Bytes in a token</h2>
            <svg role="img" aria-label="Histogram of the bytes in a token: from \(least) to \(most), \
            half of the tokens have at most \(middle)" width="100%" height="190" \
            style="padding:12px 8px 28px 48px">
            \(picture)</svg></figure>

            """
    }
}
