//! Walks over a page and writes its text, and apart from it what is not shown.

use html5ever::{LocalName, local_name};

use super::declarations::{Declarations, Declared, Property, Value};
use super::elements::{self, Kind};
use super::quotes::{self, Quote};
use super::stylesheet::Stylesheet;
use super::tree::{Content, DOCUMENT, Element, Id, Tree};
use super::writer::{WhiteSpace, Writer};
use super::{Budget, Page, TEXT_LIMIT};

/// What an element hands down to what is in it.
#[derive(Clone, Copy, Debug)]
struct Inherited {
    /// Nothing in it is shown, whatever it says.
    is_hidden: bool,
    /// `visibility`.
    is_visible: bool,
    /// Letters are too small to be seen.
    is_tiny: bool,
    white_space: WhiteSpace,
    /// Items of the list have no bullet or number.
    no_markers: bool,
}

/// An element that is being walked through.
struct Open {
    /// The next node in it.
    next: Option<Id>,
    kind: Kind,
    /// Lines to its end: 1, or 2 with a margin below.
    lines_after: usize,
    is_item: bool,
    inherited: Inherited,
    numbering: Numbering,
    /// Its place among the quotes, if it is one.
    quote: Option<usize>,
}

/// How the items of a list are numbered.
#[derive(Clone, Copy, Debug)]
struct Numbering {
    style: Style,
    next: i64,
    step: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Bullet,
    Decimal,
    Letter(u8),
    Roman { is_upper: bool },
}

/// The text of a page.
pub(super) fn lay_out(tree: &Tree, budget: &mut Budget) -> Page {
    let mut layout = Layout {
        tree,
        sheet: stylesheet(tree, budget.matches),
        shown: Writer::new(),
        hidden: Writer::new(),
        links: String::new(),
        links_cut: false,
        quotes: Vec::new(),
    };
    layout.walk();
    let is_cut = layout.sheet.is_cut();
    budget.matches = budget.matches.saturating_sub(layout.sheet.matches());
    let truncated = is_cut || layout.shown.is_full() || layout.hidden.is_full();
    // A page of nothing but pictures says no more than where they lead.
    if layout.shown.is_empty() {
        let text = std::mem::take(&mut layout.links);
        let truncated = truncated || layout.links_cut;
        return Page { text, hidden: layout.hidden.finish(), quotes: Vec::new(), truncated };
    }
    let quotes = layout.quotes();
    Page { text: layout.shown.finish(), hidden: layout.hidden.finish(), quotes, truncated }
}

/// The rules of all style elements, wherever they stand.
fn stylesheet(tree: &Tree, matches: usize) -> Stylesheet {
    let mut sheet = Stylesheet::new(matches);
    for id in 0..Id::try_from(tree.len()).unwrap_or(Id::MAX) {
        let Some(content) = tree.content(id) else { break };
        let Content::Element(element) = &*content else { continue };
        if element.name != local_name!("style") {
            continue;
        }
        let media = element.attribute(&local_name!("media"));
        if let Some(child) = tree.first_child(id)
            && let Some(child) = tree.content(child)
            && let Content::Text(text) = &*child
        {
            sheet.add(text, media);
        }
    }
    sheet
}

struct Layout<'t> {
    tree: &'t Tree,
    sheet: Stylesheet,
    shown: Writer,
    hidden: Writer,
    /// Targets of links, one on a line, while nothing is shown.
    links: String,
    links_cut: bool,
    /// What is marked as quoted, by where it begins and ends in what is shown.
    quotes: Vec<Quote>,
}

