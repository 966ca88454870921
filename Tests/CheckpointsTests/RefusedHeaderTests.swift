import ByteIO
import Checkpoints
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What must be refused, and as what.
@Suite struct RefusedHeaderTests {
    static let sound = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#

    @Test func filesTooShortForALength() {
        for count in 0..<8 {
            #expect(refusal([UInt8](repeating: 1, count: count))?.code == .truncated)
        }
    }

    @Test func headerLengths() {
        #expect(refusal(littleEndian(UInt64(0)) + Array("{}".utf8))?.code == .malformed)
        #expect(refusal(littleEndian(UInt64(3)) + Array("{}".utf8))?.code == .truncated)
        #expect(refusal(littleEndian(UInt64(100_000_000)))?.code == .truncated)
        for length in [100_000_001, 1 << 32, UInt64(Int.max), UInt64.max, UInt64.max - 7] {
            #expect(refusal(littleEndian(length) + Array("{}".utf8))?.code == .malformed)
        }
    }

    @Test func headerLongerThanAllowedThoughItIsThere() throws {
        let folder = try TestFolder()
        let path = try folder.write(littleEndian(UInt64(100_000_001)), to: "a.safetensors")
        #expect(truncate(path, 100_000_100) == 0)
        let error = #expect(throws: MartletError.self) { try SafetensorsFile(path) }
        #expect(error?.code == .malformed)
        #expect(error?.place?.hasPrefix(path) == true)
    }

