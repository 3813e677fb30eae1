//! Android's SMS Retriever: what Google Play services pass on to the app whose hash a text ends with.
//!
//! "The message must: be no longer than 140 bytes; contain a one-time code that the client sends back to your server to
//! complete the verification flow; include an 11-character hash string that identifies your app"
//! (<https://developers.google.com/identity/sms-retriever/verify>). For the code the rule of SMS User Consent holds too:
//! "a 4-10 character alphanumeric string with at least one number"
//! (<https://developers.google.com/identity/sms-retriever/user-consent/overview>).

/// The longest message, in bytes.
const LONGEST: usize = 140;

/// Returns all that a code may be in a message to the app of `hash`; nothing for a message that the app never sees.
#[must_use]
pub fn retrieved(message: &str, hash: &str) -> Vec<String> {
    let words = message.strip_suffix(hash).filter(|words| words.ends_with(char::is_whitespace));
    let (true, Some(words)) = (message.len() <= LONGEST && is_hash(hash), words) else { return Vec::new() };
    // A code is a whole word, whatever the script of its neighbours.
    let words = words.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| is_code(word)).map(str::to_owned).collect()
}

fn is_hash(hash: &str) -> bool {
    hash.len() == 11 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}

fn is_code(word: &str) -> bool {
    (4..=10).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && word.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_as_it_says() {
        let hash = "FA+9qCX9VSu";
        for (message, expected) in [
            ("Your ExampleApp code is: 123ABC78\n\nFA+9qCX9VSu", vec!["123ABC78"]),
            ("Your ExampleApp code is: 123ABC78\n\nFA+9qCX9VSv", vec![]),
            ("Your ExampleApp code is: 123ABC78\n\nFA+9qCX9VSu ", vec![]),
            ("Your ExampleApp code is: 123ABC78FA+9qCX9VSu", vec![]),
            ("Your ExampleApp code is: ABCDEF\nFA+9qCX9VSu", vec![]),
            ("123 12345678901 1234 認証123456です\nFA+9qCX9VSu", vec!["1234"]),
            (&format!("123456{}\nFA+9qCX9VSu", ".".repeat(122)), vec!["123456"]),
            (&format!("123456{}\nFA+9qCX9VSu", ".".repeat(123)), vec![]),
            (&format!("123456{}\nFA+9qCX9VSu", "é".repeat(62)), vec![]),
        ] {
            assert_eq!(retrieved(message, hash), expected, "{message:?}");
        }
        assert_eq!(retrieved("1234 FA+9", "FA+9"), Vec::<String>::new());
    }
}