impl Layout<'_> {
    fn walk(&mut self) {
        let mut open = vec![Open {
            next: self.tree.first_child(DOCUMENT),
            kind: Kind::Inline,
            lines_after: 0,
            is_item: false,
            inherited: Inherited {
                is_hidden: false,
                is_visible: true,
                is_tiny: false,
                white_space: WhiteSpace::Collapse,
                no_markers: false,
            },
            numbering: Numbering { style: Style::Bullet, next: 1, step: 1 },
            quote: None,
        }];
        while let Some(current) = open.last_mut() {
            if self.shown.is_full() {
                return;
            }
            let Some(id) = current.next else {
                if let Some(closed) = open.pop() {
                    self.close(&closed);
                }
                continue;
            };
            current.next = self.tree.next_sibling(id);
            let Some(content) = self.tree.content(id) else { continue };
            match &*content {
                Content::Fragment => {}
                Content::Text(text) => self.text(text, &current.inherited),
                Content::Element(element) => {
                    if let Some(element) = self.open(id, element, current) {
                        open.push(element);
                    }
                }
            }
        }
    }

    fn text(&mut self, text: &str, inherited: &Inherited) {
        let is_shown = !inherited.is_hidden && inherited.is_visible && !inherited.is_tiny;
        let (to, other) = match is_shown {
            true => (&mut self.shown, Some(&mut self.hidden)),
            false => (&mut self.hidden, None),
        };
        to.text(text, inherited.white_space);
        // What is shown separates what is hidden; what is hidden leaves no trace in what is shown.
        if let Some(hidden) = other {
            hidden.space();
        }
    }

    /// Begins an element; what is to be walked through, if there is something in it.
    fn open(&mut self, id: Id, element: &Element, parent: &mut Open) -> Option<Open> {
        let by_name = elements::kind(element);
        if by_name == Kind::Nothing {
            return None;
        }
        let declared = self.declared(id, element);
        let kind = kind(by_name, &declared);
        let inherited = inherit(&parent.inherited, element, kind, &declared);
        match kind {
            Kind::Break => {
                self.shown.line_break();
                self.hidden.line_break();
                return None;
            }
            Kind::Image => {
                self.apart(element.attribute(&local_name!("alt")), &inherited);
                return None;
            }
            Kind::Input => {
                self.input(element, &inherited);
                return None;
            }
            _ => {}
        }
        if element.name == local_name!("a") && !inherited.is_hidden {
            self.link(element.attribute(&local_name!("href")));
        }
        let is_item = element.is_html && element.name == local_name!("li") && kind == Kind::Block;
        let lines = |margin| if kind == Kind::Paragraph && declared.get(margin) != Value::Zero { 2 } else { 1 };
        let opened = Open {
            next: self.tree.first_child(id),
            kind,
            lines_after: lines(Property::MarginBottom),
            is_item,
            inherited,
            numbering: numbering(element),
            quote: self.begin_quote(element),
        };
        match kind {
            Kind::Block | Kind::Paragraph => self.both(|writer| writer.block(lines(Property::MarginTop))),
            Kind::Cell => self.both(Writer::cell),
            Kind::Apart => self.both(Writer::space),
            _ => {}
        }
        if is_item && !inherited.no_markers {
            let marker = parent.numbering.marker(element);
            self.both(|writer| writer.mark(Some(marker.clone())));
        }
        Some(opened)
    }

    fn declared(&self, id: Id, element: &Element) -> Declared {
        let own = element.attribute(&local_name!("style"));
        if own.is_none() && self.sheet.is_empty() {
            return Declared::default();
        }
        self.sheet.declared(self.tree, id, element, &own.map(Declarations::read).unwrap_or_default())
    }

    /// Notes that a quote begins, if the element is one.
    fn begin_quote(&mut self, element: &Element) -> Option<usize> {
        if self.quotes.len() >= quotes::MOST {
            return None;
        }
        let kind = quotes::kind(element)?;
        let at = self.shown.position();
        self.quotes.push(Quote { kind, at: at..at });
        Some(self.quotes.len() - 1)
    }

    /// The quotes, by the text as it is handed out.
    fn quotes(&mut self) -> Vec<Quote> {
        let skipped = self.shown.leading_space();
        for Quote { at, .. } in &mut self.quotes {
            *at = at.start.saturating_sub(skipped)..at.end.saturating_sub(skipped);
        }
        std::mem::take(&mut self.quotes)
    }

    fn close(&mut self, element: &Open) {
        if let Some(quote) = element.quote.and_then(|quote| self.quotes.get_mut(quote)) {
            quote.at.end = self.shown.position();
        }
        if element.is_item {
            self.both(|writer| writer.mark(None));
        }
        match element.kind {
            Kind::Block | Kind::Paragraph => self.both(|writer| writer.block(element.lines_after)),
            Kind::Cell => self.both(Writer::cell),
            Kind::Apart => self.both(Writer::space),
            _ => {}
        }
    }

    fn both(&mut self, mut change: impl FnMut(&mut Writer)) {
        change(&mut self.shown);
        change(&mut self.hidden);
    }

    /// A text that stands for something else in the line. A picture is seen however small the letters around it are.
    fn apart(&mut self, text: Option<&str>, inherited: &Inherited) {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return };
        self.both(Writer::space);
        self.text(text, &Inherited { is_tiny: false, white_space: WhiteSpace::Collapse, ..*inherited });
        self.both(Writer::space);
    }

    fn input(&mut self, element: &Element, inherited: &Inherited) {
        let type_ = element.attribute(&local_name!("type")).unwrap_or("text").trim().to_ascii_lowercase();
        match type_.as_str() {
            "hidden" | "checkbox" | "radio" | "password" | "file" | "color" | "range" => {}
            "image" => self.apart(element.attribute(&local_name!("alt")), inherited),
            _ => self.apart(element.attribute(&local_name!("value")), inherited),
        }
    }

    fn link(&mut self, target: Option<&str>) {
        let Some(target) = target.map(str::trim) else { return };
        let is_link = ["http:", "https:", "mailto:", "tel:"]
            .iter()
            .any(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        if !self.shown.is_empty() || !is_link {
            return;
        }
        if self.links.len() + target.len() >= TEXT_LIMIT {
            self.links_cut = true;
            return;
        }
        if self.links.lines().next_back() != Some(target) {
            if !self.links.is_empty() {
                self.links.push('\n');
            }
            self.links.push_str(target);
        }
    }
}

