import Script

/// A segment alone, or all that a process which is gone has left.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var script = Script(input(start, count))
    if script.byte() % 2 == 0 { recoverSegment(&script) } else { recoverSpool(&script) }
    return 0
}

fuzz(test)
