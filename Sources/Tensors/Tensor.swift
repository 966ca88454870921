import ByteIO

/// An n-dimensional array of one element type on a device.
///
/// A tensor is a value: operations return new tensors and never change their operands, and views
/// (`reshaped`, `transposed`, slices, `broadcast`) share bytes. A tensor that descends from a
/// tracked one (see ``tracked(as:)``) remembers the operation that made it, and
/// ``gradients(retainGraph:)`` walks those back.
///
/// Misuse by code (shapes that do not fit, mixed element types) is a precondition failure that
/// names the operation and both shapes.
public struct Tensor: Sendable {
    let storage: Storage
    /// Extents, outermost first.
    public let shape: Shape
    let strides: Shape
    let offset: Int
    /// Type of the elements.
    public let dtype: DType
    let node: Node?

    init(
        storage: Storage, shape: Shape, strides: Shape, offset: Int, dtype: DType, node: Node? = nil
    ) {
        self.storage = storage
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.dtype = dtype
        self.node = node
    }

    /// A contiguous tensor whose elements the caller writes before anybody else sees it.
    init(uninitialized shape: Shape, _ dtype: DType, on device: Device) {
        self.init(
            storage: Storage(byteCount: max(shape.elementCount, 1) * dtype.byteWidth, on: device),
            shape: shape, strides: shape.contiguousStrides, offset: 0, dtype: dtype)
    }

    /// The device the bytes live on.
    public var device: Device { storage.device }
    /// Number of axes.
    public var rank: Int { shape.rank }
    /// Number of elements.
    public var count: Int { shape.elementCount }
    /// Whether both look at the same bytes in memory.
    package func sharesStorage(with other: Tensor) -> Bool { storage === other.storage }
    /// Whether gradients flow through this tensor.
    public var isTracked: Bool { node != nil }

    /// Whether elements lie in order without gaps.
    public var isContiguous: Bool {
        var step = 1
        for axis in stride(from: rank - 1, through: 0, by: -1) {
            if shape[axis] != 1 && strides[axis] != step { return false }
            step *= shape[axis]
        }
        return true
    }

    /// The same values outside any graph.
    public var detached: Tensor {
        node == nil
            ? self
            : Tensor(storage: storage, shape: shape, strides: strides, offset: offset, dtype: dtype)
    }

    func with(_ node: Node?) -> Tensor {
        Tensor(
            storage: storage, shape: shape, strides: strides, offset: offset, dtype: dtype,
            node: node)
    }

    func view(_ shape: Shape, strides: Shape, offset: Int) -> Tensor {
        Tensor(storage: storage, shape: shape, strides: strides, offset: offset, dtype: dtype)
    }

    /// The same values, contiguous; itself if it already is. Untracked.
    func packed() -> Tensor { isContiguous ? detached : copied() }

    func pointer<T>(_ type: T.Type) -> UnsafeMutablePointer<T> {
        storage.pointer.assumingMemoryBound(to: T.self) + offset
    }
    var f32: UnsafeMutablePointer<Float> { pointer(Float.self) }
    var f64: UnsafeMutablePointer<Double> { pointer(Double.self) }
    var raw: UnsafeMutableRawPointer { storage.pointer + offset * dtype.byteWidth }
}

// MARK: - Making tensors

/// A Swift type whose values a tensor can hold.
public protocol TensorElement: Sendable {
    /// The element type it is stored as.
    static var dtype: DType { get }
}
extension Float: TensorElement {
    /// The element type.
    public static var dtype: DType { .float32 }
}
extension Double: TensorElement {
    /// The element type.
    public static var dtype: DType { .float64 }
}
extension Int8: TensorElement {
    /// The element type.
    public static var dtype: DType { .int8 }
}
extension Int32: TensorElement {
    /// The element type.
    public static var dtype: DType { .int32 }
}
extension Int64: TensorElement {
    /// The element type.
    public static var dtype: DType { .int64 }
}
extension UInt8: TensorElement {
    /// The element type.
    public static var dtype: DType { .uint8 }
}
extension Bool: TensorElement {
    /// The element type.
    public static var dtype: DType { .bool }
}

