/// One token a Unicode scalar.
struct CharacterEncoder: Sendable {
    /// The tokens of ASCII, -1 for none.
    private var ascii = [Int32](repeating: -1, count: 128)
    /// The other scalars, ascending, and their ids.
    private var scalars: [UInt32] = []
    private var ids: [Int32] = []

    /// An encoder of these scalars, each at most once.
    init(_ tokens: [(scalar: UInt32, id: Int32)]) {
        for token in tokens.sorted(by: { $0.scalar < $1.scalar }) {
            if token.scalar < 128 {
                ascii[Int(token.scalar)] = token.id
            } else {
                scalars.append(token.scalar)
                ids.append(token.id)
            }
        }
    }

    /// Appends the ids of `text`.
    ///
    /// - Returns: `nil`, or what the first scalar that has no token is and where it stands.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, into output: inout IDBuffer
    ) -> EncodingFailure? {
        guard let base = text.baseAddress else { return nil }
        var index = 0
        while index < text.count {
            let (scalar, length) = StrictUTF8.decode(base + index, text.count - index)
            guard let scalar else { return .invalidUTF8(offset: index) }
            let id = id(of: scalar)
            if id < 0 { return .scalar(scalar, offset: index) }
            output.append(id)
            index += length
        }
        return nil
    }

    private func id(of scalar: UInt32) -> Int32 {
        if scalar < 128 { return ascii[Int(scalar)] }
        var low = 0
        var high = scalars.count
        while low < high {
            let middle = (low + high) / 2
            if scalars[middle] < scalar { low = middle + 1 } else { high = middle }
        }
        return low < scalars.count && scalars[low] == scalar ? ids[low] : -1
    }
}
