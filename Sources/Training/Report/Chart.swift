/// A line chart as a `<figure>` with inline SVG, for any page that holds `Chart.style`.
///
/// The picture is as wide as the place it stands in, while text and strokes keep their size: places
/// along x are percentages, and only the curves lie in a nested `<svg>` that stretches. So one
/// picture serves a desk and a phone. `Chart.script`, if the page holds it too, adds a read-out
/// under the pointer; it reads the curves themselves, there is no second copy of the data.
///
/// ```swift
/// var chart = Chart("Loss", height: 320)
/// chart.series = [Chart.Series("training", hue: .blue, points: points)]
/// page += chart.figure()
/// ```
package struct Chart: Sendable {
    /// What an axis measures and how its ends are chosen.
    package struct Axis: Sendable {
        package var label: String
        /// The axis begins at zero whatever the values are.
        package var startsAtZero = false
        /// Only whole numbers are marked.
        package var isIntegral = false
        /// A few values far outside all others do not stretch the axis; the figure says so.
        package var leavesOutliers = false
        /// About how many ticks to put.
        package var tickCount = 5

        package init(
            _ label: String, startsAtZero: Bool = false, isIntegral: Bool = false,
            leavesOutliers: Bool = false, tickCount: Int = 5
        ) {
            self.label = label
            self.startsAtZero = startsAtZero
            self.isIntegral = isIntegral
            self.leavesOutliers = leavesOutliers
            self.tickCount = tickCount
        }
    }

    /// One value worth a ring and a word, such as the best.
    package struct Mark: Sendable {
        package var point: Point
        package var label: String
        package var hue: Hue

        package init(_ label: String, at point: Point, hue: Hue) {
            self.label = label
            self.point = point
            self.hue = hue
        }
    }

    package var title: String
    /// One line beside the title, or empty.
    package var caption: String
    package var x: Axis
    package var y: Axis
    /// Drawn in order, so the last lies on top.
    package var series: [Series] = []
    package var marks: [Mark] = []
    /// The curves' names are listed beside the title where there are several.
    package var showsLegend = true
    /// Of the whole picture, in CSS pixels.
    package var height: Int
    /// No curve is drawn with more points than this.
    package var pointLimit = 800

    package init(
        _ title: String, caption: String = "", x: Axis = Axis("step", isIntegral: true),
        y: Axis = Axis(""), height: Int = 320
    ) {
        self.title = title
        self.caption = caption
        self.x = x
        self.y = y
        self.height = height
    }

    /// There is nothing to draw.
    package var isEmpty: Bool { series.allSatisfy(\.points.isEmpty) }

    /// The figure's HTML, which is well-formed XML as well.
    package func figure() -> String {
        let drawn = series.filter { !$0.points.isEmpty }
        let frame = Frame(self, drawn: drawn)
        let ends = [frame.x.lower, frame.x.upper, frame.y.lower, frame.y.upper]
        let title = Markup.escaped(title)
        return """
            <figure class="chart" data-ends="\(ends.map { "\($0)" }.joined(separator: " "))">
            <figcaption><h3>\(title)</h3>\(legend(drawn))\(captions(frame))</figcaption>
            <svg role="img" aria-label="\(title), \(Markup.escaped(description(drawn)))" \
            width="100%" height="\(height)" \
            style="padding:\(Frame.top)px \(Frame.right)px \(Frame.bottom)px \(frame.left)px">
            \(grid(frame))<svg class="curves" width="100%" height="\(frame.height)" \
            viewBox="0 0 1000 1000" preserveAspectRatio="none">
            \(drawn.map { path($0, frame) }.joined())</svg>
            \(drawn.map { dots($0, frame) }.joined())\(marks.map { mark($0, frame) }.joined())</svg>
            </figure>

            """
    }

    // MARK: - Parts

    private func captions(_ frame: Frame) -> String {
        var parts = caption.isEmpty ? [] : [caption]
        if let ceiling = frame.ceiling {
            parts.append("values above \(NumberText.compact(ceiling)) lie outside the picture")
        }
        return parts.isEmpty
            ? "" : "<p>\(Markup.escaped(parts.joined(separator: " · ")))</p>"
    }

    private func legend(_ drawn: [Series]) -> String {
        guard showsLegend, drawn.count > 1 else { return "" }
        let items = drawn.map {
            "<li><i class=\"\($0.stroke.rawValue) \($0.hue.rawValue)\"></i>"
                + "\(Markup.escaped($0.name))</li>"
        }
        return "<ul>\(items.joined())</ul>"
    }

    /// What a reader who does not see the picture is told.
    private func description(_ drawn: [Series]) -> String {
        let curves = drawn.compactMap { series -> String? in
            guard let first = series.points.first, let last = series.points.last else { return nil }
            let values = "\(NumberText.compact(first.y)) to \(NumberText.compact(last.y))"
            let places = "\(NumberText.compact(first.x)) to \(NumberText.compact(last.x))"
            return "\(series.name): from \(values) over \(x.label) \(places)"
        }
        return curves.isEmpty ? "no values" : curves.joined(separator: "; ")
    }

    private func grid(_ frame: Frame) -> String {
        var output = "<g class=\"grid\">\n"
        for tick in frame.y.ticks {
            let y = NumberText.coordinate(frame.pixel(tick.value))
            output += """
                <line x2="100%" y1="\(y)" y2="\(y)"/>\
                <text class="y" x="-8" y="\(y)" dy=".35em">\(tick.label)</text>

                """
        }
        let ticks = frame.x.ticks
        let step = ticks.count > 3 ? ticks[1].value - ticks[0].value : .infinity
        for tick in ticks {
            let x = NumberText.coordinate(frame.x.fraction(of: tick.value) * 100)
            // Where the picture is narrow, every other label goes; the rounder ones stay.
            let isOdd = (tick.value / step).rounded().truncatingRemainder(dividingBy: 2) != 0
            let kind = isOdd ? ticks.count > 5 ? "x spare" : "x tight" : "x"
            output += """
                <line x1="\(x)%" x2="\(x)%" y1="\(frame.height)" y2="\(frame.height + 4)"/>\
                <text class="\(kind)" x="\(x)%" y="\(frame.height + 20)">\(tick.label)</text>

                """
        }
        for (label, scale, y) in [(x.label, frame.x, frame.height + 20), (y.label, frame.y, -12)] {
            let power = scale.exponent == 0 ? "" : NumberText.timesPowerOfTen(scale.exponent)
            let text = [label, power].filter { !$0.isEmpty }.joined(separator: " ")
            guard !text.isEmpty else { continue }
            output += """
                <text class="label" x="-\(frame.left)" y="\(y)">\(Markup.escaped(text))</text>

                """
        }
        return output + "</g>\n"
    }

    private func path(_ series: Series, _ frame: Frame) -> String {
        let points = series.decimated(to: pointLimit).map { point in
            let x = NumberText.coordinate(frame.x.fraction(of: point.x) * 1000)
            return "\(x) \(NumberText.coordinate(frame.depth(of: point.y) * 1000))"
        }
        return """
            <path class="\(series.stroke.rawValue) \(series.hue.rawValue)" \
            data-name="\(Markup.escaped(series.name))" d="M\(points.joined(separator: "L"))"/>

            """
    }

    /// The points of a dotted curve, unless they would touch; a lone value is always a point.
    private func dots(_ series: Series, _ frame: Frame) -> String {
        let isDotted = series.stroke == .dotted && series.points.count <= 80
        guard isDotted || series.points.count == 1 else { return "" }
        return series.points.map { point in
            let place = frame.place(of: point)
            return "<circle class=\"\(series.hue.rawValue)\" \(place) r=\"2.75\"/>\n"
        }.joined()
    }

    private func mark(_ mark: Mark, _ frame: Frame) -> String {
        guard mark.point.isDrawable else { return "" }
        let fraction = frame.x.fraction(of: mark.point.x)
        let x = NumberText.coordinate(fraction * 100)
        let isHigh = frame.pixel(mark.point.y) < 20
        let y = NumberText.coordinate(frame.pixel(mark.point.y) + (isHigh ? 24 : -14))
        let anchor = fraction > 0.85 ? "end" : fraction < 0.15 ? "start" : "middle"
        return """
            <circle class="ring \(mark.hue.rawValue)" \(frame.place(of: mark.point)) r="6"/>\
            <text class="mark" x="\(x)%" y="\(y)" \
            text-anchor="\(anchor)">\(Markup.escaped(mark.label))</text>

            """
    }
}