extension Tensor {
    /// A tensor holding `values` in row-major order; `shape` defaults to one axis.
    public init<T: TensorElement>(_ values: [T], _ shape: Shape? = nil, on device: Device) {
        let shape = shape ?? [values.count]
        precondition(
            shape.elementCount == values.count, "Tensor: \(values.count) values for shape \(shape)")
        self.init(uninitialized: shape, T.dtype, on: device)
        let target = pointer(T.self)
        values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { target.update(from: base, count: source.count) }
        }
    }

    /// A tensor of one value throughout.
    public init(
        repeating value: Double, _ shape: Shape, _ dtype: DType = .float32, on device: Device
    ) {
        self.init(uninitialized: shape, dtype, on: device)
        fillBytes(value)
    }

    /// Zeros.
    public static func zeros(_ shape: Shape, _ dtype: DType = .float32, on device: Device) -> Tensor
    {
        Tensor(repeating: 0, shape, dtype, on: device)
    }

    /// Ones.
    public static func ones(_ shape: Shape, _ dtype: DType = .float32, on device: Device) -> Tensor
    {
        Tensor(repeating: 1, shape, dtype, on: device)
    }

    /// A tensor over bytes that somebody else owns (a mapped file), read-only, without a copy.
    /// `bytes` must hold the elements little-endian, row-major and aligned for their width.
    package init(
        borrowing bytes: UnsafeRawBufferPointer, _ shape: Shape, _ dtype: DType, owner: AnyObject,
        on device: Device
    ) {
        precondition(
            bytes.count == shape.elementCount * dtype.byteWidth,
            "Tensor: \(bytes.count) bytes for \(dtype) \(shape)")
        let base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64)
        guard let base else { preconditionFailure("Tensor: no bytes") }
        self.init(
            storage: Storage(
                borrowing: UnsafeMutableRawPointer(mutating: base), byteCount: bytes.count,
                owner: owner, on: device),
            shape: shape, strides: shape.contiguousStrides, offset: 0, dtype: dtype)
    }

    /// A tensor whose bytes `body` writes: `count * byteWidth` of them, uninitialised.
    public init<E: Error>(
        writing shape: Shape, _ dtype: DType, on device: Device,
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        self.init(uninitialized: shape, dtype, on: device)
        try body(UnsafeMutableRawBufferPointer(start: raw, count: count * dtype.byteWidth))
    }

    private func fillBytes(_ value: Double) {
        switch dtype {
        case .float32: f32.update(repeating: Float(value), count: count)
        case .float64: f64.update(repeating: value, count: count)
        case .int8: pointer(Int8.self).update(repeating: Int8(value), count: count)
        case .int32: pointer(Int32.self).update(repeating: Int32(value), count: count)
        case .int64: pointer(Int64.self).update(repeating: Int64(value), count: count)
        case .uint8: pointer(UInt8.self).update(repeating: UInt8(value), count: count)
        case .bool: pointer(Bool.self).update(repeating: value != 0, count: count)
        case .bfloat16, .float16:
            let converted = Tensor(repeating: value, [1], .float32, on: device).cast(to: dtype)
            pointer(UInt16.self).update(
                repeating: converted.pointer(UInt16.self).pointee, count: count)
        }
    }
}

// MARK: - Looking inside

extension Tensor {
    /// The elements in row-major order. `type` must be the tensor's own.
    public func values<T: TensorElement>(_ type: T.Type = T.self) -> [T] {
        precondition(T.dtype == dtype, "values: the tensor holds \(dtype), not \(T.dtype)")
        let source = packed()
        return Array(UnsafeBufferPointer(start: source.pointer(T.self), count: count))
    }

    /// The elements as float32, converted if need be.
    public var floats: [Float] { cast(to: .float32).values() }
    /// The elements as float64, converted if need be.
    public var doubles: [Double] { cast(to: .float64).values() }

    /// The one element of a tensor of one element.
    public var item: Double {
        precondition(count == 1, "item: shape \(shape) has \(count) elements")
        return doubles[0]
    }

    /// Lends the bytes, row-major and contiguous, for the length of the call.
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E)
        -> R
    {
        let source = packed()
        defer { withExtendedLifetime(source) {} }
        return try body(UnsafeRawBufferPointer(start: source.raw, count: count * dtype.byteWidth))
    }
}

extension Tensor: CustomStringConvertible {
    /// Type, shape and the first elements.
    public var description: String {
        let shown = doubles.prefix(8).map { "\($0)" }.joined(separator: ", ")
        return "Tensor \(dtype) \(shape): \(shown)\(count > 8 ? ", …" : "")"
    }
}
