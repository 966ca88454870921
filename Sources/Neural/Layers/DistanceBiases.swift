import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension DistanceBias {
    /// Attention with linear biases (Press et al. 2022): scores fall with distance, by a slope of each
    /// head's own, over up to `reach` positions.
    public static func linear(heads: Int, reach: Int, on device: Device) -> DistanceBias {
        // Powers of 2^(-8 / n) for n heads; what a power of two leaves over takes every other slope of
        // twice as many.
        var whole = 1
        while 2 * whole <= heads { whole *= 2 }
        var slopes = (1...whole).map { pow(2, -8 * Double($0) / Double(whole)) }
        slopes += (0..<heads - whole).map { pow(2, -8 * Double(2 * $0 + 1) / Double(2 * whole)) }
        let values = slopes.flatMap { slope in
            (0..<2 * reach - 1).map { Float(slope * Double($0 - (reach - 1))) }
        }
        return DistanceBias(Tensor(values, [heads, 2 * reach - 1], on: device), zero: reach - 1)
    }

    /// A sliding window (Beltagy et al. 2020): the `window` nearest positions up to one's own are
    /// seen, of up to `reach`.
    public static func window(_ window: Int, reach: Int, on device: Device) -> DistanceBias {
        let values = (0..<2 * reach - 1).map { Float($0 - (reach - 1) > -window ? 0 : -1e30) }
        return DistanceBias(Tensor(values, [1, 2 * reach - 1], on: device), zero: reach - 1)
    }
}

/// T5's relative positions (Raffel et al. 2020): a learned bias for every head and bucket of
/// distances, exact for near ones and growing logarithmically up to `furthest`.
public struct RelativePositions: Sendable {
    private let table: Embedding
    private let buckets: Int, furthest: Int
    private let isCausal: Bool

    /// A table of `buckets` rows of one value a head.
    public init(
        buckets: Int, furthest: Int, heads: Int, isCausal: Bool, initializer: Initializer,
        in scope: ParameterScope
    ) {
        table = Embedding(count: buckets, width: heads, initializer: initializer, in: scope)
        (self.buckets, self.furthest, self.isCausal) = (buckets, furthest, isCausal)
    }

    /// Biases of up to `reach` positions.
    public func bias(reach: Int, on device: Device) -> DistanceBias {
        let places = (0..<2 * reach - 1).map { Int32(bucket(of: $0 - (reach - 1))) }
        let rows = table(Tensor(places, [places.count], on: device))  // [distances, heads]
        return DistanceBias(rows.transposed(0, 1), zero: reach - 1)
    }

    /// The bucket of a key `distance` positions after the query.
    func bucket(of distance: Int) -> Int {
        var (first, count, away) = (0, buckets, -min(distance, 0))
        if !isCausal {
            count /= 2
            if distance > 0 { first = count }
            away = abs(distance)
        }
        let exact = count / 2
        guard away >= exact else { return first + away }
        // In float32, as the published tables were used.
        let share = logf(Float(away) / Float(exact)) / logf(Float(furthest) / Float(exact))
        return first + min(count - 1, exact + Int(share * Float(count - exact)))
    }
}