/// What an element is, its style considered.
fn kind(by_name: Kind, declared: &Declared) -> Kind {
    if matches!(by_name, Kind::Break | Kind::Image | Kind::Input) {
        return by_name;
    }
    match (by_name, declared.get(Property::Display)) {
        // A block that is declared to be one keeps its margins.
        (Kind::Block | Kind::Paragraph, Value::Block) => by_name,
        (_, Value::Block) => Kind::Block,
        (_, Value::Cell) => Kind::Cell,
        (_, Value::Apart) => Kind::Apart,
        (Kind::Inline | Kind::Block | Kind::Paragraph, Value::Inline) => Kind::Inline,
        (Kind::Inline, _) if declared.get(Property::Float) == Value::Apart => Kind::Apart,
        (Kind::Inline, _) if declared.get(Property::Position) == Value::Out => Kind::Apart,
        _ => by_name,
    }
}

fn inherit(parent: &Inherited, element: &Element, kind: Kind, declared: &Declared) -> Inherited {
    let mut inherited = *parent;
    inherited.is_hidden |= is_hidden(element, kind, declared);
    match declared.get(Property::Visibility) {
        Value::Hidden => inherited.is_visible = false,
        Value::Other => inherited.is_visible = true,
        _ => {}
    }
    match declared.get(Property::FontSize) {
        Value::Zero => inherited.is_tiny = true,
        Value::Other => inherited.is_tiny = false,
        _ => {}
    }
    match declared.get(Property::WhiteSpace) {
        Value::Pre => inherited.white_space = WhiteSpace::Keep,
        Value::PreLine => inherited.white_space = WhiteSpace::KeepLines,
        Value::Other => inherited.white_space = WhiteSpace::Collapse,
        _ if elements::is_preformatted(element) => inherited.white_space = WhiteSpace::Keep,
        _ => {}
    }
    match declared.get(Property::ListStyle) {
        Value::Nothing => inherited.no_markers = true,
        Value::Other => inherited.no_markers = false,
        _ => {}
    }
    inherited
}

