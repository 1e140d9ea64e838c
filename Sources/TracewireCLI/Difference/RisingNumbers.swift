/// The longest part of a list that rises.
enum RisingNumbers {
    /// The places of as many numbers as there can be that rise one behind the other (patience sorting).
    ///
    /// - Parameter numbers: each other than all others.
    static func longest(in numbers: [Int]) -> [Int] {
        // Of the parts of each length the one that ends lowest: the places of these ends, which rise too.
        var ends: [Int] = []
        var before: [Int?] = []
        for (place, number) in numbers.enumerated() {
            let length = shorter(than: number, ends, numbers)
            before.append(length > 0 ? ends[length - 1] : nil)
            if length == ends.count { ends.append(place) } else { ends[length] = place }
        }
        var places: [Int] = []
        var next = ends.last
        while let place = next {
            places.append(place)
            next = before[place]
        }
        return places.reversed()
    }

    /// How many of the ends are lower than `number`.
    private static func shorter(than number: Int, _ ends: [Int], _ numbers: [Int]) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[ends[middle]] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
