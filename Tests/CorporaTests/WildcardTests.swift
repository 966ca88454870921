import Corpora
import Testing

@Suite struct WildcardTests {
    @Test(arguments: [
        ("*.txt", "a.txt", true), ("*.txt", "a.txt.gz", false), ("*.txt", ".txt", false),
        (".*", ".txt", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false),
        ("?", "世", true), ("?", "ab", false), ("", "", true), ("*", "", true), ("a", "", false),
        ("part-[0-9].txt", "part-7.txt", true), ("part-[0-9].txt", "part-x.txt", false),
        ("[!a-c]x", "dx", true), ("[^a-c]x", "bx", false), ("[]]", "]", true), ("[a-]", "-", true),
        ("[c-a]", "b", false), ("a[b", "a[b", true), ("[ab", "a", false), ("**", "abc", true),
        ("é", "e\u{301}", false), ("x*", "x", true), ("*a", "aaaa", true), ("*ab", "aaab", true),
    ])
    func matches(pattern: String, name: String, expected: Bool) {
        #expect(Wildcard(pattern).matches(name) == expected)
    }

    @Test func manyStarsTakeNoTime() {
        let pattern = String(repeating: "a*", count: 60) + "b"
        #expect(!Wildcard(pattern).matches(String(repeating: "a", count: 2000)))
    }
}
