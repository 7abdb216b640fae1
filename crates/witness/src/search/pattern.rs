//! Texts that a pattern matches, made by walking it.

use regex_syntax::Parser;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

use super::random::Random;

/// Longer texts are not made of a pattern, in bytes.
const LONGEST: usize = 4096;

/// Most repetitions.
const MOST: u32 = 200;

/// What is easily read, first the plainest.
const PLAIN: [char; 5] = ['a', 'A', '1', ' ', '-'];

/// What classes are held against that are alike: a space, a line end, a letter that is not of ASCII.
const TELLING: [char; 4] = [' ', '\n', '_', 'é'];

/// A text that a pattern matches, or just not any more; none if it is not a pattern. Assertions such as `\b` are taken to hold.
pub(crate) fn example(pattern: &str, random: &mut Random) -> Option<String> {
    made(pattern, None, random)
}

/// A text that a pattern matches, if a group may say this.
pub(crate) fn example_with(pattern: &str, group: (&str, &str), random: &mut Random) -> Option<String> {
    made(pattern, Some(group), random)
}

fn made(pattern: &str, group: Option<(&str, &str)>, random: &mut Random) -> Option<String> {
    let hir = Parser::new().parse(pattern).ok()?;
    let mut text = Vec::new();
    write(&hir, group, random, &mut text);
    String::from_utf8(text).ok()
}

fn write(hir: &Hir, group: Option<(&str, &str)>, random: &mut Random, text: &mut Vec<u8>) {
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
                0..=5 => min,
                6..=8 => max.map_or(min.saturating_add(1), |most| most.min(min.saturating_add(1))),
                9 | 10 => max.unwrap_or(min.saturating_add(2)),
                _ => max.unwrap_or(min.saturating_add(3)).saturating_add(1),
            };
            for _ in 0..times.min(MOST) {
                write(&repetition.sub, group, random, text);
            }
        }
        HirKind::Capture(capture) => match group.filter(|(name, _)| capture.name.as_deref() == Some(name)) {
            Some((_, says)) => text.extend_from_slice(says.as_bytes()),
            None => write(&capture.sub, group, random, text),
        },
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, group, random, text)),
        HirKind::Alternation(ways) => {
            if let Some(way) = random.pick(ways) {
                write(way, group, random, text);
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
