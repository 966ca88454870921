import Testing
import Training

@Suite("Numbers for people")
struct NumberTextTests {
    @Test(arguments: [
        (3.14159, 2, "3.14"), (0, 3, "0.000"), (-0.0001, 2, "0.00"), (-2.5, 1, "−2.5"),
        (1_234_567.891, 1, "1,234,567.9"), (999.999, 2, "1,000.00"), (1e300, 2, "1×10³⁰⁰"),
        (.nan, 2, "–"), (-.infinity, 0, "–"),
    ])
    func fixed(value: Double, decimals: Int, expected: String) {
        #expect(NumberText.fixed(value, decimals: decimals) == expected)
    }

    @Test(arguments: [
        (0, "0"), (7.251, "7.25"), (99.96, "100"), (950, "950"), (8192, "8,192"),
        (9999.7, "10k"), (25_300, "25.3k"), (999_950, "1M"), (1.2e9, "1.2B"), (0.001, "0.001"),
        (6e-4, "6×10⁻⁴"), (9.9996e-5, "1×10⁻⁴"), (-1.25e-5, "−1.25×10⁻⁵"), (.nan, "–"),
        (.greatestFiniteMagnitude, "1.8×10³⁰⁸"), (.leastNonzeroMagnitude, "0"),
    ])
    func compact(value: Double, expected: String) {
        #expect(NumberText.compact(value) == expected)
    }

    @Test func groupsEveryInteger() {
        #expect(NumberText.grouped(0) == "0")
        #expect(NumberText.grouped(1_000_000) == "1,000,000")
        #expect(NumberText.grouped(.min) == "−9,223,372,036,854,775,808")
    }

    @Test(arguments: [
        (0.84, "0.8 s"), (59.6, "1 min 0 s"), (133, "2 min 13 s"), (18_490, "5 h 8 min"),
        (273_456, "3 d 3 h"), (-1, "–"), (.infinity, "–"),
    ])
    func duration(seconds: Double, expected: String) {
        let text = NumberText.duration(seconds: seconds)
        #expect(text.split(separator: "\u{A0}").joined(separator: " ") == expected)
    }

    @Test(arguments: [(0, "0"), (12.5, "12.5"), (-0.004, "0"), (-3.456, "-3.46"), (.nan, "0")])
    func coordinate(value: Double, expected: String) {
        #expect(NumberText.coordinate(value) == expected)
    }
}

@Suite("Chart scales")
struct ChartScaleTests {
    @Test(arguments: [
        (0.87, 5.1, ["0", "2", "4", "6"]), (0, 1, ["0", "0.5", "1.0"]),
        (0, 10_000, ["0", "5k", "10k"]), (-3, 4, ["−5", "0", "5"]),
        (0.11, 0.29, ["0.1", "0.2", "0.3"]), (2e6, 3e6, ["2.0M", "2.5M", "3.0M"]),
    ])
    func roundTicks(low: Double, high: Double, labels: [String]) {
        let scale = ChartScale(from: low, to: high, target: 3, rounded: true)
        #expect(scale.ticks.map(\.label) == labels)
        #expect(scale.lower <= low && scale.upper >= high && scale.exponent == 0)
    }

    @Test func tinyValuesAreToldByAPower() {
        let scale = ChartScale(from: 0, to: 6e-4, target: 3, rounded: true)
        #expect(scale.exponent == -4)
        #expect(scale.ticks.map(\.label) == ["0", "2", "4", "6"])
    }

    @Test func stepsAreWholeAndEndWhereTheRunEnds() {
        let scale = ChartScale(from: 1, to: 3, target: 10, rounded: false, integral: true)
        #expect(scale.ticks.map(\.label) == ["1", "2", "3"])
        #expect(scale.lower == 1 && scale.upper == 3)
    }

    @Test(arguments: [
        (0, 0), (3, 3), (0, .leastNonzeroMagnitude), (-1e99, 1e99), (1e15, 1e15 + 1), (.nan, 1),
        (-.infinity, .infinity), (5, 2),
    ])
    func anyValuesGiveAScale(low: Double, high: Double) {
        for rounded in [false, true] {
            let scale = ChartScale(from: low, to: high, target: 5, rounded: rounded)
            #expect(scale.lower < scale.upper)
            #expect(scale.ticks.count <= 12)
            for tick in scale.ticks {
                #expect((-0.001...1.001).contains(scale.fraction(of: tick.value)))
            }
        }
    }
}

@Suite("Charts")
struct ChartTests {
    private func noise(_ count: Int) -> [Chart.Point] {
        var state: UInt64 = 1
        return (0..<count).map { index in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Chart.Point(x: Double(index), y: Double(state >> 40) / Double(1 << 24))
        }
    }

