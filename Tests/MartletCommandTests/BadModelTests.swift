import ByteIO
import Testing

extension BadInputTests {
    /// Model folders that are damaged or do not fit together.
    @Suite struct Model {
        private let folder: TemporaryFolder
        private let model: String

        init() throws {
            folder = try TemporaryFolder()
            model = try Tiny.train(in: folder)
        }

        private var weights: String { Files.join(model, "model.safetensors") }
        private var config: String { Files.join(model, "config.json") }
        private var tokenizer: String { Files.join(model, "tokenizer.json") }

        /// Every verb that opens the model.
        private var verbs: [[String]] {
            [
                ["generate", "--model", model, "--ids", "1 2"],
                ["score", "--model", model, "--ids", "1 2"],
                [
                    "forward", "--model", model, "--ids", "1 2", "--output",
                    folder["out.safetensors"],
                ],
                ["info", "--model", model], ["bench", "load", "--model", model],
            ]
        }

        private func expectEveryVerbFails(
            _ mentions: String..., sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            for verb in verbs {
                let run = try Tool.run(
                    verb, limits: Tool.Limits(memoryBytes: 16 << 30), timeout: 20)
                expectFailure(run, sourceLocation: sourceLocation)
                for mention in mentions {
                    #expect(
                        run.errors.contains(mention), "\(verb[0]): \(run.errors)",
                        sourceLocation: sourceLocation)
                }
            }
            #expect(!Files.exists(folder["out.safetensors"]))
        }

        @Test func missingFolder() throws {
            let none = folder["none"]
            for verb in ["score", "generate", "forward"] {
                let output = verb == "forward" ? ["--output", folder["f"]] : []
                expectFailure(try Tool.run([verb, "--model", none, "--ids", "1"] + output), "none")
            }
            expectFailure(try Tool.run(["info", "--model", none]), "none")
            expectFailure(try Tool.run(["bench", "load", "--model", none]), "none")
            expectFailure(try Tool.run(["tokenizer", "encode", "--model", none, "a"]), "none")
            expectFailure(
                try Tool.run(["tokenizer", "decode", "--model", none, "--ids", "1"]), "none")
        }

        // MARK: Weights

        @Test(arguments: [0, 4, 8, 100, -4, -9, -400])
        func truncatedWeights(_ length: Int) throws {
            let bytes = try Files.read(weights)
            try Files.write(
                Array(bytes.prefix(length < 0 ? bytes.count + length : length)), to: weights)
            try expectEveryVerbFails("model.safetensors")
        }

        @Test func missingWeights() throws {
            try Files.remove(weights)
            try expectEveryVerbFails("model.safetensors")
        }

        @Test(arguments: [0, 1, 7, 8, 9, 40, 200])
        func flippedHeader(_ offset: Int) throws {
            try Tiny.flip(weights, at: offset, bits: 0x10)
            try expectEveryVerbFails("run")
        }

        @Test func trailingBytes() throws {
            try Files.append("junk", to: weights)
            try expectEveryVerbFails("model.safetensors")
        }

        // MARK: Configuration

        @Test(arguments: [
            ("n_embd", 32, "wte.weight"), ("n_layer", 2, "h.1.ln_1.weight"),
            ("vocab_size", 10, "wte.weight"), ("n_positions", 8, "wpe.weight"),
            ("n_inner", 128, "mlp.c_fc.weight"), ("n_head", 3, "n_head"), ("n_embd", 0, "n_embd"),
            ("n_layer", -1, "n_layer"), ("n_embd", 1 << 40, "n_embd"),
            ("n_embd", 1 << 32, "wte.weight"), ("n_layer", 1 << 32, "n_layer"),
            ("vocab_size", 1 << 32, "wte.weight"), ("eos_token_id", 99, "eos_token_id"),
        ])
        func configThatDoesNotFit(_ key: String, _ value: Int, _ mention: String) throws {
            try Tiny.edit(config, key, .number(JSONNumber(value)))
            try expectEveryVerbFails(mention)
        }

        @Test func misfitNamesBothShapes() throws {
            try Tiny.edit(config, "n_embd", 32)
            try expectEveryVerbFails(
                "transformer.wte.weight", "embedding.tokens.weight", "[20, 16]", "[20, 32]")
        }

        @Test(arguments: [
            ("n_embd", "16"), ("n_embd", "1.5"), ("n_layer", "[1]"), ("resid_pdrop", "2"),
            ("layer_norm_epsilon", "\"small\""), ("activation_function", "\"mish\""),
        ])
        func wrongTypes(_ key: String, _ value: String) throws {
            let json = key == "n_embd" && value == "16" ? "\"16\"" : value
            try Tiny.edit(config, key, try JSONValue(parsing: json, place: "test"))
            try expectEveryVerbFails("config.json", key)
        }

