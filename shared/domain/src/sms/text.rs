//! The text of one code: its words for one reader.

use super::segments::Size;
use super::{AppName, Client, Language, LastLine, LastLines, Locales};
use crate::field::Violation;
use crate::person_name::PersonName;

/// The longest word that greets, in characters: as long as first names are, and too short for several words run
/// together, which a text under the app's name must not say for a stranger.
const LONGEST_GREETED: usize = 20;

/// The UTF-16 unit by which the code ends, so that a notification shows it.
const NOTIFIED: usize = 70;

/// The place of the code in a template.
const OTP: &str = "{{otp}}";

/// The place of the name in a template.
const NAME: &str = "{{name}}";

/// The reader of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The language of the text.
    pub language: Language,
    /// The client, if it said what it is.
    pub client: Option<Client>,
}

/// The parts that this app's texts are made of. Each enabled language fits into its segments with each last line, or there
/// are no `Texts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    app: AppName,
    last_lines: LastLines,
    locales: Locales,
    /// The length of a code, in characters.
    code_length: usize,
    /// True where the words are not ours, but those of a template in Courier.
    designed: bool,
}

/// The constant words of one text, with `{{otp}}` for the code and, where it greets by name, `{{name}}`.
///
/// The values travel beside the words, so nothing that a user chose is ever read as a template. The size of the rendered
/// text is a matter of language, client and settings: no name makes it take another alphabet or one segment more. That
/// takes the name as it stands, as a text should show it; whether Courier escapes values for HTML in a text (an apostrophe
/// would become six characters) is not documented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording<'a> {
    /// The language.
    pub language: Language,
    /// The name of the app.
    pub app: &'a AppName,
    /// The title, for channels that show one; a text message does not.
    pub title: String,
    /// The body, which becomes the text.
    pub body: String,
    /// The word that is greeted, if any is.
    pub greeted: Option<&'a str>,
    /// The last line, which is part of the body too.
    pub last_line: Option<LastLine<'a>>,
    /// The size of the rendered text; unknown where a template in Courier has the words.
    pub size: Option<Size>,
}

impl Texts {
    /// Takes the parts of this app's texts, whose codes have `code_length` characters.
    ///
    /// # Errors
    /// Each enabled language whose text does not fit, and by how much.
    pub fn of(
        app: AppName,
        last_lines: LastLines,
        locales: Locales,
        code_length: usize,
    ) -> Result<Self, String> {
        let texts = Self { app, last_lines, locales, code_length, designed: false };
        let misfits: Vec<_> = texts.locales.iter().filter_map(|language| texts.misfit(language)).collect();
        if misfits.is_empty() {
            Ok(texts)
        } else {
            Err(format!("has texts that are too long with this app's settings: {}", misfits.join(", ")))
        }
    }

    /// Takes the same parts where a template in Courier has the words, so that their length is its designer's matter.
    #[must_use]
    pub fn designed(app: AppName, last_lines: LastLines, locales: Locales, code_length: usize) -> Self {
        Self { app, last_lines, locales, code_length, designed: true }
    }

    /// Returns the name of the app.
    #[must_use]
    pub const fn app(&self) -> &AppName {
        &self.app
    }

    /// Returns the language of whoever does not say.
    #[must_use]
    pub fn default_language(&self) -> Language {
        self.locales.default_language()
    }

    /// Chooses the language for the field `locale`.
    ///
    /// # Errors
    /// Those of [`Locales::choose`].
    pub fn language(&self, tag: &str) -> Result<Language, Violation> {
        self.locales.choose(tag)
    }

    /// Returns the segments that a text to `reader` has, whatever the name: one where a template in Courier has the words,
    /// whose length is not known here.
    #[must_use]
    pub fn segments(&self, reader: Reader) -> u32 {
        let Reader { language, client } = reader;
        let bare = Draft { language, greeting: None, last_line: self.last_lines.of(client) };
        if self.designed { 1 } else { self.size(bare).segments }
    }