    @Test func decimationKeepsEndsAndPeaks() {
        var points = noise(100_003)
        points[50_001].y = 7
        points[70_001].y = -7
        let kept = Chart.Series("loss", hue: .blue, points: points).decimated(to: 800)
        #expect(kept.count <= 800 && kept.count > 700)
        #expect(kept.first == points.first && kept.last == points.last)
        #expect(kept.contains { $0.y == 7 } && kept.contains { $0.y == -7 })
        #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.x < $1.x })
    }

    @Test func fewPointsStayAsTheyAre() {
        let points = noise(800)
        #expect(Chart.Series("loss", hue: .blue, points: points).decimated(to: 800) == points)
    }

    @Test func smoothingBeginsAtTheStartAndIgnoresOutliers() {
        var points = noise(5000)
        points[2500].y = 1e30
        let series = Chart.Series("loss", hue: .blue, points: points)
        let smooth = series.smoothed(as: "smoothed").points
        #expect(smooth.count <= 1600)
        let settled = smooth.dropFirst(100).map(\.y)
        #expect(settled.allSatisfy { (0.3...0.7).contains($0) })

        let falling = (0..<200).map { Chart.Point(x: Double($0), y: $0 == 0 ? 10 : 3) }
        let line = Chart.Series("loss", hue: .blue, points: falling).smoothed(as: "smoothed")
        #expect(line.points.first?.y == 10)
        #expect(line.points.last?.y == 3)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e308, -1e308])
    func whatCannotBeDrawnIsNot(value: Double) {
        var chart = Chart("Loss")
        chart.marks = [Chart.Mark("best", at: Chart.Point(x: 1, y: value), hue: .blue)]
        for stroke in [Chart.Stroke.faint, .line, .dotted] {
            let points = [(0, 1), (1, value), (value, 1), (2, 2)].map { Chart.Point(x: $0, y: $1) }
            chart.series.append(
                Chart.Series("a", hue: .blue, stroke: stroke, points: points))
        }
        let figure = chart.figure()
        #expect(
            !figure.contains("nan") && !figure.contains("inf") && !figure.contains("–")
                && !figure.contains("e+"))
        #expect(figure.contains("d=\"M0 1000L1000 0\""))
    }

    @Test func emptyAndLoneValues() {
        var chart = Chart("Loss")
        #expect(chart.isEmpty)
        expectWellFormed(chart.figure())
        chart.series = [Chart.Series("a", hue: .green, points: [Chart.Point(x: 5, y: 2)])]
        #expect(!chart.isEmpty)
        #expect(chart.figure().contains("<circle"))
    }

    @Test func outliersAreSaidNotDrawn() {
        var points = noise(1000)
        points[500].y = 1e20
        var chart = Chart("Norm", y: Chart.Axis("", startsAtZero: true, leavesOutliers: true))
        chart.series = [Chart.Series("norm", hue: .green, points: points)]
        #expect(chart.figure().contains("values above 1 lie outside the picture"))
        chart.y.leavesOutliers = false
        #expect(!chart.figure().contains("outside the picture"))
    }
}

@Suite("Run reports")
struct RunReportTests {
    @Test func readsEveryEvent() throws {
        let report = report(
            """
            {"event":"start","version":1}
            {"event":"step","step":1,"loss":4.5,"learning_rate":1e-3,"grad_norm":2,"tokens_per_s":9e3}
            {"event":"validation","step":1,"val_loss":4.25,"val_bits_per_byte":6.1}

            {"event":"sample","step":1,"prompt":"To","text":" be"}
            {"event":"end","train_loss":1.01,"val_loss":1.47,"val_bits_per_byte":2.12,\
            "best_val_loss":1.46,"token_count":81920000,"seconds":3400}
            """)
        let point = try #require(report.points.first)
        #expect(point.step == 1 && point.loss == 4.5 && point.learningRate == 1e-3)
        #expect(point.gradientNorm == 2 && point.tokensPerSecond == 9000)
        #expect(report.validations.map(\.bitsPerByte) == [6.1])
        #expect(report.samples.map(\.text) == [" be"])
        #expect(report.figures.map(\.label).count == 6)
        #expect(report.figures.prefix(4).map(\.value) == ["1.0100", "1.4700", "2.1200", "81.9M"])
        #expect(report.notes.isEmpty)
    }

    @Test func theLastLineOfAStepWins() {
        let report = report(
            """
            {"event":"step","step":2,"loss":3}
            {"event":"step","step":1,"loss":4}
            {"event":"validation","step":2,"val_loss":3}
            {"event":"sample","step":2,"prompt":"a","text":"old"}
            {"event":"sample","step":2,"prompt":"b","text":"other"}
            {"event":"end","train_loss":3}
            {"event":"step","step":2,"loss":2.5}
            {"event":"validation","step":2,"val_loss":2.75}
            {"event":"sample","step":2,"prompt":"a","text":"new"}
            """)
        #expect(report.points.map(\.step) == [1, 2])
        #expect(report.points.map(\.loss) == [4, 2.5])
        #expect(report.validations.map(\.loss) == [2.75])
        #expect(report.samples.map(\.text) == ["new", "other"])
        #expect(report.figures.first?.value == "2.5000")
        #expect(report.notes.count == 1)  // It went on after its end, and has not ended again.
    }

