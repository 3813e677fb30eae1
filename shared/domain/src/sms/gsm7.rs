//! The alphabet of plain text messages.

/// Septets in a text of one segment (3GPP TS 23.040 §9.2.3.16): 140 octets.
pub(super) const SEGMENT: usize = 160;

/// The default alphabet (3GPP TS 23.038 §6.2.1), without the escape to the extension.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                       ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension (3GPP TS 23.038 §6.2.1.1): each character follows an escape.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Returns the septets that `text` takes in the GSM 7-bit alphabet: one for a character of the default alphabet, two
/// for one of the extension; `None` when a character is in neither, so that the whole text would go out as UCS-2 (70
/// characters a segment).
#[must_use]
pub(super) fn septets(text: &str) -> Option<usize> {
    text.chars().map(width).sum()
}

/// Returns the septets of one character.
pub(super) fn width(c: char) -> Option<usize> {
    if DEFAULT.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_alphabet_has_the_size_that_the_standard_gives_it() {
        assert_eq!(DEFAULT.chars().count(), 127, "128 less the escape");
        assert_eq!(EXTENSION.chars().count(), 10);
        assert!(DEFAULT.chars().all(|c| !EXTENSION.contains(c)));
    }

    #[test]
    fn characters_count_as_the_standard_says() {
        for (text, count) in [
            ("", Some(0)),
            ("Hi,\n", Some(4)),
            ("@example.com #123456", Some(20)),
            ("€", Some(2)),
            ("[x]", Some(5)),
            ("ÄÖÜäöüß", Some(7)),
            ("é", Some(1)),
            ("Ç", Some(1)),
            ("ç", None),
            ("á", None),
            ("’", None),
            ("`", None),
            ("\t", None),
            ("Ω", Some(1)),
            ("ω", None),
            ("e\u{301}", None),
            ("李", None),
            ("😀", None),
        ] {
            assert_eq!(septets(text), count, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_as_long_as_its_parts(one: String, other: String) {
            let whole = septets(&format!("{one}{other}"));
            prop_assert_eq!(whole, septets(&one).zip(septets(&other)).map(|(a, b)| a + b));
        }
    }
}
