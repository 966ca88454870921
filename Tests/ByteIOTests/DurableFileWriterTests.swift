import ByteIO
import Testing

struct DurableFileWriterTests {
    @Test func piecesOfEverySizeArriveInOrder() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "a")
            let writer = try DurableFileWriter(creating: path)
            var expected: [UInt8] = []
            for (turn, count) in [
                0, 1, 7, 1 << 20, 3, (1 << 20) - 3, 1, (1 << 20) - 1, 2, (3 << 20) + 5, 100,
            ].enumerated() {
                let piece = (0..<count).map { UInt8(truncatingIfNeeded: $0 &+ turn) }
                try writer.write(piece)
                expected += piece
                #expect(writer.count == expected.count)
            }
            #expect(writer.checksum == CRC32C.checksum(expected))
            try writer.finish()
            try writer.finish()
            #expect(try Files.read(path) == expected)
            let thrown = error { () throws(MartletError) in try writer.write([1]) }
            #expect(thrown?.code == .invalidValue)
            #expect(thrown?.place == path)
        }
    }

    @Test func anExistingFileIsEmptied() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "a")
            try Files.write("something long", to: path)
            try DurableFileWriter(creating: path).finish()
            #expect(try Files.read(path) == [])
        }
    }

    @Test func theFolderMustBeThere() throws {
        try withTemporaryDirectory { folder in
            let path = Files.join(folder, "none/a")
            let thrown = error { () throws(MartletError) in
                _ = try DurableFileWriter(creating: path)
            }
            #expect(thrown?.code == .notFound)
            #expect(thrown?.place == path)
        }
    }

    #if os(Linux)
        /// A device that has never any room.
        @Test(arguments: [1, 1 << 20, 5 << 20])
        func aFullDiskIsReportedAndNotForgotten(_ count: Int) throws {
            let writer = try DurableFileWriter(creating: "/dev/full")
            let first = error { () throws(MartletError) in
                try writer.write([UInt8](repeating: 0, count: count))
                try writer.finish()
            }
            #expect(first?.code == .diskFull)
            #expect(first?.place == "/dev/full")
            for _ in 0..<2 {
                #expect(
                    error { () throws(MartletError) in try writer.finish() }?.code == .diskFull)
                #expect(
                    error { () throws(MartletError) in try writer.write([1]) }?.code == .diskFull)
            }
        }

        @Test func aFullDiskForAppends() {
            #expect(
                error { () throws(MartletError) in try Files.append("x", to: "/dev/full") }?.code
                    == .diskFull)
        }
    #endif
}
