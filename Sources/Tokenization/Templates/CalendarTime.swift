/// A moment in the calendar, in UTC, and C's `strftime` for it in English.
struct CalendarTime {
    let year: Int
    /// 1...12
    let month: Int
    /// 1...31
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    /// 0...6 from Sunday.
    let weekday: Int
    /// 1...366
    let dayOfYear: Int
    private let seconds: Int

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
    private static let weekdays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]

    /// Years 1 to 9999, as in Python; moments outside become the first or last one.
    init(secondsSince1970 given: Int) {
        seconds = min(max(given, -62_135_596_800), 253_402_300_799)
        let days = (seconds - Self.modulo(seconds, 86_400)) / 86_400
        let inDay = Self.modulo(seconds, 86_400)
        hour = inDay / 3600
        minute = inDay / 60 % 60
        second = inDay % 60
        weekday = Self.modulo(days + 4, 7)
        // Years that begin in March put the leap day last; 146 097 days are 400 of them.
        let shifted = days + 719_468
        let era = (shifted - Self.modulo(shifted, 146_097)) / 146_097
        let inEra = Self.modulo(shifted, 146_097)
        let yearOfEra = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
        let inYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * inYear + 2) / 153
        day = inYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
        dayOfYear = before + (isLeap && month > 2 ? 1 : 0) + day
    }

    private static func modulo(_ value: Int, _ divisor: Int) -> Int {
        let remainder = value % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }

    /// `format` with its directives filled in; unknown ones stay.
    func formatted(_ format: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var position = 0
        while position < format.count {
            let byte = format[position]
            position += 1
            guard byte == UInt8(ascii: "%"), position < format.count else {
                result.append(byte)
                continue
            }
            var letter = format[position]
            var end = position + 1
            // The C library's flag for no padding.
            let isBare = letter == UInt8(ascii: "-") && end < format.count
            if isBare {
                letter = format[end]
                end += 1
            }
            if let text = text(letter, isBare: isBare) {
                result.append(contentsOf: text.utf8)
                position = end
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private func text(_ letter: UInt8, isBare: Bool) -> String? {
        func padded(_ value: Int, _ width: Int, _ fill: String = "0") -> String {
            let digits = String(value)
            let missing = isBare ? 0 : max(width - digits.utf8.count, 0)
            return String(repeating: fill, count: missing) + digits
        }
        let hour12 = hour % 12 == 0 ? 12 : hour % 12
        switch Character(Unicode.Scalar(letter)) {
        case "a": return String(Self.weekdays[weekday].prefix(3))
        case "A": return Self.weekdays[weekday]
        case "b", "h": return String(Self.months[month - 1].prefix(3))
        case "B": return Self.months[month - 1]
        case "c":
            return composed("%a %b %e %H:%M:%S ") + String(year)
        case "C": return padded(year / 100, 2)
        case "d": return padded(day, 2)
        case "D", "x": return composed("%m/%d/%y")
        case "e": return padded(day, 2, " ")
        case "f": return "000000"
        case "F": return composed("%Y-%m-%d")
        case "g": return padded(isoWeek.year % 100, 2)
        case "G": return String(isoWeek.year)
        case "H": return padded(hour, 2)
        case "I": return padded(hour12, 2)
        case "j": return padded(dayOfYear, 3)
        case "k": return padded(hour, 2, " ")
        case "l": return padded(hour12, 2, " ")
        case "m": return padded(month, 2)
        case "M": return padded(minute, 2)
        case "n": return "\n"
        case "p": return hour < 12 ? "AM" : "PM"
        case "P": return hour < 12 ? "am" : "pm"
        case "r": return composed("%I:%M:%S %p")
        case "R": return composed("%H:%M")
        case "s": return String(seconds)
        case "S": return padded(second, 2)
        case "t": return "\t"
        case "T", "X": return composed("%H:%M:%S")
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "U": return padded((dayOfYear + 6 - weekday) / 7, 2)
        case "V": return padded(isoWeek.week, 2)
        case "w": return String(weekday)
        case "W": return padded((dayOfYear + 6 - (weekday + 6) % 7) / 7, 2)
        case "y": return padded(year % 100, 2)
        case "Y": return String(year)
        // A moment without a time zone has none to name.
        case "z", "Z": return ""
        case "%": return "%"
        default: return nil
        }
    }

    private func composed(_ format: String) -> String {
        String(decoding: formatted(Array(format.utf8)), as: UTF8.self)
    }

    /// The week by ISO 8601: that of its Thursday.
    private var isoWeek: (year: Int, week: Int) {
        let fromMonday = (weekday + 6) % 7
        let thursday = CalendarTime(secondsSince1970: seconds + (3 - fromMonday) * 86_400)
        return (thursday.year, (thursday.dayOfYear - 1) / 7 + 1)
    }
}
