//! Texts that a pattern matches, made by walking it.

use regex_syntax::Parser;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::random::Random;

/// Longer texts are not made of a pattern, in bytes.
const LONGEST: usize = 4096;

/// A text that a pattern matches; none if it is not a pattern. Assertions such as `\b` are taken to hold.
pub(crate) fn example(pattern: &str, random: &mut Random) -> Option<String> {
    let hir = Parser::new().parse(pattern).ok()?;
    let mut text = Vec::new();
    write(&hir, random, &mut text);
    String::from_utf8(text).ok()
}

fn write(hir: &Hir, random: &mut Random, text: &mut Vec<u8>) {
    if text.len() > LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(Class::Unicode(class)) => {
            // What is easily read first: the first printable character of a range.
            let ranges: Vec<_> = class.ranges().to_vec();
            let plain = ranges.iter().find_map(|range| {
                ['a', 'A', '1', ' ', '-'].into_iter().find(|c| (range.start()..=range.end()).contains(c))
            });
            let of = random.pick(&ranges).map(|range| range.start());
            let chosen = if random.below(4) == 0 { of.or(plain) } else { plain.or(of) };
            if let Some(c) = chosen {
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        HirKind::Class(Class::Bytes(class)) => {
            text.extend(class.ranges().first().map(|range| range.start()).filter(u8::is_ascii));
        }
        HirKind::Repetition(repetition) => {
            let few = repetition.min.saturating_add(u32::from(random.below(2) == 1));
            let times = repetition.max.map_or(few, |most| few.min(most)).max(repetition.min).min(200);
            for _ in 0..times {
                write(&repetition.sub, random, text);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, random, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, random, text)),
        HirKind::Alternation(ways) => {
            if let Some(way) = random.pick(ways) {
                write(way, random, text);
            }
        }
    }
}
