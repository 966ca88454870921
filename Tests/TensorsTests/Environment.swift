#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