        @Test func unknownModelType() throws {
            try Tiny.edit(config, "model_type", "parrot")
            try expectEveryVerbFails("config.json", "model_type", "parrot", "gpt2")
            try Tiny.edit(config, "model_type", nil)
            try expectEveryVerbFails("model_type")
        }

        @Test(arguments: ["", "{", "[]", "{\"n_embd\": 16,}", "\u{FEFF}x"])
        func malformedConfig(_ text: String) throws {
            try Files.write(text, to: config)
            try expectEveryVerbFails("config.json")
        }

        @Test func missingConfig() throws {
            try Files.remove(config)
            try expectEveryVerbFails("config.json")
        }

        @Test(arguments: [
            ("temperature", "-1"), ("temperature", "\"hot\""), ("top_p", "0"), ("top_k", "-1"),
            ("max_new_tokens", "-1"), ("repetition_penalty", "0"),
        ])
        func badGenerationConfig(_ key: String, _ value: String) throws {
            let path = Files.join(model, "generation_config.json")
            try Tiny.edit(path, key, try JSONValue(parsing: value, place: "test"))
            expectFailure(
                try Tool.run(["generate", "--model", model, "--ids", "1"]), "generation_config.json"
            )
        }

        @Test func generationConfigWithMoreTokensThanCanBe() throws {
            let path = Files.join(model, "generation_config.json")
            try Tiny.edit(path, "max_new_tokens", .number(JSONNumber(Int.max)))
            let run = try Tool.run(["generate", "--model", model, "--ids", "1", "--json"])
            expectSuccess(run)
            #expect(try run.objects().first?["finish_reason"]?.string == "context")
        }

        // MARK: Tokenizer

        /// Verbs that need the tokenizer, all of which must refuse it.
        private func expectTokenizerRefused(
            _ mentions: String..., sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            for verb in [
                ["generate", "--model", model, "--prompt", "the"],
                ["score", "--model", model, "--text", "the"],
                ["tokenizer", "encode", "--model", model, "the"],
                ["tokenizer", "decode", "--model", model, "--ids", "1"],
            ] {
                let run = try Tool.run(verb)
                expectFailure(run, sourceLocation: sourceLocation)
                for mention in mentions {
                    #expect(
                        run.errors.contains(mention), "\(run.errors)",
                        sourceLocation: sourceLocation)
                }
            }
        }

        private func editVocabulary(_ change: (inout JSONObject) -> Void) throws {
            let file = try JSONValue(parsing: try Files.read(tokenizer), place: tokenizer)
            var part = try #require(file["model"]?.object)
            var vocabulary = try #require(part["vocab"]?.object)
            change(&vocabulary)
            part["vocab"] = .object(vocabulary)
            try Tiny.edit(tokenizer, "model", .object(part))
        }

        @Test func duplicateIDs() throws {
            try editVocabulary { $0["a"] = 4 }
            try expectTokenizerRefused("tokenizer.json", "'a'", "'b'", "4")
        }

        @Test func idsBeyondTheVocabularyOfTheModel() throws {
            try editVocabulary { $0["Z"] = 20 }
            for verb in [["generate", "--prompt", "the"], ["score", "--text", "the"]] {
                let run = try Tool.run([verb[0], "--model", model] + verb.dropFirst())
                expectFailure(run, "20", "vocabulary")
            }
        }

        @Test func negativeID() throws {
            try editVocabulary { $0["a"] = -1 }
            try expectTokenizerRefused("tokenizer.json", "-1")
        }

        @Test(arguments: ["", "{}", "{\"model\":", "{\"model\":{\"type\":\"Magic\",\"vocab\":{}}}"])
        func malformedTokenizer(_ text: String) throws {
            try Files.write(text, to: tokenizer)
            try expectTokenizerRefused("tokenizer.json")
        }

        @Test func withoutATokenizerOnlyIDsCanBeUsed() throws {
            try Files.remove(tokenizer)
            expectFailure(try Tool.run(["generate", "--model", model, "--prompt", "the"]), "--ids")
            expectFailure(try Tool.run(["score", "--model", model, "--text", "the"]), "--ids")
            let run = try Tool.run(["generate", "--model", model, "--ids", "1 2", "--json"])
            expectSuccess(run)
            #expect(try run.objects().first?["text"]?.isNull == true)
        }
    }
}
