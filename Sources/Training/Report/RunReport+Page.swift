extension RunReport {
    /// The whole page: UTF-8 HTML without a reference to anything outside it.
    public func html() -> String {
        let loss = lossChart
        let small = smallCharts
        var main = header
        main += figureRow
        main += noteList
        if !loss.isEmpty { main += section("curves", loss.figure()) }
        if !small.isEmpty {
            main += section("small curves", small.map { $0.figure() }.joined())
        }
        main += validationTable
        main += sampleList
        main += configurationTable
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta http-equiv="Content-Security-Policy" \
            content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"/>
            <title>\(Markup.escaped(title)) · training report</title>
            <style>
            \(Self.style)\(Chart.style)</style>
            </head>
            <body>
            <main>
            \(main)</main>
            <script>
            //<![CDATA[
            \(Chart.script)//]]>
            </script>
            </body>
            </html>

            """
    }

    // MARK: - Sections

    private var header: String {
        let steps = points.map(\.step) + validations.map(\.step)
        var facts: [String] = []
        if let first = steps.min(), let last = steps.max() {
            facts.append("steps \(NumberText.grouped(first)) to \(NumberText.grouped(last))")
        }
        if validations.count > 1 {
            facts.append("\(NumberText.grouped(validations.count)) evaluations")
        }
        if let best = bestValidation, validations.count > 1 {
            facts.append("best at step \(NumberText.grouped(best.step))")
        }
        return """
            <header>
            <p class="kind">Training report</p>
            <h1>\(Markup.escaped(title))</h1>
            <p class="facts">\(Markup.escaped(facts.joined(separator: " · ")))</p>
            </header>

            """
    }

    private var figureRow: String {
        guard !figures.isEmpty else { return "" }
        let items = figures.map { label, value in
            "<div><dt>\(Markup.escaped(label))</dt><dd>\(withSmallUnits(value))</dd></div>\n"
        }
        return "<dl class=\"figures\">\n\(items.joined())</dl>\n"
    }

    /// Letters after a number step back: 24.8k, 56 min 40 s. A value that is a word stays as it is.
    private func withSmallUnits(_ value: String) -> String {
        let isLetter = { (byte: UInt8) in byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
        guard let first = value.utf8.first, (0x30...0x39).contains(first) else {
            return Markup.escaped(value)
        }
        var output = ""
        var rest = value[...]
        while let start = rest.utf8.firstIndex(where: isLetter) {
            let end = rest.utf8[start...].firstIndex { !isLetter($0) } ?? rest.endIndex
            output += "\(Markup.escaped(String(rest[..<start])))<small>\(rest[start..<end])</small>"
            rest = rest[end...]
        }
        return output + Markup.escaped(String(rest))
    }

    private var noteList: String {
        let notes = notes + unmeasured
        guard !notes.isEmpty else { return "" }
        let items = notes.map { "<li>\(Markup.escaped($0))</li>\n" }
        return "<ul class=\"notes\">\n\(items.joined())</ul>\n"
    }

    /// A loss that is not a number cannot be drawn, so it has to be said.
    private var unmeasured: [String] {
        let steps = points.filter { !$0.loss.isFinite }.map(\.step)
        guard let first = steps.first else { return [] }
        let count = steps.count == 1 ? "one step" : "\(NumberText.grouped(steps.count)) steps"
        return [
            "The training loss is not a finite number at \(count), first at step "
                + "\(NumberText.grouped(first)); such values are not drawn."
        ]
    }

    private func section(_ name: String, _ content: String, title: String? = nil) -> String {
        let heading = title.map { "<h2>\($0)</h2>\n" } ?? ""
        return "<section class=\"\(name)\">\n\(heading)\(content)</section>\n"
    }

    /// The evaluations as numbers, folded away; of very many the last ones and the best.
    private var validationTable: String {
        guard !validations.isEmpty else { return "" }
        let best = bestValidation?.step
        let last = validations.suffix(200)
        let shown = validations.dropLast(last.count).filter { $0.step == best } + last
        let hasBytes = shown.contains { $0.bitsPerByte != nil }
        let rows = shown.map { validation in
            let isBest = validation.step == best
            let bytes = validation.bitsPerByte.map { NumberText.fixed($0, decimals: 4) }
            return """
                <tr\(isBest ? " class=\"best\"" : "")>\
                <td>\(NumberText.grouped(validation.step))</td>\
                <td>\(NumberText.fixed(validation.loss, decimals: 4))</td>\
                \(hasBytes ? "<td>\(bytes ?? NumberText.missing)</td>" : "")\
                <td>\(isBest ? "best" : "")</td></tr>

                """
        }
        let count =
            shown.count == validations.count
            ? "\(NumberText.grouped(shown.count))"
            : "\(NumberText.grouped(shown.count)) of \(NumberText.grouped(validations.count))"
        return """
            <details class="evaluations"><summary>Evaluations as numbers (\(count))</summary>
            <table>
            <thead><tr><th>step</th><th>loss</th>\
            \(hasBytes ? "<th>bits per byte</th>" : "")<th></th></tr></thead>
            <tbody>
            \(rows.joined())</tbody>
            </table>
            </details>

            """
    }

    /// The samples in the order of the run: how the model learned to write. Of many, the first and
    /// the last ones are in view and those between are folded.
    private var sampleList: String {
        guard !samples.isEmpty else { return "" }
        let items = samples.indices.map { index -> String in
            let sample = samples[index]
            let isRepeated = index > 0 && samples[index - 1].step == sample.step
            let step = isRepeated ? "" : "step \(NumberText.grouped(sample.step))"
            let prompt = Markup.escaped(sample.prompt)
            return """
                <article><p class="step">\(step)</p>\
                <div class="text" lang="" dir="auto">\
                \(prompt.isEmpty ? "" : "<b>\(prompt)</b>")\
                \(Markup.escaped(sample.text))</div></article>

                """
        }
        let (ahead, behind) = (3, 4)
        guard items.count > ahead + behind + 1 else {
            return section("samples", items.joined(), title: "Samples over time")
        }
        let folded = items[ahead..<(items.count - behind)]
        let content = """
            \(items.prefix(ahead).joined())\
            <details><summary>\(NumberText.grouped(folded.count)) samples between</summary>
            \(folded.joined())</details>
            \(items.suffix(behind).joined())
            """
        return section("samples", content, title: "Samples over time")
    }

    private var configurationTable: String {
        guard !configuration.isEmpty else { return "" }
        let rows = configuration.map { name, value in
            "<tr><th scope=\"row\">\(Markup.escaped(name))</th>"
                + "<td>\(Markup.escaped(value))</td></tr>\n"
        }
        // Two tables side by side where there is room; reading goes down the first one.
        let half = rows.count > 8 ? (rows.count + 1) / 2 : rows.count
        let tables = [rows.prefix(half), rows.dropFirst(half)].filter { !$0.isEmpty }.map {
            "<table><tbody>\n\($0.joined())</tbody></table>\n"
        }
        return section("configuration", tables.joined(), title: "Configuration")
    }
}
