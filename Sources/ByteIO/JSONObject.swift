/// The members of a JSON object, in order, each key once.
///
/// Keys are told apart by their UTF-8 bytes, never by Swift's `==`, for which "é" and "e" with a
/// combining accent are one string: a vocabulary holds both. Equality of objects compares keys by
/// bytes as well, and the order of the members counts.
///
/// Looking up a key scans up to 16 members and asks an index beyond that, so building and reading
/// large objects takes constant time a key. Removing one from a large object takes linear time.
public struct JSONObject: Sendable, Equatable, Sequence, ExpressibleByDictionaryLiteral {
    /// The keys, in order.
    public private(set) var keys: [String] = []
    private var values: [JSONValue] = []
    private var index = KeyIndex()

    /// An object without members.
    public init() {}

    /// The members of `elements`, in order; of equal keys the last value counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { append(key, value) }
    }

    /// The number of members.
    public var count: Int { keys.count }

    /// Whether there are no members.
    public var isEmpty: Bool { keys.isEmpty }

    /// The value of the member whose key has the same bytes as `key`, nil if there is none.
    ///
    /// Setting replaces in place or appends; setting nil removes the member (`.null` stores null).
    public subscript(_ key: String) -> JSONValue? {
        get { position(of: key).map { values[$0] } }
        set {
            if let newValue {
                append(key, newValue)
            } else if let position = position(of: key) {
                keys.remove(at: position)
                values.remove(at: position)
                index = KeyIndex()
                index.extend(to: keys)
            }
        }
    }

    /// Adds a member at the end. If the key is there already its value is replaced where it stands.
    public mutating func append(_ key: String, _ value: JSONValue) {
        if !appendNew(key, value), let position = position(of: key) { values[position] = value }
    }

    /// Adds a member at the end and says true, or leaves everything alone if the key is there.
    mutating func appendNew(_ key: String, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        keys.append(key)
        values.append(value)
        index.extend(to: keys)
        return true
    }

    private func position(of key: String) -> Int? {
        if !index.isEmpty { return index.position(of: key, in: keys) }
        return keys.firstIndex { $0.hasSameBytes(as: key) }
    }

    /// The members, in order.
    public func makeIterator() -> Iterator { Iterator(self) }

    /// Walks over the members of an object, in order.
    public struct Iterator: IteratorProtocol, Sendable {
        private let object: JSONObject
        private var position = 0

        fileprivate init(_ object: JSONObject) { self.object = object }

        /// The next member, nil at the end.
        public mutating func next() -> (key: String, value: JSONValue)? {
            guard position < object.count else { return nil }
            defer { position += 1 }
            return (object.keys[position], object.values[position])
        }
    }

    /// The number of members, exactly.
    public var underestimatedCount: Int { keys.count }

    /// Whether both have the same members in the same order, keys and strings compared by bytes.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.keys.elementsEqual(right.keys) { $0.hasSameBytes(as: $1) }
            && left.values == right.values
    }
}

/// Finds positions in an array of distinct keys: open addressing with linear probing, at most half
/// full. Empty while there are few keys.
///
/// The hash is the standard library's, seeded anew in each process, so that no file can be made of
/// colliding keys.
private struct KeyIndex: Sendable {
    /// Arrays up to this long are scanned instead.
    private static let scanLimit = 16

    /// Zero for a free slot, else 32 bits of hash above (position + 1).
    private var slots: [UInt64] = []

    var isEmpty: Bool { slots.isEmpty }

    func position(of key: String, in keys: [String]) -> Int? {
        let hash = key.byteHash
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let entry = slots[slot]
            let position = Int(entry & 0xffff_ffff) - 1
            if entry >> 32 == hash, keys[position].hasSameBytes(as: key) { return position }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Takes in the last of `keys`, or all of them when there were too few before or the room is
    /// used up.
    mutating func extend(to keys: [String]) {
        guard keys.count > Self.scanLimit else { return }
        if !slots.isEmpty, keys.count * 2 <= slots.count {
            insert(keys[keys.count - 1].byteHash << 32 | UInt64(keys.count))
            return
        }
        var room = 4 * Self.scanLimit
        while room < keys.count * 4 { room *= 2 }
        let old = slots
        slots = [UInt64](repeating: 0, count: room)
        if old.isEmpty {
            for (position, key) in keys.enumerated() {
                insert(key.byteHash << 32 | UInt64(position + 1))
            }
        } else {
            for entry in old where entry != 0 { insert(entry) }
            insert(keys[keys.count - 1].byteHash << 32 | UInt64(keys.count))
        }
    }

    private mutating func insert(_ entry: UInt64) {
        var slot = Int(entry >> 32) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = entry
    }
}

extension String {
    /// Whether both are the same bytes in UTF-8. (`==` would take canonically equivalent strings
    /// for equal.)
    func hasSameBytes(as other: String) -> Bool {
        withBytes { left in
            other.withBytes { right in
                left.count == right.count && left.elementsEqual(right)
            }
        }
    }

    /// 32 bits of hash over the bytes.
    fileprivate var byteHash: UInt64 {
        withBytes { bytes in
            var hasher = Hasher()
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
            return UInt64(UInt32(truncatingIfNeeded: hasher.finalize()))
        }
    }

    /// Calls `body` with the UTF-8 bytes, in place where they are contiguous.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(utf8).withUnsafeBufferPointer(body)
    }
}
