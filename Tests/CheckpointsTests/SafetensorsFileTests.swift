import ByteIO
import Checkpoints
import Tensors
import Testing

/// Opening and reading whole files.
@Suite struct SafetensorsFileTests {
    @Test func missingAndEmptyFiles() throws {
        let folder = try TestFolder()
        let missing = #expect(throws: MartletError.self) {
            try SafetensorsFile(folder.at("a.safetensors"))
        }
        #expect(missing?.code == .notFound)
        let path = try folder.write([UInt8](), to: "b.safetensors")
        let empty = #expect(throws: MartletError.self) { try SafetensorsFile(path) }
        #expect(empty?.code == .truncated)
        #expect(throws: MartletError.self) { try SafetensorsFile(folder.path) }
    }

    @Test func errorsNameFileAndTensor() throws {
        let folder = try TestFolder()
        let path = try folder.write(
            safetensors(
                #"{"h.0.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, zeros: 4),
            to: "a.safetensors")
        let error = #expect(throws: MartletError.self) { try SafetensorsFile(path) }
        #expect(
            error?.description == "\(path): tensor 'h.0.weight' of dtype F32 and shape [2] needs 8 "
                + "bytes, its data_offsets hold 4")
    }

    /// MLX's writer does not pad the header, and old ones order tensors by name.
    @Test func misalignedData() throws {
        let folder = try TestFolder()
        let numbers: [Float] = [1.5, -2]
        let data: [UInt8] = [7] + numbers.flatMap { littleEndian($0.bitPattern) }
        for spaces in 0..<8 {
            let header =
                #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
                + #""b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}"#
                + String(repeating: " ", count: spaces)
            let path = try folder.write(safetensors(header, data: data), to: "a.safetensors")
            let file = try SafetensorsFile(path)
            let tensor = try #require(file.tensor("b"))
            let bytes = file.bytes(of: tensor)
            let address = try #require(bytes.baseAddress)
            #expect(file.isAligned(tensor) == UInt(bitPattern: address).isMultiple(of: 4))
            let read = (0..<2).map { index in
                Float(bitPattern: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
            }
            #expect(read == numbers)
        }
    }

    @Test func releasedPagesCanBeReadAgain() throws {
        let folder = try TestFolder()
        let data = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = try folder.write(
            safetensors(
                #"{"a":{"dtype":"U8","shape":[100000],"data_offsets":[0,100000]}}"#, data: data),
            to: "a.safetensors")
        let file = try SafetensorsFile(path)
        let tensor = try #require(file.tensor("a"))
        #expect(try file.copy("a") == data)
        file.release(tensor)
        #expect(try file.copy("a") == data)
    }

    @Test func lookupComparesBytes() throws {
        let folder = try TestFolder()
        let path = try folder.write(
            safetensors("{\"\u{E9}\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"),
            to: "a.safetensors")
        let file = try SafetensorsFile(path)
        #expect(file.tensor("\u{E9}") != nil)
        #expect(file.tensor("e\u{301}") == nil)
        #expect(file.tensor("") == nil)
        #expect(file.tensor("__metadata__") == nil)
    }

    @Test func manyTensors() throws {
        let folder = try TestFolder()
        let entries = (0..<3000).map {
            SafetensorsWriter.Entry(name: "layer.\($0)", dtype: .uint8, shape: [1])
        }
        let path = folder.at("a.safetensors")
        try SafetensorsWriter.write(entries, to: path) { (index, sink) throws(MartletError) in
            try send([UInt8(truncatingIfNeeded: index)], to: sink)
        }
        let file = try SafetensorsFile(path)
        #expect(file.tensors.count == 3000)
        for index in stride(from: 0, to: 3000, by: 7) {
            #expect(try file.copy("layer.\(index)") == [UInt8(truncatingIfNeeded: index)])
        }
    }
}

/// Files made by Python's safetensors (see `ReferenceFiles`).
@Suite struct ReferenceFileTests {
    @Test func everyType() throws {
        let folder = try TestFolder()
        let file = try SafetensorsFile(try folder.write(ReferenceFiles.everyType, to: "a"))
        #expect(file.metadata.map(\.0) == ["format"])
        #expect(file.metadata.map(\.1) == ["pt"])
        #expect(file.tensors.count == 11)
        let numbers: [Double] = [-2, 0.5, 3]
        #expect(
            try file.copy("float32") == numbers.flatMap { littleEndian(Float($0).bitPattern) })
        #expect(try file.copy("float64") == numbers.flatMap { littleEndian($0.bitPattern) })
        #expect(try file.copy("bfloat16") == [0x00, 0xC0, 0x00, 0x3F, 0x40, 0x40])
        #expect(try file.copy("float16") == [0x00, 0xC0, 0x00, 0x38, 0x00, 0x42])
        #expect(try file.copy("int8") == [0x80, 0x7F, 1])
        #expect(try file.copy("int32") == [Int32(-7), Int32.max].flatMap { littleEndian($0) })
        #expect(try file.copy("int64") == [Int64(-7), 1 << 62].flatMap { littleEndian($0) })
        #expect(try file.copy("uint8") == [0, 255])
        #expect(try file.copy("bool") == [1, 0, 1])
        #expect(try file.copy("scalar") == littleEndian(Float(1.5).bitPattern))
        #expect(file.tensor("int64")?.shape == [2, 1])
        #expect(file.tensor("scalar")?.shape == [])
        #expect(file.tensor("empty")?.shape == [0, 3])
        #expect(file.tensors.allSatisfy { file.isAligned($0) })
        for dtype in DType.allCases {
            #expect(file.tensors.contains { $0.dtype == dtype })
        }
    }

    @Test func oddNames() throws {
        let folder = try TestFolder()
        let file = try SafetensorsFile(try folder.write(ReferenceFiles.oddNames, to: "a"))
        let names = [
            "", "\u{E9}", "e\u{301}", "q\"\\/\u{8}\u{C}\n\r\t\u{1}\u{7F}", "\u{2028}", "\u{1F426}",
        ]
        for (number, name) in names.enumerated() {
            #expect(try file.copy(name) == [UInt8(number)])
        }
        #expect(file.metadata.isEmpty)
    }

    @Test func typeThatIsNotOurs() {
        let error = refusal(ReferenceFiles.unsigned16)
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("tensor 'wide' has the dtype U16") == true)
    }

    /// What we write for the content of a reference file is that file, byte by byte.
    @Test(arguments: [ReferenceFiles.everyType, ReferenceFiles.oddNames, ReferenceFiles.empty])
    func writerEqualsReference(_ reference: [UInt8]) throws {
        let folder = try TestFolder()
        let file = try SafetensorsFile(try folder.write(reference, to: "theirs"))
        // In another order than the file's, since the writer sorts.
        let tensors = file.tensors.sorted { $0.name.utf8.count < $1.name.utf8.count }
        let path = folder.at("ours")
        let written = try SafetensorsWriter.write(
            tensors.map { .init(name: $0.name, dtype: $0.dtype, shape: $0.shape) },
            metadata: file.metadata, to: path
        ) { (index, sink) throws(MartletError) in try sink(file.bytes(of: tensors[index])) }
        #expect(try Files.read(path) == reference)
        #expect(written.bytes == reference.count)
        #expect(written.checksum == CRC32C.checksum(reference))
    }
}