/// Whether an element and all in it are not shown.
fn is_hidden(element: &Element, kind: Kind, declared: &Declared) -> bool {
    let is = |property, value| declared.get(property) == value;
    let has = |name: LocalName| element.is_html && element.attribute(&name).is_some();
    let is_closed = element.name == local_name!("dialog") && !has(local_name!("open"));
    if is(Property::Display, Value::Nothing)
        || is(Property::Opacity, Value::Zero)
        || is(Property::TextIndent, Value::Far)
        || ((is_closed || has(local_name!("hidden"))) && is(Property::Display, Value::Unset))
    {
        return true;
    }
    if is(Property::Position, Value::Out) && (is(Property::Offset, Value::Far) || is(Property::Clip, Value::Zero)) {
        return true;
    }
    // A cell is as high and wide as its row and column; what stands in a line has no height of its own.
    let has_size = !matches!(kind, Kind::Cell | Kind::Inline);
    is(Property::Overflow, Value::Hidden)
        && (is(Property::MaxHeight, Value::Zero)
            || is(Property::MaxWidth, Value::Zero)
            || (has_size && (is(Property::Height, Value::Zero) || is(Property::Width, Value::Zero))))
}

fn numbering(element: &Element) -> Numbering {
    if element.name != local_name!("ol") {
        return Numbering { style: Style::Bullet, next: 1, step: 1 };
    }
    let style = match element.attribute(&local_name!("type")).unwrap_or_default() {
        "a" => Style::Letter(b'a'),
        "A" => Style::Letter(b'A'),
        "i" => Style::Roman { is_upper: false },
        "I" => Style::Roman { is_upper: true },
        _ => Style::Decimal,
    };
    let step = if element.attribute(&local_name!("reversed")).is_some() { -1 } else { 1 };
    Numbering { style, next: integer(element, &local_name!("start")).unwrap_or(1), step }
}

fn integer(element: &Element, name: &LocalName) -> Option<i64> {
    element.attribute(name)?.trim().parse().ok()
}

impl Numbering {
    /// What stands before the next item.
    fn marker(&mut self, item: &Element) -> String {
        let number = integer(item, &local_name!("value")).unwrap_or(self.next);
        self.next = number.saturating_add(self.step);
        match self.style {
            Style::Bullet => "• ".to_owned(),
            Style::Decimal => format!("{number}. "),
            Style::Letter(first) => match letters(number, first) {
                Some(letters) => format!("{letters}. "),
                None => format!("{number}. "),
            },
            Style::Roman { is_upper } => match roman(number) {
                Some(roman) if is_upper => format!("{roman}. "),
                Some(roman) => format!("{}. ", roman.to_ascii_lowercase()),
                None => format!("{number}. "),
            },
        }
    }
}

/// 1 is `a`, 27 is `aa`.
fn letters(number: i64, first: u8) -> Option<String> {
    let mut rest = u64::try_from(number).ok().filter(|number| *number > 0)?;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(first + u8::try_from(rest % 26).ok()?));
        rest /= 26;
    }
    Some(letters.iter().rev().collect())
}

/// Roman numerals, which end before 4000.
fn roman(number: i64) -> Option<String> {
    const NUMERALS: [(i64, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut rest = Some(number).filter(|number| (1..4000).contains(number))?;
    let mut roman = String::new();
    for (value, numeral) in NUMERALS {
        while rest >= value {
            roman.push_str(numeral);
            rest -= value;
        }
    }
    Some(roman)
}
