import ByteIO
import Testing

struct ByteReaderTests {
    @Test func readsLittleEndianAtAnyAlignment() throws {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xff, 0xfe]
        try bytes.withUnsafeBytes { (buffer) throws in
            var reader = ByteReader(buffer, place: "t")
            #expect(try reader.readUInt8() == 1)
            #expect(try reader.readUInt16() == 0x0302)
            #expect(try reader.readUInt32() == 0x0706_0504)
            #expect(try reader.readUInt64() == 0x0f0e_0d0c_0b0a_0908)
            #expect(reader.offset == 15)
            #expect(reader.remaining == 2)
            #expect(Array(try reader.readBytes(count: 2)) == [0xff, 0xfe])
            #expect(reader.remaining == 0)
            #expect(try reader.readBytes(count: 0).isEmpty)
        }
    }

    @Test func refusesToReadBeyondTheEnd() {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7]
        bytes.withUnsafeBytes { buffer in
            for start in 0...7 {
                var reader = ByteReader(buffer, place: "file")
                _ = try? reader.readBytes(count: start)
                let left = 7 - start
                let codes = [
                    left < 1
                        ? error { () throws(MartletError) in _ = try reader.readUInt8() } : nil,
                    left < 2
                        ? error { () throws(MartletError) in _ = try reader.readUInt16() } : nil,
                    left < 4
                        ? error { () throws(MartletError) in _ = try reader.readUInt32() } : nil,
                    error { () throws(MartletError) in _ = try reader.readUInt64() },
                    error { () throws(MartletError) in _ = try reader.readBytes(count: left + 1) },
                    error { () throws(MartletError) in _ = try reader.readBytes(count: .max) },
                ].compactMap { $0 }
                #expect(codes.allSatisfy { $0.code == .truncated && $0.place == "file" })
                #expect(codes.allSatisfy { $0.message.contains("offset \(start)") })
                #expect(reader.offset == start)
                let negative = error { () throws(MartletError) in
                    _ = try reader.readBytes(count: -1)
                }
                #expect(negative?.code == .invalidValue)
            }
        }
    }

    @Test func anEmptyBufferIsJustEmpty() {
        var reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0), place: "t")
        #expect(reader.remaining == 0)
        #expect(
            error { () throws(MartletError) in _ = try reader.readUInt8() }?.code == .truncated)
    }
}
