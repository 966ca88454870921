import ByteIO
import Checkpoints
import Tensors
import Testing

/// What a header may look like and still be read.
@Suite struct AcceptedHeaderTests {
    @Test(arguments: ["", " ", "\t\n\r ", String(repeating: " ", count: 1000)])
    func trailingWhiteSpace(_ padding: String) throws {
        let file = safetensors(
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"# + padding, zeros: 4)
        #expect(try parsed(file).tensors.count == 1)
    }

    @Test(arguments: ["{}", #"{"__metadata__":{}}"#, #"{ "__metadata__" : { "a" : "b" } }"#])
    func noTensors(_ header: String) throws {
        #expect(try parsed(safetensors(header)).tensors.isEmpty)
    }

    @Test func metadataKeepsOrderAndText() throws {
        let header = try parsed(
            safetensors(#"{"__metadata__":{"z":"","format":"pt","\u00e9\n":"🐦","e\u0301\n":"2"}}"#))
        #expect(header.metadata.map(\.0) == ["z", "format", "é\n", "e\u{301}\n"])
        #expect(header.metadata.map(\.1) == ["", "pt", "🐦", "2"])
    }

    @Test func unknownFieldsAreIgnored() throws {
        let file = safetensors(
            #"{"a":{"x":{"y":[{"z":null}]},"dtype":"U8","shape":[2],"s":"}]\"","data_offsets":[0,2]}}"#,
            zeros: 2)
        #expect(try parsed(file).tensors.first?.shape == [2])
    }

    @Test func emptyName() throws {
        let file = safetensors(#"{"":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#, zeros: 1)
        #expect(try parsed(file).tensors.map(\.name) == [""])
    }

    @Test func scalarsAndEmptyTensorsAnywhere() throws {
        let file = safetensors(
            #"{"one":{"dtype":"F64","shape":[],"data_offsets":[0,8]},"#
                + #""first":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"#
                + #""between":{"dtype":"I64","shape":[3,0,2],"data_offsets":[8,8]},"#
                + #""two":{"dtype":"BOOL","shape":[1,1],"data_offsets":[8,9]},"#
                + #""last":{"dtype":"BF16","shape":[0,0],"data_offsets":[9,9]},"#
                + #""again":{"dtype":"BF16","shape":[0,9223372036854775807],"data_offsets":[9,9]}}"#,
            zeros: 9)
        let tensors = try parsed(file).tensors
        #expect(tensors.map(\.elementCount) == [1, 0, 0, 1, 0, 0])
        #expect(tensors.map(\.byteCount) == [8, 0, 0, 1, 0, 0])
    }

    @Test func headerOrderIsKept() throws {
        let file = safetensors(
            #"{"z":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"#
                + #""a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, zeros: 3)
        let tensors = try parsed(file).tensors
        #expect(tensors.map(\.name) == ["z", "a"])
        #expect(tensors.map(\.range) == [2..<3, 0..<2])
    }

    @Test func namesThatSwiftHoldsEqual() throws {
        let folder = try TestFolder()
        let path = try folder.write(
            safetensors(
                "{\"\u{E9}\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                    + "\"e\u{301}\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
                data: [7, 8]),
            to: "a.safetensors")
        let file = try SafetensorsFile(path)
        #expect(try file.copy("\u{E9}") == [7])
        #expect(try file.copy("e\u{301}") == [8])
    }

    @Test func everyTypeOfOurs() throws {
        let names = [
            "F32": DType.float32, "BF16": .bfloat16, "F16": .float16, "F64": .float64,
            "I8": .int8, "I32": .int32, "I64": .int64, "U8": .uint8, "BOOL": .bool,
        ]
        #expect(names.count == DType.allCases.count)
        for (name, dtype) in names {
            let bytes = dtype.byteWidth * 3
            let file = safetensors(
                #"{"a":{"dtype":"\#(name)","shape":[3],"data_offsets":[0,\#(bytes)]}}"#,
                zeros: bytes)
            #expect(try parsed(file).tensors.map(\.dtype) == [dtype])
        }
    }

    @Test func contentIsNotLookedAt() throws {
        let folder = try TestFolder()
        let bytes: [UInt8] = [0, 0, 0xC0, 0x7F, 0, 0, 0x80, 0xFF, 2]
        let path = try folder.write(
            safetensors(
                #"{"nan":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
                    + #""two":{"dtype":"BOOL","shape":[1],"data_offsets":[8,9]}}"#, data: bytes),
            to: "a.safetensors")
        let file = try SafetensorsFile(path)
        #expect(try file.copy("nan") + file.copy("two") == bytes)
    }
}
