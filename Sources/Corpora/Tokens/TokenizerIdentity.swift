import ByteIO
import Tokenization

/// Names a tokenizer by its content, so that tokens cached for one are never used with another.
public enum TokenizerIdentity {
    /// The identity of a tokenizer whose `tokenizer.json` has these bytes: 32 hexadecimal digits.
    public static func of(_ bytes: [UInt8]) -> String {
        ContentHash.hexadecimal(ContentHash.fnv1a(bytes))
            + ContentHash.hexadecimal(ContentHash.of(bytes))
    }

    /// The identity of a tokenizer, from the file it would be saved as.
    ///
    /// - Throws: what saving it to a temporary folder throws.
    public static func of(_ tokenizer: Tokenizer) throws(MartletError) -> String {
        let folder = try Files.temporaryDirectory()
        defer { TokenCache.discard(folder) }
        try tokenizer.save(to: folder)
        return of(try Files.read(Files.join(folder, "tokenizer.json")))
    }
}
