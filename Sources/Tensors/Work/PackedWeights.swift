import Synchronization

/// Weights in the layout products want, kept for as long as their bytes do not change.
///
/// Belongs to whoever owns the weights (a parameter store loaded for inference); a weight is found
/// by its leaf, whose version says whether a packed copy is stale.
package final class PackedWeights: Sendable {
    private struct Entry: Sendable {
        let version: Int
        let storage: Storage
    }
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    package init() {}

    /// The packed form of the weight behind `leaf`, made on first use from `source`, whose pages leave
    /// memory then if they are a file's: only the packed form is read from here on.
    func packed(_ leaf: Leaf, from source: Storage, _ make: () -> Storage) -> Storage {
        let key = ObjectIdentifier(leaf)
        let version = leaf.version
        if let entry = entries.withLock({ $0[key] }), entry.version == version {
            return entry.storage
        }
        let storage = make()
        source.releasePages(0..<source.byteCount)
        entries.withLock { $0[key] = Entry(version: version, storage: storage) }
        return storage
    }
}
