extension Chart {
    /// One value of a curve.
    package struct Point: Sendable, Equatable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }

        /// Not finite, or so large that differences overflow: such a value is never drawn.
        var isDrawable: Bool { x.magnitude < 1e100 && y.magnitude < 1e100 }
    }

    /// The colours of the house, each with a light and a dark shade in `Chart.style`.
    package enum Hue: String, Sendable {
        case blue, orange, green, violet
    }

    /// How a curve is drawn.
    package enum Stroke: String, Sendable {
        /// Thin and pale: the noise behind another line.
        case faint
        case line
        /// A line with a point at each value: few values, each a measurement of its own.
        case dotted
    }

    /// One curve: points with rising x.
    package struct Series: Sendable {
        package var name: String
        package var hue: Hue
        package var stroke: Stroke
        package var points: [Point]

        /// Points with a value that is not finite are left out.
        package init(_ name: String, hue: Hue, stroke: Stroke = .line, points: [Point]) {
            self.name = name
            self.hue = hue
            self.stroke = stroke
            self.points = points.filter(\.isDrawable)
        }

        /// At most `limit` points with the same outline: the ends, and between them the lowest and
        /// the highest of each run of points, in their order. Peaks survive; a mean would lose them.
        package func decimated(to limit: Int) -> [Point] {
            let limit = max(limit, 4)
            guard points.count > limit, let first = points.first, let last = points.last else {
                return points
            }
            let inner = points.count - 2
            let buckets = (limit - 2) / 2
            var kept = [first]
            kept.reserveCapacity(limit)
            for bucket in 0..<buckets {
                let range = (1 + inner * bucket / buckets)..<(1 + inner * (bucket + 1) / buckets)
                var (low, high) = (range.lowerBound, range.lowerBound)
                for index in range {
                    if points[index].y < points[low].y { low = index }
                    if points[index].y > points[high].y { high = index }
                }
                kept.append(points[min(low, high)])
                if low != high { kept.append(points[max(low, high)]) }
            }
            kept.append(last)
            return kept
        }

        /// The trend under the noise: a moving average, taken twice, over about a thirtieth of the
        /// curve to either side. It begins at the first value (the window grows from there, so the
        /// steep start is not flattened) and ends on the average of the last ones. Outliers do not
        /// count: a single step gone wild would lift the line over its whole window.
        package func smoothed(as name: String) -> Series {
            let ceiling = Chart.ceiling(of: points.map(\.y))
            let inliers = points.filter { $0.y <= ceiling }
            var values = Self.averaged(inliers, to: 1600)
            let radius = values.count / 60 + 1
            for _ in 0..<2 {
                values = values.indices.map { index in
                    let reach = min(radius, index / 2)
                    let window = (index - reach)...min(values.count - 1, index + reach)
                    let sum = values[window].reduce(0) { $0 + $1.y }
                    return Point(x: values[index].x, y: sum / Double(window.count))
                }
            }
            return Series(name, hue: hue, stroke: .line, points: values)
        }

        /// At most `limit` points, each the mean of a run of neighbours.
        private static func averaged(_ points: [Point], to limit: Int) -> [Point] {
            guard points.count > limit else { return points }
            return (0..<limit).map { bucket in
                let range =
                    (points.count * bucket / limit)..<(points.count * (bucket + 1) / limit)
                let count = Double(range.count)
                return Point(
                    x: points[range].reduce(0) { $0 + $1.x } / count,
                    y: points[range].reduce(0) { $0 + $1.y } / count)
            }
        }
    }

    /// Far above what 99 of 100 values reach: a start at ten times the later loss still counts, one
    /// step gone wild does not.
    static func ceiling(of values: [Double]) -> Double {
        guard values.count >= 50 else { return .infinity }
        let sorted = values.sorted()
        let (low, high) = (sorted[0], sorted[(sorted.count - 1) * 99 / 100])
        return high + 10 * max(high - low, high.magnitude / 2)
    }
}
