import Tensors
import Testing

/// Work over threads that fall asleep and wake: nothing is lost or done twice.
@Suite struct WorkerPoolTests {
    /// More threads than processors, pauses long enough to sleep in, many rounds.
    @Test(arguments: [2, 3, 5, 9]) func everyChunkIsDoneOnce(_ threads: Int) async throws {
        let device = Device(threads: threads)
        let count = 1 << 18
        let ones = Tensor.ones([count], on: device)
        for round in 0..<60 {
            #expect((ones + 1).sum().item == Double(2 * count))
            if round % 8 == 0 { try await Task.sleep(for: .microseconds(300)) }
        }
    }

    /// Several threads may use one device: who finds the pool busy works alone.
    @Test func oneDeviceForManyCallers() async {
        let device = Device(threads: 3)
        let count = 1 << 17
        await withTaskGroup(of: Bool.self) { group in
            for caller in 0..<6 {
                group.addTask {
                    let x = Tensor(repeating: Double(caller), [count], on: device)
                    return (0..<30).allSatisfy { _ in
                        (x + 1).sum().item == Double((caller + 1) * count)
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
