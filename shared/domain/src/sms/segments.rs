//! The segments that a text is sent in, each of which is paid for.

use super::gsm7;

/// The way in which the characters of a text are sent (3GPP TS 23.038 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The GSM 7-bit default alphabet with its extension, in septets.
    Gsm7,
    /// UCS-2, in UTF-16 units: for a text with any character that GSM-7 has not.
    Ucs2,
}

impl Encoding {
    /// Returns its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// Returns the units that a text of one segment has room for: 140 octets.
    const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => gsm7::SEGMENT,
            Self::Ucs2 => 70,
        }
    }

    /// Returns the units that each segment of a longer text has room for: six octets go to the header that joins them
    /// (3GPP TS 23.040 §9.2.3.24.1).
    const fn joined(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// Returns the most segments that a text of ours may take: a script that needs UCS-2 says in two of them what others
    /// say in one.
    pub(super) const fn most_segments(self) -> u32 {
        match self {
            Self::Gsm7 => 1,
            Self::Ucs2 => 2,
        }
    }

    /// Returns the most units that a text of ours may have.
    pub(super) const fn most_units(self) -> usize {
        match self {
            Self::Gsm7 => self.alone(),
            Self::Ucs2 => 2 * self.joined(),
        }
    }
}

/// The size of a text on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The way in which its characters are sent.
    pub encoding: Encoding,
    /// Its length in units of that.
    pub units: usize,
    /// The segments that it takes, and is paid for.
    pub segments: u32,
}

impl Size {
    /// Measures `text` as a phone would show it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match gsm7::septets(text) {
            Some(_) => Self::packed(Encoding::Gsm7, text.chars().filter_map(gsm7::width)),
            None => Self::packed(Encoding::Ucs2, text.chars().map(char::len_utf16)),
        }
    }

    /// Returns whether a text of ours may have this size.
    #[must_use]
    pub const fn fits(self) -> bool {
        self.segments <= self.encoding.most_segments()
    }

    /// Packs characters of the given `widths` into segments. No character is split between two: neither an escape from
    /// what it escapes, nor a surrogate from its pair.
    fn packed(encoding: Encoding, widths: impl Iterator<Item = usize>) -> Self {
        let (mut units, mut segments, mut filled) = (0, 1, 0);
        for width in widths {
            units += width;
            filled += width;
            if filled > encoding.joined() {
                segments += 1;
                filled = width;
            }
        }
        if units <= encoding.alone() {
            segments = 1;
        }
        Self { encoding, units, segments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(encoding: Encoding, units: usize, segments: u32) -> Size {
        Size { encoding, units, segments }
    }

    #[test]
    fn an_encoding_has_the_name_of_its_standard() {
        assert_eq!([Encoding::Gsm7, Encoding::Ucs2].map(Encoding::as_str), ["GSM-7", "UCS-2"]);
    }

    #[test]
    fn a_text_takes_the_segments_that_the_standard_gives_it() {
        use Encoding::{Gsm7, Ucs2};
        for (unit, count, expected) in [
            ("a", 0, size(Gsm7, 0, 1)),
            ("a", 160, size(Gsm7, 160, 1)),
            ("a", 161, size(Gsm7, 161, 2)),
            ("a", 306, size(Gsm7, 306, 2)),
            ("a", 307, size(Gsm7, 307, 3)),
            ("€", 80, size(Gsm7, 160, 1)),
            ("€", 81, size(Gsm7, 162, 2)),
            // 76 escaped characters fill 152 of 153 septets, and the 153rd takes none of the next one.
            ("€", 152, size(Gsm7, 304, 2)),
            ("€", 153, size(Gsm7, 306, 3)),
            ("ж", 1, size(Ucs2, 1, 1)),
            ("ж", 70, size(Ucs2, 70, 1)),
            ("ж", 71, size(Ucs2, 71, 2)),
            ("ж", 134, size(Ucs2, 134, 2)),
            ("ж", 135, size(Ucs2, 135, 3)),
            ("😀", 35, size(Ucs2, 70, 1)),
            ("😀", 36, size(Ucs2, 72, 2)),
            ("😀", 66, size(Ucs2, 132, 2)),
            ("😀", 67, size(Ucs2, 134, 3)),
        ] {
            assert_eq!(Size::of(&unit.repeat(count)), expected, "{count} × {unit}");
        }
        assert_eq!(Size::of(&format!("{}ó", "a".repeat(159))), size(Ucs2, 160, 3));
    }
}