    @Test func tornAndForeignLines() {
        let torn = report("{\"event\":\"end\"}\n{\"event\":\"step\",\"step\":1,\"lo")
        #expect(torn.points.isEmpty && torn.notes.isEmpty)
        let mixed = report(
            """
            {"event":"step","st
            [1,2]
            {"event":7}
            {"event":"step","step":1.5,"loss":1}
            {"event":"step","step":1,"loss":null}
            {"event":"validation","step":1}
            """)
        #expect(mixed.points.count == 1 && mixed.validations.isEmpty)
        #expect(mixed.notes.contains { $0.contains("could not be read") })
        #expect(mixed.html().contains("not a finite number at one step"))
        #expect(
            RunReport(metrics: [0xFF, 0x0A, 0x0A], title: "", configuration: []).points.isEmpty)
    }

    @Test func everyTextIsEscaped() {
        let hostile = "</script><img src=x onerror=\"a\">&'\u{0}\u{1B}\r\n  two  spaces"
        let report = RunReport(
            title: hostile,
            samples: [RunReport.Sample(step: 1, prompt: hostile, text: hostile)],
            configuration: [(hostile, hostile)], figures: [(hostile, "1\(hostile)")],
            notes: [hostile])
        let page = report.html()
        #expect(!page.contains("<img") && !page.unicodeScalars.contains("\u{0}"))
        #expect(!page.unicodeScalars.contains("\r"))
        #expect(page.contains("&lt;/script&gt;&lt;img src=x onerror=&quot;a&quot;&gt;"))
        #expect(page.contains("&amp;&#39;␀␛\n"))
        #expect(page.contains("\n  two  spaces</div>"))
        expectWellFormed(page)
    }

    @Test func thePageStandsAlone() {
        let page = longReport().html()
        for reference in ["http:", "https:", "src=", "href", "url(", "@import", "<link", "fetch("] {
            #expect(!page.contains(reference), "\(reference)")
        }
        #expect(page.contains("prefers-color-scheme: dark"))
        expectWellFormed(page)
        expectWellFormed(RunReport(title: "empty").html())
    }

    @Test func aLongRunMakesASmallPage() {
        let report = longReport()
        let page = report.html()
        #expect(page.utf8.count < 200_000)
        let curves = page.split(separator: " d=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(curves.count == 8)
        for curve in curves {
            #expect(curve.split(separator: "L").count <= 800)
            #expect(curve.utf8.allSatisfy { "ML0123456789.- ".utf8.contains($0) })
        }
        #expect(page.contains("best 2.000"))
        #expect(page.contains("Evaluations as numbers (201 of 300)"))
        #expect(page.contains("<details><summary>"))
    }

    private func report(_ lines: String) -> RunReport {
        RunReport(metrics: Array(lines.utf8), title: "run", configuration: [])
    }

    private func longReport() -> RunReport {
        let points = (0..<30_000).map { (step: Int) -> RunReport.Point in
            let loss = 2 + 1000 / Double(step + 500)
            return RunReport.Point(
                step: step, loss: step % 1000 == 7 ? .nan : loss, learningRate: 1e-3,
                gradientNorm: step == 9 ? .infinity : 1, tokensPerSecond: Double(step % 100))
        }
        let validations = (0..<300).map { index in
            RunReport.Validation(step: index * 100, loss: index == 20 ? 2 : 2.5)
        }
        let samples = (0..<40).map { RunReport.Sample(step: $0, prompt: "", text: "word") }
        return RunReport(
            title: "long", points: points, validations: validations, samples: samples,
            configuration: [("width", "384")])
    }
}

/// Every tag is closed in its turn and every `&` begins an entity: what the pages promise.
private func expectWellFormed(
    _ page: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    var open: [Substring] = []
    var rest = page[...]
    while let start = rest.firstIndex(of: "<") {
        rest = rest[start...].dropFirst()
        if rest.hasPrefix("!") { continue }
        if open.last == "script" || open.last == "style", !rest.hasPrefix("/\(open.last ?? "")>") {
            continue
        }
        let tag = rest.prefix { $0 != ">" }
        let name = tag.prefix { $0 != " " && $0 != "\n" }
        if name.hasPrefix("/") {
            #expect(open.popLast() == name.dropFirst(), sourceLocation: sourceLocation)
        } else if !tag.hasSuffix("/") {
            open.append(name)
        }
    }
    #expect(open.isEmpty, sourceLocation: sourceLocation)
    let entities = ["amp;", "lt;", "gt;", "quot;", "#39;"]
    let body = page.split(separator: "<script>").first ?? ""
    for piece in body.split(separator: "&").dropFirst() {
        #expect(entities.contains { piece.hasPrefix($0) }, sourceLocation: sourceLocation)
    }
}
