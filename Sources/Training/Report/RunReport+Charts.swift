extension RunReport {
    /// Training and validation loss, the picture the page is about.
    var lossChart: Chart {
        var chart = Chart(
            "Loss", x: Chart.Axis("step", isIntegral: true, tickCount: 10),
            y: Chart.Axis("nats / token", leavesOutliers: true, tickCount: 9), height: 400)
        let training = Chart.Series("training", hue: .blue, points: curve(\.loss))
        chart.series = [training]
        if training.points.count >= 20 {
            chart.series[0].stroke = .faint
            chart.series.append(training.smoothed(as: "training, smoothed"))
        }
        let evaluations = validations.map { Chart.Point(x: Double($0.step), y: $0.loss) }
        chart.series.append(
            Chart.Series("validation", hue: .orange, stroke: .dotted, points: evaluations))
        if let best = bestValidation {
            chart.marks = [
                Chart.Mark(
                    "best \(NumberText.fixed(best.loss, decimals: 3))",
                    at: Chart.Point(x: Double(best.step), y: best.loss), hue: .orange)
            ]
        }
        return chart
    }

    /// The three quantities that explain a loss curve; those the run did not measure are left out.
    var smallCharts: [Chart] {
        let norms = curve(\.gradientNorm)
        let speeds = curve(\.tokensPerSecond)
        let rates = curve(\.learningRate)
        let peak = rates.map(\.y).max().map { "peak \(NumberText.compact($0))" }
        let charts = [
            small("Learning rate", rates, hue: .violet, caption: peak),
            small("Gradient norm", norms, hue: .green, isNoisy: true, caption: median(norms)),
            small("Tokens per second", speeds, hue: .blue, isNoisy: true, caption: median(speeds)),
        ]
        return charts.filter { !$0.isEmpty }
    }

    private func curve(_ value: KeyPath<Point, Double>) -> [Chart.Point] {
        points.map { Chart.Point(x: Double($0.step), y: $0[keyPath: value]) }
    }

    private func median(_ points: [Chart.Point]) -> String? {
        Self.median(points.map(\.y)).map { "median \(NumberText.compact($0))" }
    }

    /// The value in the middle of the finite ones; nil if there are none.
    static func median(_ values: [Double]) -> Double? {
        let sorted = values.filter(\.isFinite).sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    private func small(
        _ title: String, _ points: [Chart.Point], hue: Chart.Hue, isNoisy: Bool = false,
        caption: String?
    ) -> Chart {
        var chart = Chart(
            title, caption: caption ?? "",
            x: Chart.Axis("step", isIntegral: true),
            y: Chart.Axis("", startsAtZero: true, leavesOutliers: true, tickCount: 3),
            height: 190)
        chart.showsLegend = false
        let series = Chart.Series(title, hue: hue, points: points)
        chart.series = [series]
        if isNoisy && series.points.count >= 20 {
            chart.series[0].stroke = .faint
            chart.series.append(series.smoothed(as: "smoothed"))
        }
        return chart
    }
}
