import ByteIO
import Testing

struct MartletErrorTests {
    @Test func descriptionHasPlaceMessageAndCause() {
        #expect(MartletError(.malformed, "is odd").description == "is odd")
        #expect(MartletError(.malformed, "is odd", at: "a.txt").description == "a.txt: is odd")
        let cause = MartletError(.notFound, "gone", at: "b")
        #expect(
            MartletError(.malformed, "is odd", at: "a", cause: cause).description
                == "a: is odd (b: gone)")
    }

    @Test func atPutsTheOuterPlaceFirst() {
        let inner = MartletError(.mismatched, "has shape [2]", at: "tensor 'w'")
        let outer = inner.at("model.safetensors")
        #expect(outer.place == "model.safetensors: tensor 'w'")
        #expect(outer.code == .mismatched)
        #expect(outer.message == "has shape [2]")
        #expect(MartletError(.locked, "x").at("run").place == "run")
    }

    @Test func codesAreDistinctAndNamed() {
        let codes: [MartletError.Code] = [
            .notFound, .malformed, .truncated, .mismatched, .unsupported, .invalidValue,
            .alreadyExists, .inputOutput, .diskFull, .corrupted, .nonFinite, .locked, .interrupted,
        ]
        #expect(Set(codes).count == 13)
        #expect(Set(codes.map(\.description)).count == 13)
        #expect(MartletError.Code.diskFull.description == "diskFull")
    }
}
