/// Extents of a tensor, outermost first; up to eight axes, stored inline so that asking for a shape
/// never allocates. The same type holds strides.
public struct Shape: Sendable, Hashable, RandomAccessCollection, ExpressibleByArrayLiteral {
    /// The most axes a tensor may have.
    public static let maximumRank = 8

    private var extents = SIMD8<Int>(repeating: 0)
    /// Number of axes; 0 is a scalar.
    public private(set) var rank: Int

    /// A shape from its extents; more than eight are a programming error.
    public init(_ extents: some Collection<Int>) {
        precondition(extents.count <= Self.maximumRank, "Shape: \(extents.count) axes, at most 8")
        rank = extents.count
        for (axis, extent) in extents.enumerated() { self.extents[axis] = extent }
    }

    /// A shape from its extents.
    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// The outermost axis.
    public var startIndex: Int { 0 }
    /// One past the innermost axis.
    public var endIndex: Int { rank }

    /// The extent of an axis, counted from the front.
    public subscript(axis: Int) -> Int {
        get {
            precondition(axis >= 0 && axis < rank, "Shape: axis \(axis) of \(self)")
            return extents[axis]
        }
        set {
            precondition(axis >= 0 && axis < rank, "Shape: axis \(axis) of \(self)")
            extents[axis] = newValue
        }
    }

    /// Number of elements: the product of the extents, 1 for a scalar.
    public var elementCount: Int {
        var product = 1
        for axis in 0..<rank { product *= extents[axis] }
        return product
    }

    /// Strides of a contiguous tensor of this shape, in elements.
    public var contiguousStrides: Shape {
        var strides = self
        var step = 1
        for axis in stride(from: rank - 1, through: 0, by: -1) {
            strides[axis] = step
            step *= extents[axis]
        }
        return strides
    }

    /// The axis counted from the front; -1 is the last.
    public func normalizedAxis(_ axis: Int, _ operation: StaticString = "Shape") -> Int {
        let resolved = axis < 0 ? axis + rank : axis
        precondition(resolved >= 0 && resolved < rank, "\(operation): axis \(axis) of \(self)")
        return resolved
    }

    /// This shape with `axis` taken out.
    func removing(_ axis: Int) -> Shape {
        var extents = Array(self)
        extents.remove(at: axis)
        return Shape(extents)
    }

    /// The shape both broadcast to (NumPy's rule), or nil.
    static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
        let rank = Swift.max(a.rank, b.rank)
        var result = Shape(repeatElement(1, count: rank))
        for axis in 0..<rank {
            let i = axis - (rank - a.rank)
            let j = axis - (rank - b.rank)
            let x = i < 0 ? 1 : a[i]
            let y = j < 0 ? 1 : b[j]
            guard x == y || x == 1 || y == 1 else { return nil }
            result[axis] = x == 1 ? y : x
        }
        return result
    }
}

extension Shape: CustomStringConvertible {
    /// The extents in brackets.
    public var description: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}