    /// Returns the words of a text to `reader`.
    ///
    /// It greets by the first word of `name`, unless that has more than 20 characters. A greeting gives way, first to one
    /// without a name and then to none, if it would make the text take another alphabet or a further segment, keep
    /// Android from reading it, or push the end of the code past the 70th UTF-16 unit.
    #[must_use]
    pub fn wording<'a>(&'a self, reader: Reader, name: &'a PersonName) -> Wording<'a> {
        let Reader { language, client } = reader;
        let last_line = self.last_lines.of(client);
        let bare = Draft { language, greeting: None, last_line };
        let least = self.size(bare);
        let draft = language.phrases().greeting.and_then(|(by_name, without)| {
            let word = Some(name.first_word()).filter(|word| word.chars().count() <= LONGEST_GREETED);
            let by_name = word.map(|word| Greeting { words: by_name, name: Some(word) });
            let greetings = by_name.into_iter().chain([Greeting { words: without, name: None }]);
            greetings.map(|greeting| Draft { greeting: Some(greeting), ..bare }).find(|draft| {
                let size = self.size(*draft);
                (size.encoding, size.segments) == (least.encoding, least.segments)
                    && self.code_end(*draft) <= NOTIFIED
                    && self.unretrieved(*draft).is_none()
            })
        });
        let draft = draft.unwrap_or(bare);
        Wording {
            language,
            app: &self.app,
            title: format!("{} Verification", self.app),
            body: draft.body(&self.app),
            greeted: draft.greeting.and_then(|greeting| greeting.name),
            last_line,
            size: (!self.designed).then(|| self.size(draft)),
        }
    }

    /// Returns what is too long about the text of a language, if anything is: a text without a greeting, which may always
    /// go without.
    fn misfit(&self, language: Language) -> Option<String> {
        self.last_lines.all().find_map(|last_line| {
            let bare = Draft { language, greeting: None, last_line };
            let size = self.size(bare);
            let (has, fit, what) = match self.unretrieved(bare) {
                _ if !size.fits() => (size.units, size.encoding.most_units(), "characters"),
                Some(bytes) => (bytes, LastLine::RETRIEVED, "bytes"),
                None => return None,
            };
            let with = last_line.map(|line| format!(" with {}", line.setting())).unwrap_or_default();
            Some(format!("{}{with} has {has} {what} where {fit} fit", language.tag()))
        })
    }

    /// Returns the size of the rendered text.
    fn size(&self, draft: Draft<'_>) -> Size {
        Size::of(&self.rendered(draft))
    }

    /// Returns the bytes of a text that is for SMS Retriever and too long for it.
    fn unretrieved(&self, draft: Draft<'_>) -> Option<usize> {
        let for_retriever = matches!(draft.last_line, Some(LastLine::App(_)));
        let bytes = self.rendered(draft).len();
        (for_retriever && bytes > LastLine::RETRIEVED).then_some(bytes)
    }

    /// Returns the UTF-16 unit after the code.
    fn code_end(&self, draft: Draft<'_>) -> usize {
        let text = draft.with_name(&self.app);
        let before = text.split_once(OTP).map_or(text.as_str(), |(before, _)| before);
        before.encode_utf16().count() + self.code_length
    }

    fn rendered(&self, draft: Draft<'_>) -> String {
        // Every character of a code is as long as this one, in every alphabet.
        draft.with_name(&self.app).replace(OTP, &"0".repeat(self.code_length))
    }
}

/// A greeting and the name in it.
#[derive(Clone, Copy)]
struct Greeting<'a> {
    words: &'static str,
    name: Option<&'a str>,
}

/// A text that may be chosen.
#[derive(Clone, Copy)]
struct Draft<'a> {
    language: Language,
    greeting: Option<Greeting<'a>>,
    last_line: Option<LastLine<'a>>,
}

impl Draft<'_> {
    /// Returns the body with places for name and code.
    fn body(&self, app: &AppName) -> String {
        let mut text = String::new();
        if let Some(Greeting { words, .. }) = self.greeting {
            text.push_str(&self.isolating(words, NAME, '\u{2068}', NAME));
            text.push('\n');
        }
        let sentence = self.language.phrases().sentence;
        text.push_str(&self.isolating(sentence, "{{app}}", '\u{2066}', app.as_str()));
        if let Some(line) = self.last_line {
            text.push('\n');
            text.push_str(&line.with(OTP));
        }
        text
    }

    fn with_name(&self, app: &AppName) -> String {
        let name = self.greeting.and_then(|greeting| greeting.name).unwrap_or_default();
        self.body(app).replace(NAME, name)
    }

    /// Puts `value` in its place. Among words that are read from right to left it is isolated (UAX #9 §2.4), opened by
    /// `isolate`: the punctuation at the end of `C++` or `Dr.` would else wander to its other side.
    fn isolating(&self, words: &str, place: &str, isolate: char, value: &str) -> String {
        if self.language.is_right_to_left() {
            words.replace(place, &format!("{isolate}{value}\u{2069}"))
        } else {
            words.replace(place, value)
        }
    }
}
