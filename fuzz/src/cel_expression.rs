//! Any text as an expression of CEL, read by the parser alone.

use waypost_cel::{Expr, Kind, MAX_DEPTH, MAX_MISTAKES, Parsed, Span, parse, print};

/// Nothing panics, places lie in the text, limits hold, and a tree that was read without a mistake is printed as what is read as the same.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Parsed { tree, mistakes, tokens } = parse(text);
    assert!(tokens <= text.len(), "{tokens} tokens in {text:?}");
    assert!(tree.depth() <= MAX_DEPTH, "{text:?} is {} deep", tree.depth());
    assert!(mistakes.len() <= MAX_MISTAKES + 1, "{text:?} has {} mistakes", mistakes.len());
    let is_place = |span: Span| text.get(span.range()).is_some();
    for mistake in &mistakes {
        let good = is_place(mistake.span) && mistake.edits.iter().all(|edit| is_place(edit.span));
        assert!(good, "{mistake:?} of {text:?}");
    }
    walk(&tree, &mut |part| {
        assert!(is_place(part.span) && is_place(part.mark()), "{part:?} of {text:?}");
        let unreported = part.kind == Kind::Wrong && mistakes.is_empty();
        assert!(!unreported, "{part:?} of {text:?} was not reported");
    });
    // What is printed has more brackets.
    if mistakes.is_empty() && tree.depth() < MAX_DEPTH / 4 {
        let printed = print(&tree);
        let again = parse(&printed);
        if printed.len() <= waypost_cel::MAX_BYTES {
            assert_eq!(print(&again.tree), printed, "{text:?}: {:?}", again.mistakes);
            assert!(again.mistakes.is_empty(), "{text:?} as {printed:?}: {:?}", again.mistakes);
        }
    }
}

fn walk(part: &Expr, visit: &mut dyn FnMut(&Expr)) {
    visit(part);
    match &part.kind {
        Kind::Literal(_) | Kind::Name(_) | Kind::Wrong => {}
        Kind::Member(member) => walk(&member.of, visit),
        Kind::Index(index) => [&index.of, &index.index].into_iter().for_each(|part| walk(part, visit)),
        Kind::Unary(_, of) => walk(of, visit),
        Kind::Binary(binary) => [&binary.left, &binary.right].into_iter().for_each(|part| walk(part, visit)),
        Kind::Choice(choice) => {
            [&choice.when, &choice.then, &choice.otherwise].into_iter().for_each(|part| walk(part, visit));
        }
        Kind::Call(call) => call.of.iter().chain(&call.arguments).for_each(|part| walk(part, visit)),
        Kind::List(elements) => elements.iter().for_each(|element| walk(&element.value, visit)),
        Kind::Map(entries) => entries.iter().for_each(|entry| {
            walk(&entry.key, visit);
            walk(&entry.value, visit);
        }),
        Kind::Message(message) => message.fields.iter().for_each(|(_, value, _)| walk(value, visit)),
    }
}
