//! What a value is to become, and how a draft is made to say so where the value comes from.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::draft::Draft;
use super::pattern;
use super::random::Random;
use super::several::Among;
use super::source::Source;

/// What a value is to become.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Goal {
    /// True or false.
    Holds(bool),
    /// This text, and nothing else.
    Text(String),
    /// Another text than this one.
    Other(String),
    /// A text with this one in it.
    With(String),
    /// A text that begins with this one.
    Begin(String),
    /// A text that ends with this one.
    End(String),
    /// A text with this one from so many characters on.
    At(usize, String),
    /// A text with none of these in it.
    Without(Vec<String>),
    /// A text that a pattern matches.
    Matching(String),
    Empty,
    Present,
    Number(i64),
    /// So long, in characters or elements.
    Length(i64),
    Time(Timestamp),
}

impl Goal {
    /// Whether a text that is written out is what is wanted.
    pub(crate) fn is_met_by(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => text == wanted,
            Self::Other(other) => text != other,
            Self::With(wanted) => text.contains(wanted),
            Self::Begin(wanted) => text.starts_with(wanted),
            Self::End(wanted) => text.ends_with(wanted),
            Self::Without(unwanted) => !unwanted.iter().any(|one| text.contains(one)),
            Self::Empty => text.is_empty(),
            Self::Present => !text.is_empty(),
            Self::Holds(wanted) => text.parse() == Ok(*wanted),
            Self::Number(wanted) => text.parse() == Ok(*wanted),
            _ => false,
        }
    }

    /// Makes a draft say it. Of several addresses, attachments or fields it is mostly the only one that says so, and now and then one
    /// of them.
    pub(crate) fn reach(&self, source: &Source, draft: &mut Draft, random: &mut Random) {
        let is_said = matches!(self, Self::Text(_) | Self::With(_) | Self::Begin(_) | Self::End(_) | Self::Matching(_));
        let among = random.pick(&[None, None, None, Some(Among::First), Some(Among::Last), Some(Among::Instead)]);
        match among.copied().flatten().filter(|_| is_said && source.may_be_many()) {
            Some(among) => source.one_of_many(draft, among, |draft| self.reach_alone(source, draft, random)),
            None => self.reach_alone(source, draft, random),
        }
    }

    fn reach_alone(&self, source: &Source, draft: &mut Draft, random: &mut Random) {
        match self {
            Self::Holds(true) | Self::Present => {
                if *self == Self::Holds(true) || source.said(draft).is_empty() {
                    source.set_present(draft);
                }
            }
            Self::Holds(false) => match source {
                Source::Answer(..) | Source::Input(_) => source.set_json(draft, Json::Bool(false)),
                _ => source.clear(draft),
            },
            Self::Empty => {
                source.clear(draft);
                if !source.said(draft).is_empty() {
                    source.set_text(draft, "");
                }
            }
            Self::Text(text) if matches!(source, Source::Answer(..)) && random.below(3) == 0 => {
                source.push_text(draft, text);
            }
            Self::Text(text) => source.set_text(draft, text),
            Self::Other(text) => {
                let words: Vec<&str> = source.words().iter().copied().filter(|word| word != text).collect();
                match random.pick(&words) {
                    _ if source.said(draft) != *text => {}
                    Some(word) => source.set_text(draft, word),
                    None => source.set_text(draft, &format!("{text}x")),
                }
            }
            Self::With(text) => add(source, text, draft, random),
            Self::Begin(text) if random.below(4) == 0 => source.set_text(draft, text),
            Self::Begin(text) => source.begin_with(draft, text),
            Self::End(text) if random.below(4) == 0 => source.set_text(draft, text),
            Self::End(text) => source.end_with(draft, text),
            Self::At(..) => {
                if let Some(text) = self.made_of(&source.said(draft), random) {
                    source.set_text(draft, &text);
                }
            }
            Self::Without(unwanted) => {
                let said = source.said(draft);
                let lower = said.to_lowercase();
                let is_in = |one: &&String| !one.is_empty() && lower.contains(&one.to_lowercase());
                if let Some(one) = unwanted.iter().find(is_in) {
                    // Whatever else is asked of the text stays, if it is written in the same case.
                    let less = said.replace(one.as_str(), "");
                    source.set_text(draft, if less == said { "" } else { &less });
                }
            }
            Self::Matching(pattern) => {
                if let Some(goal) = pattern::asks_for(pattern, random) {
                    goal.reach_alone(source, draft, random);
                }
            }
            Self::Number(number) => source.set_number(draft, *number),
            Self::Length(length) => source.set_length(draft, usize::try_from(*length).unwrap_or_default()),
            Self::Time(time) => source.set_time(draft, *time),
        }
    }
}

/// Adds a text to what is there, since that may be needed as well; now and then it takes its place.
fn add(source: &Source, text: &str, draft: &mut Draft, random: &mut Random) {
    let said = source.text(draft);
    if said.contains(text) && !text.is_empty() {
        return;
    }
    let whole = match random.below(6) {
        0 => text.to_owned(),
        1 => format!("{text} {said}"),
        _ => format!("{said} {text}"),
    };
    source.set_text(draft, whole.trim());
}