    @Test(arguments: [
        "", " ", "[]", "null", "0", "\"a\"", "{", "}", "{{}}", "{,}", "{}{}", "{} x", "[{}]",
        " {}", "\n{}", "\u{FEFF}{}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{'a':1}",
        "{\"__metadata__\":{},}", "{\"__metadata__\":{\"a\":\"b\",}}", "{\"a", "{\"a\\",
        "{\"a\\\"", "{\"a\":\"", "{\"a\":[", "{\"a\":{\"b\":[}", "{\"a\":{\"b\":]}}",
        "{\"__metadata__\":{]}", "{\"__metadata__\":{}]", "{\"__metadata__\":[}}", "{}\0",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],}}",
        "{\"a\\x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
        "{\"a\\ud800\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
        "{\"a\n\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
    ])
    func brokenJSON(_ header: String) {
        #expect(refusal(safetensors(header))?.code == .malformed)
    }

    @Test func invalidUTF8() {
        for bad: [UInt8] in [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3],
        ] {
            let open = Array("{\"".utf8)
            let close = Array("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}".utf8)
            #expect(refusal(safetensors(open + bad + close))?.code == .malformed)
            #expect(refusal(safetensors(bad + Array("{}".utf8)))?.code == .malformed)
            #expect(refusal(safetensors(Array("{}".utf8) + bad))?.code == .malformed)
        }
    }

    @Test func deepNesting() {
        for depth in [65, 1000, 30_000, 100_000] {
            let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let file = safetensors(
                #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":\#(nested)}}"#)
            #expect(refusal(file) != nil)
        }
    }

    @Test func holesOverlapsAndTails() {
        func pair(_ first: String, _ second: String) -> String {
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":\#(first)},"#
                + #""b":{"dtype":"U8","shape":[2],"data_offsets":\#(second)}}"#
        }
        #expect(throws: Never.self) { try parsed(safetensors(pair("[0,2]", "[2,4]"), zeros: 4)) }
        let hole = refusal(safetensors(pair("[0,2]", "[3,5]"), zeros: 5))
        #expect(hole?.message.contains("'b' leaves a hole") == true)
        #expect(refusal(safetensors(pair("[2,4]", "[4,6]"), zeros: 6))?.code == .malformed)
        #expect(refusal(safetensors(pair("[0,2]", "[1,3]"), zeros: 3))?.code == .malformed)
        #expect(refusal(safetensors(pair("[0,2]", "[0,2]"), zeros: 2))?.code == .malformed)
        let tail = refusal(safetensors(pair("[0,2]", "[2,4]"), zeros: 5))
        #expect(tail?.message.contains("1 bytes behind") == true)
        #expect(refusal(safetensors(pair("[0,2]", "[2,4]"), zeros: 3))?.code == .truncated)
        #expect(refusal(safetensors("{}", zeros: 1))?.code == .malformed)
        // An empty tensor does not stand for a hole, nor may it stand inside another.
        let inside =
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
            + #""b":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}"#
        #expect(refusal(safetensors(inside, zeros: 2))?.code == .malformed)
    }

    @Test func duplicateNames() {
        for other in [#"a"#, #"\u0061"#] {
            let file = safetensors(
                #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
                    + #""\#(other)":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, zeros: 2)
            #expect(refusal(file)?.message.contains("twice") == true)
        }
        for header in [
            #"{"__metadata__":{},"__metadata__":{}}"#, #"{"__metadata__":{"a":"","a":""}}"#,
            #"{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
        ] {
            #expect(refusal(safetensors(header))?.code == .malformed)
        }
    }

    @Test(arguments: [
        #"null"#, #"1"#, #"[]"#, #""pt""#, #"{"a":1}"#, #"{"a":null}"#, #"{"a":{}}"#,
        #"{"a":["b"]}"#,
    ])
    func metadataOtherThanText(_ value: String) {
        #expect(refusal(safetensors(#"{"__metadata__":\#(value)}"#))?.code == .malformed)
    }

    @Test(arguments: [
        // (shape, dtype, data_offsets), each broken in one way
        ("[2.0]", "\"F32\"", "[0,8]"), ("[2e0]", "\"F32\"", "[0,8]"), ("[-2]", "\"F32\"", "[0,8]"),
        ("[-0]", "\"F32\"", "[0,0]"), ("[\"2\"]", "\"F32\"", "[0,8]"), ("2", "\"F32\"", "[0,8]"),
        ("[null]", "\"F32\"", "[0,8]"), ("[[2]]", "\"F32\"", "[0,8]"), ("null", "\"F32\"", "[0,8]"),
        ("[02]", "\"F32\"", "[0,8]"), ("[3]", "\"F32\"", "[0,8]"), ("[1]", "\"F32\"", "[0,8]"),
        ("[]", "\"F32\"", "[0,8]"), ("[0]", "\"F32\"", "[0,8]"),
        ("[9223372036854775807]", "\"F32\"", "[0,8]"),
        ("[9223372036854775808]", "\"F32\"", "[0,8]"),
        ("[18446744073709551617]", "\"U8\"", "[0,8]"),
        ("[4294967296,4294967296]", "\"U8\"", "[0,8]"),
        ("[4611686018427387904,4,0]", "\"U8\"", "[0,0]"),
        ("[2305843009213693953]", "\"F32\"", "[0,8]"),
        ("[1,1,1,1,1,1,1,1,2]", "\"F32\"", "[0,8]"),
        ("[2]", "\"F33\"", "[0,8]"), ("[2]", "\"f32\"", "[0,8]"), ("[2]", "\"\"", "[0,8]"),
        ("[2]", "32", "[0,8]"), ("[2]", "null", "[0,8]"), ("[15]", "\"F4\"", "[0,8]"),
        ("[3]", "\"F6_E2M3\"", "[0,2]"),
        ("[2]", "\"F32\"", "[0]"), ("[2]", "\"F32\"", "[0,8,8]"), ("[2]", "\"F32\"", "[]"),
        ("[2]", "\"F32\"", "[8,0]"), ("[2]", "\"F32\"", "[-8,0]"), ("[2]", "\"F32\"", "[0,8.0]"),
        ("[2]", "\"F32\"", "8"), ("[2]", "\"F32\"", "null"), ("[2]", "\"F32\"", "[\"0\",\"8\"]"),
        ("[2]", "\"F32\"", "[0,18446744073709551624]"), ("[2]", "\"F32\"", "{\"0\":0,\"1\":8}"),
    ])
    func brokenEntries(_ entry: (shape: String, dtype: String, offsets: String)) {
        let file = safetensors(
            #"{"a":{"dtype":\#(entry.dtype),"shape":\#(entry.shape),"#
                + #""data_offsets":\#(entry.offsets)}}"#, zeros: 8)
        #expect(refusal(file)?.code == .malformed)
    }

    /// Entries whose bytes would add up if one thing were let pass.
    @Test(arguments: [
        ("[-1,-2]", "F32", 8), ("[-0]", "F32", 0), ("[15]", "F4", 7), ("[3]", "F6_E2M3", 2),
        ("[1,1,1,1,1,1,1,1,2]", "F32", 8), ("[4611686018427387904,4]", "U8", 0),
        ("[2305843009213693953]", "U64", 8),
    ])
    func nearlySoundEntries(_ entry: (shape: String, dtype: String, bytes: Int)) {
        let file = safetensors(
            #"{"a":{"dtype":"\#(entry.dtype)","shape":\#(entry.shape),"#
                + #""data_offsets":[0,\#(entry.bytes)]}}"#, zeros: entry.bytes)
        #expect(refusal(file)?.code == .malformed)
    }

    @Test(arguments: [
        #"{"a":{}}"#, #"{"a":null}"#, #"{"a":[]}"#, #"{"a":["U8",[0],[0,0]]}"#, #"{"a":1}"#,
        #"{"a":{"shape":[0],"data_offsets":[0,0]}}"#, #"{"a":{"dtype":"U8","data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[0]}}"#,
    ])
    func missingFields(_ header: String) {
        #expect(refusal(safetensors(header))?.code == .malformed)
    }

    @Test func enormousSizes() {
        let file = safetensors(
            #"{"a":{"dtype":"F32","shape":[1152921504606846976],"#
                + #""data_offsets":[0,4611686018427387904]}}"#, zeros: 8)
        #expect(refusal(file)?.code == .truncated)
        let last = safetensors(
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,"#
                + #"9223372036854775807]}}"#, zeros: 8)
        #expect(refusal(last)?.code == .truncated)
    }

    @Test func longNames() throws {
        func file(_ name: String) -> [UInt8] {
            safetensors(#"{"\#(name)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#)
        }
        #expect(try parsed(file(String(repeating: "n", count: 1024))).tensors.count == 1)
        #expect(try parsed(file(String(repeating: #"\u006e"#, count: 1024))).tensors.count == 1)
        #expect(refusal(file(String(repeating: "n", count: 1025)))?.code == .malformed)
        #expect(refusal(file(String(repeating: #"\u006e"#, count: 1025)))?.code == .malformed)
    }

    @Test func hugeEntries() {
        let file = safetensors(
            #"{"a":{"x":[\#(String(repeating: "0,", count: 40_000))0],"#
                + #""dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#)
        #expect(refusal(file)?.code == .malformed)
    }

    @Test(arguments: [
        ("F4", 16, 8), ("F6_E2M3", 4, 3), ("F6_E3M2", 8, 6), ("F8_E5M2", 8, 8), ("F8_E4M3", 8, 8),
        ("F8_E8M0", 8, 8), ("F8_E4M3FNUZ", 8, 8), ("F8_E5M2FNUZ", 8, 8), ("I16", 4, 8),
        ("U16", 4, 8), ("U32", 2, 8), ("U64", 1, 8), ("C64", 1, 8),
    ])
    func soundTypesThatAreNotOurs(_ type: (name: String, count: Int, bytes: Int)) {
        let file = safetensors(
            #"{"odd":{"dtype":"\#(type.name)","shape":[\#(type.count)],"#
                + #""data_offsets":[0,\#(type.bytes)]}}"#, zeros: type.bytes)
        let error = refusal(file)
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("'odd' has the dtype \(type.name)") == true)
    }

    @Test func controlCharactersDoNotReachTheTerminal() {
        let file = safetensors(#"{"a\u001b[2J\u009b":{"dtype":"?","shape":[],"data_offsets":[]}}"#)
        #expect(refusal(file)?.message.contains(#"'a\u{1b}[2J\u{9b}'"#) == true)
    }
}