/// The place the curves have, and the scales that map values into it.
private struct Frame {
    static let (top, right, bottom) = (28, 18, 34)
    let left: Int
    let height: Int
    let x: ChartScale
    let y: ChartScale
    /// Values above this are outside the picture; nil if none are.
    let ceiling: Double?

    init(_ chart: Chart, drawn: [Chart.Series]) {
        let points = drawn.flatMap(\.points) + chart.marks.map(\.point).filter(\.isDrawable)
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        x = ChartScale(
            from: xs.min() ?? 0, to: xs.max() ?? 1, target: chart.x.tickCount, rounded: false,
            integral: chart.x.isIntegral)

        let cap = chart.y.leavesOutliers ? Chart.ceiling(of: ys) : .infinity
        let (low, high) = (ys.min() ?? 0, ys.filter { $0 <= cap }.max() ?? 1)
        let y = ChartScale(
            from: chart.y.startsAtZero ? min(low, 0) : low, to: high, target: chart.y.tickCount,
            rounded: true, integral: chart.y.isIntegral)
        self.y = y
        ceiling = ys.contains { $0 > y.upper } ? y.upper : nil

        let widest = y.ticks.map { $0.label.unicodeScalars.count }.max() ?? 1
        left = max(38, widest * 7 + 14)
        height = max(40, chart.height - Self.top - Self.bottom)
    }

    /// From the top, 0...1; values far outside stay near enough to be written down.
    func depth(of value: Double) -> Double {
        min(max(1 - y.fraction(of: value), -1), 2)
    }

    func pixel(_ value: Double) -> Double { depth(of: value) * Double(height) }

    /// The attributes that put a circle on `point`.
    func place(of point: Chart.Point) -> String {
        let x = NumberText.coordinate(x.fraction(of: point.x) * 100)
        return "cx=\"\(x)%\" cy=\"\(NumberText.coordinate(pixel(point.y)))\""
    }
}
