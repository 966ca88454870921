// What an app gets with `import Martlet`.
@_exported import ByteIO
@_exported import Checkpoints
@_exported import Corpora
@_exported import Decoding
@_exported import LanguageModels
@_exported import Neural
@_exported import Tensors
@_exported import Tokenization
@_exported import Training
