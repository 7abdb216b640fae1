//! Texts that a pattern matches, made by walking it.

use regex_syntax::Parser;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};

use super::goal::Goal;
use super::random::Random;

/// Longer texts are not made of a pattern, in bytes.
const LONGEST: usize = 4096;

/// Most repetitions.
const MOST: u32 = 200;

/// What is easily read, first the plainest.
const PLAIN: [char; 5] = ['a', 'A', '1', ' ', '-'];

/// What classes are held against that are alike: a space, a line end, a letter that is not of ASCII.
const TELLING: [char; 4] = [' ', '\n', '_', 'é'];

/// Examples that are made of a pattern until one is what is wanted.
const MOST_EXAMPLES: usize = 50;

/// A text that a pattern matches, or just not any more; none if it is not a pattern. Assertions such as `\b` are taken to hold.
pub(crate) fn example(pattern: &str, random: &mut Random) -> Option<String> {
    made(pattern, None, random)
}

/// A text that a pattern matches and that is what is wanted besides; none if none of some is.
pub(crate) fn example_that(pattern: &str, wanted: &Goal, random: &mut Random) -> Option<String> {
    if let Goal::Length(length) = wanted {
        let length = usize::try_from(*length).ok()?;
        return so_long(&Parser::new().parse(pattern).ok()?, length, random);
    }
    (0..MOST_EXAMPLES).find_map(|_| example(pattern, random).filter(|text| wanted.is_met_by(text)))
}

/// A text that is matched and has so many characters: what is repeated is so often that they come out.
fn so_long(hir: &Hir, length: usize, random: &mut Random) -> Option<String> {
    (0..=u32::try_from(length).ok()?.min(MOST)).find_map(|times| {
        let mut text = Vec::new();
        write(hir, Told { group: None, times: Some(times) }, random, &mut text);
        String::from_utf8(text).ok().filter(|text| text.chars().count() == length)
    })
}

/// What a text has to say for a pattern to match: where it is bound to the ends of the text, there, and where it is bound to those of
/// lines, on a line among others. None: it is not a pattern.
pub(crate) fn asks_for(pattern: &str, random: &mut Random) -> Option<Goal> {
    let hir = Parser::new().parse(pattern).ok()?;
    let text = example(pattern, random)?;
    let (first, last) = (hir.properties().look_set_prefix(), hir.properties().look_set_suffix());
    if hir.properties().look_set().contains_anchor_line() && random.below(3) != 0 {
        let behind = if last.contains(Look::End) { "" } else { "\na" };
        return Some(Goal::With(format!("a\n{text}{behind}")));
    }
    Some(match (first.contains(Look::Start), last.contains(Look::End)) {
        (true, true) => Goal::Text(text),
        (true, false) => Goal::Begin(text),
        (false, true) => Goal::End(text),
        // Each of several ways may be bound to an end.
        (false, false) if hir.properties().look_set().contains_anchor() => Goal::Text(text),
        (false, false) => Goal::With(text),
    })
}

/// A text that a pattern matches, if a group may say this.
pub(crate) fn example_with(pattern: &str, group: (&str, &str), random: &mut Random) -> Option<String> {
    made(pattern, Some(group), random)
}

fn made(pattern: &str, group: Option<(&str, &str)>, random: &mut Random) -> Option<String> {
    let hir = Parser::new().parse(pattern).ok()?;
    let mut text = Vec::new();
    write(&hir, Told { group, times: None }, random, &mut text);
    String::from_utf8(text).ok()
}

/// What is known of a text before it is made.
#[derive(Clone, Copy)]
struct Told<'t> {
    /// What a group says, by its name.
    group: Option<(&'t str, &'t str)>,
    /// How often something is repeated, within its bounds.
    times: Option<u32>,
}

fn write(hir: &Hir, told: Told<'_>, random: &mut Random, text: &mut Vec<u8>) {
    if text.len() > LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(Class::Unicode(class)) => {
            if let Some(c) = one_of(class, random) {
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        HirKind::Class(Class::Bytes(class)) => {
            text.extend(class.ranges().first().map(|range| range.start()).filter(u8::is_ascii));
        }
        HirKind::Repetition(repetition) => {
            // Both ends, and one beyond the end: it is what a bound that moved by one tells apart.
            let (min, max) = (repetition.min, repetition.max);
            let times = match random.below(12) {
                _ if let Some(times) = told.times => times.clamp(min, max.unwrap_or(u32::MAX)),
                0..=5 => min,
                6..=8 => max.map_or(min.saturating_add(1), |most| most.min(min.saturating_add(1))),
                9 | 10 => max.unwrap_or(min.saturating_add(2)),
                _ => max.unwrap_or(min.saturating_add(3)).saturating_add(1),
            };
            for _ in 0..times.min(MOST) {
                write(&repetition.sub, told, random, text);
            }
        }
        HirKind::Capture(capture) => match told.group.filter(|(name, _)| capture.name.as_deref() == Some(name)) {
            Some((_, says)) => text.extend_from_slice(says.as_bytes()),
            None => write(&capture.sub, told, random, text),
        },
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, told, random, text)),
        HirKind::Alternation(ways) => {
            if let Some(way) = random.pick(ways) {
                write(way, told, random, text);
            }
        }
    }
}

/// A character of a class: mostly the plainest, or else an end of one of its ranges, or one that tells it from a class that is alike.
fn one_of(class: &ClassUnicode, random: &mut Random) -> Option<char> {
    let ranges = class.ranges();
    let has = |c: &char| ranges.iter().any(|range| (range.start()..=range.end()).contains(c));
    let plain = PLAIN.iter().find(|c| has(c)).copied();
    let first = ranges.first().map(|range| range.start());
    match random.below(8) {
        0..=4 => plain.or_else(|| random.pick(ranges).map(|range| range.start())),
        5 | 6 => {
            let range = random.pick(ranges)?;
            let end = if random.below(2) == 0 { range.start() } else { range.end() };
            // What lies outside of ASCII or can't be seen is an end of everything that is left out.
            if end.is_ascii_graphic() { Some(end) } else { plain.or(first) }
        }
        _ => {
            let telling: Vec<char> = TELLING.into_iter().filter(has).collect();
            random.pick(&telling).copied().or(plain).or(first)
        }
    }
}
