/// A keyed permutation of 0 ..< `count`, computed point by point: no table, however long.
///
/// A Feistel network permutes the numbers of an even number of bits, at most four times as many as
/// wanted; a result outside the range goes in again until it is inside. Following the cycle like
/// that is a permutation of the range (Black and Rogaway, "Ciphers with arbitrary finite domains",
/// 2002).
package struct Permutation: Sendable {
    private static let rounds = 8

    private let count: UInt64
    private let halfBits: UInt64
    private let key: UInt64

    /// - Parameter count: At least 1.
    package init(count: Int, key: UInt64) {
        precondition(count >= 1, "Permutation: of \(count) elements")
        self.count = UInt64(count)
        self.key = key
        let bits = UInt64(64 - (self.count - 1).leadingZeroBitCount)
        halfBits = max(1, (bits + 1) / 2)
    }

    /// What `index` is sent to.
    package subscript(_ index: UInt64) -> UInt64 {
        precondition(index < count, "Permutation: element \(index) of \(count)")
        guard count > 1 else { return 0 }
        var value = index
        repeat { value = network(value) } while value >= count
        return value
    }

    private func network(_ value: UInt64) -> UInt64 {
        let mask = (UInt64(1) << halfBits) - 1
        var left = value >> halfBits
        var right = value & mask
        for round in 0..<Self.rounds {
            let roundKey = ContentHash.mixed(key &+ UInt64(round))
            // The high bits of a mixed word are as good as any; the low ones are at hand.
            (left, right) = (right, left ^ (ContentHash.mixed(right ^ roundKey) & mask))
        }
        return left << halfBits | right
    }
}
