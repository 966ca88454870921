// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target of ours with the settings every one of them shares.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one target; what they read from disk lies under `Goldens`.
func tests(_ name: String, _ dependencies: [Target.Dependency], goldens: Bool = false) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name)] + dependencies,
        resources: goldens ? [.copy("Goldens")] : [],
        swiftSettings: settings)
}

let package = Package(
    name: "martlet",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Martlet", targets: ["Martlet"]),
        .executable(name: "martlet", targets: ["MartletCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // Level 0: no dependency.
        library("ByteIO"),
        .target(
            name: "CKernels",
            // Debug builds compile C at -O0, which makes every test crawl; the last -O wins.
            cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Wno-psabi"])]),
        // Level 1
        library("Tokenization", ["ByteIO"]),
        library("Tensors", ["ByteIO", "CKernels"]),
        // Level 2
        library("Corpora", ["ByteIO", "Tokenization"]),
        library("Neural", ["ByteIO", "Tensors"]),
        library("Checkpoints", ["ByteIO", "Tensors"]),
        // Level 3
        library("LanguageModels", ["ByteIO", "Tensors", "Neural", "Checkpoints"]),
        library("Training", ["ByteIO", "Tensors", "Neural", "Checkpoints", "Corpora", "CKernels"]),
        // Level 4
        library(
            "Decoding", ["ByteIO", "Tensors", "Neural", "LanguageModels", "Tokenization"]),
        // Level 6: what an app imports.
        library(
            "Martlet",
            [
                "ByteIO", "Tokenization", "Tensors", "Corpora", "Neural", "Checkpoints",
                "LanguageModels", "Training", "Decoding",
            ]),
        // Level 7
        .executableTarget(
            name: "MartletCommand",
            dependencies: [
                "Martlet",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        tests("ByteIO", []),
        tests("CKernels", []),
        tests("Tokenization", ["ByteIO"], goldens: true),
        tests("Tensors", ["ByteIO", "CKernels"], goldens: true),
        tests("Corpora", ["ByteIO", "Tokenization"]),
        tests("Neural", ["ByteIO", "Tensors"]),
        tests("Checkpoints", ["ByteIO", "Tensors"]),
        tests("LanguageModels", ["ByteIO", "Tensors", "Neural", "Checkpoints"], goldens: true),
        tests(
            "Training", ["ByteIO", "Tensors", "Neural", "LanguageModels", "Corpora"], goldens: true),
        tests("Decoding", ["ByteIO", "Tensors", "Neural", "LanguageModels", "Tokenization"]),
        tests("MartletCommand", ["ByteIO"]),
    ]
)
