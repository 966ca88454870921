/// A stretch of a document, as ``Corpus/forEachPart(size:_:)`` hands it out.
public struct TextPart {
    /// The text: valid UTF-8, not empty. The bytes live only during the call.
    public let text: UnsafeRawBufferPointer
    /// Where the document comes from, for messages: "file" or "file:line".
    public let source: String
    /// Where in the text of the document the part starts, in bytes.
    public let offset: Int
    /// Whether the document ends with it.
    public let isEnd: Bool

    /// Whether the document begins with it.
    public var isStart: Bool { offset == 0 }

    /// Where it comes from, for messages about it.
    public var place: String {
        isStart ? source : "\(source), from byte \(offset) of the text"
    }
}
