//! Declarations of CSS, as far as they say what is shown and where lines end.

/// The properties that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Display,
    Visibility,
    Opacity,
    FontSize,
    WhiteSpace,
    Overflow,
    Height,
    MaxHeight,
    Width,
    MaxWidth,
    MarginTop,
    MarginBottom,
    Float,
    Position,
    Offset,
    TextIndent,
    Clip,
    ListStyle,
}

/// How many properties there are.
const PROPERTIES: usize = Property::ListStyle as usize + 1;

/// A value, as coarse as the question that it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing is declared.
    #[default]
    Unset,
    /// `none`.
    Nothing,
    /// Nothing can be seen at this size: zero, or a pixel.
    Zero,
    /// Any other value, one that shows.
    Other,
    Hidden,
    Inline,
    Block,
    Apart,
    Cell,
    /// White space as written.
    Pre,
    /// Line ends as written, other white space collapsed.
    PreLine,
    /// Out of the flow of the page.
    Out,
    /// Far outside of the page.
    Far,
}

/// A value for each property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Declared([Value; PROPERTIES]);

impl Declared {
    /// The value of a property.
    pub(super) fn get(&self, property: Property) -> Value {
        self.0.get(property as usize).copied().unwrap_or_default()
    }

    /// What another says overrides this.
    pub(super) fn apply(&mut self, other: &Self) {
        for (value, over) in self.0.iter_mut().zip(other.0) {
            if over != Value::Unset {
                *value = over;
            }
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn set(&mut self, property: Property, value: Value) {
        if let Some(slot) = self.0.get_mut(property as usize)
            && value != Value::Unset
        {
            *slot = value;
        }
    }
}

/// Declarations, those that are `!important` apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Declarations {
    pub(super) normal: Declared,
    pub(super) important: Declared,
}

impl Declarations {
    /// Reads what stands in a `style` attribute or between braces. What can't be read is left out, as the standard says.
    pub(super) fn read(text: &str) -> Self {
        let mut read = Self::default();
        for declaration in Split::new(text).filter(|declaration| is_of_use(declaration)) {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let value = value.trim().to_ascii_lowercase();
            let (value, of) = match value.rsplit_once('!') {
                Some((value, mark)) if mark.trim_start() == "important" => (value.trim_end(), &mut read.important),
                _ => (value.as_str(), &mut read.normal),
            };
            declare(of, &name.trim().to_ascii_lowercase(), value);
        }
        read
    }

    /// Whether nothing is declared that is of use here.
    pub(super) fn is_empty(&self) -> bool {
        self.normal.is_empty() && self.important.is_empty()
    }
}

/// Whether declarations may say something that is read here: true for some that don't.
pub(super) fn say_anything(text: &str) -> bool {
    text.split(';').any(is_of_use)
}

/// Whether a declaration may be of a property that is read here, by how it begins.
fn is_of_use(declaration: &str) -> bool {
    let name = declaration.trim_ascii_start().as_bytes();
    let starts = |signs: &[&str]| {
        signs.iter().any(|sign| name.get(..sign.len()).is_some_and(|start| start.eq_ignore_ascii_case(sign.as_bytes())))
    };
    match name.first().map(u8::to_ascii_lowercase) {
        Some(b'd') => starts(&["display"]),
        Some(b'v') => starts(&["visibility"]),
        Some(b'o') => starts(&["opacity", "overflow"]),
        Some(b'f') => starts(&["font:", "font ", "font-size", "float"]),
        Some(b'w') => starts(&["white-space", "width"]),
        Some(b'h') => starts(&["height"]),
        Some(b'm') => starts(&["max-", "margin"]),
        Some(b'p') => starts(&["position"]),
        Some(b'l') => starts(&["left", "list"]),
        Some(b't') => starts(&["text-indent", "top"]),
        Some(b'r') => starts(&["right"]),
        Some(b'b') => starts(&["bottom"]),
        Some(b'c') => starts(&["clip"]),
        _ => false,
    }
}

fn declare(to: &mut Declared, name: &str, value: &str) {
    match name {
        "display" => to.set(Property::Display, display(value)),
        "visibility" => to.set(Property::Visibility, visibility(value)),
        "opacity" => to.set(Property::Opacity, size(value, 0.01)),
        "font-size" => to.set(Property::FontSize, font_size(value)),
        "font" => to.set(Property::FontSize, font(value)),
        "white-space" => to.set(Property::WhiteSpace, white_space(value)),
        "overflow" => {
            let hides = value.split_ascii_whitespace().any(|word| matches!(word, "hidden" | "clip"));
            to.set(Property::Overflow, if hides { Value::Hidden } else { Value::Other });
        }
        "height" => to.set(Property::Height, size(value, 1.0)),
        "max-height" => to.set(Property::MaxHeight, size(value, 1.0)),
        "width" => to.set(Property::Width, size(value, 1.0)),
        "max-width" => to.set(Property::MaxWidth, size(value, 1.0)),
        "margin" => {
            let sides: Vec<&str> = value.split_ascii_whitespace().collect();
            if let Some(top) = sides.first() {
                to.set(Property::MarginTop, margin(top));
                to.set(Property::MarginBottom, margin(sides.get(2).unwrap_or(top)));
            }
        }
        "margin-top" => to.set(Property::MarginTop, margin(value)),
        "margin-bottom" => to.set(Property::MarginBottom, margin(value)),
        "float" => to.set(Property::Float, if value == "none" { Value::Inline } else { Value::Apart }),
        "position" => {
            to.set(Property::Position, if matches!(value, "absolute" | "fixed") { Value::Out } else { Value::Other });
        }
        "left" | "top" | "right" | "bottom" => to.set(Property::Offset, far(value)),
        "text-indent" => to.set(Property::TextIndent, far(value)),
        "clip" | "clip-path" => to.set(Property::Clip, clip(value)),
        "list-style" | "list-style-type" => {
            let has_none = value.split_ascii_whitespace().any(|word| word == "none");
            to.set(Property::ListStyle, if has_none { Value::Nothing } else { Value::Other });
        }
        _ => {}
    }
}

fn display(value: &str) -> Value {
    match value {
        "none" => Value::Nothing,
        "inline" | "contents" => Value::Inline,
        "inline-block" | "inline-flex" | "inline-grid" | "inline-table" => Value::Apart,
        "table-cell" => Value::Cell,
        "block" | "flex" | "grid" | "list-item" | "flow-root" | "table" | "table-row" | "table-row-group"
        | "table-header-group" | "table-footer-group" | "table-caption" => Value::Block,
        _ => Value::Unset,
    }
}

fn visibility(value: &str) -> Value {
    match value {
        "hidden" | "collapse" => Value::Hidden,
        "visible" | "initial" => Value::Other,
        _ => Value::Unset,
    }
}

fn white_space(value: &str) -> Value {
    match value {
        "pre" | "pre-wrap" | "break-spaces" => Value::Pre,
        "pre-line" => Value::PreLine,
        "normal" | "nowrap" | "initial" => Value::Other,
        _ => Value::Unset,
    }
}

/// A number and its unit, if it begins with one.
fn number(value: &str) -> Option<(f64, &str)> {
    let end = value.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

/// Whether a size, in pixels or as a share, is at most `nothing`, of which nothing can be seen.
fn size(value: &str, nothing: f64) -> Value {
    match number(value) {
        Some((number, "" | "px" | "pt")) if number <= nothing => Value::Zero,
        Some((number, _)) if number <= 0.0 => Value::Zero,
        None if matches!(value, "inherit" | "") => Value::Unset,
        _ => Value::Other,
    }
}

/// A margin. What is less than a pixel is none: Word writes `.0001pt`.
fn margin(value: &str) -> Value {
    match number(value) {
        Some((number, "" | "px" | "pt")) if number < 1.0 => Value::Zero,
        _ => size(value, 0.0),
    }
}

/// A size of letters. One that is relative to the size around it shows as much as that.
fn font_size(value: &str) -> Value {
    match number(value) {
        Some((number, _)) if number <= 0.0 => Value::Zero,
        Some((number, "" | "px" | "pt")) if number < 2.0 => Value::Zero,
        Some((_, "em" | "%" | "ex" | "ch")) => Value::Unset,
        Some(_) => Value::Other,
        None => match value {
            "inherit" | "smaller" | "larger" | "" => Value::Unset,
            _ => Value::Other,
        },
    }
}

/// The size in `font: bold 12px/1.5 Arial`.
fn font(value: &str) -> Value {
    let sizes = value.split_ascii_whitespace().map(|word| word.split('/').next().unwrap_or_default());
    sizes
        .filter_map(|word| number(word).map(|(number, unit)| (number, unit, word)))
        .find(|(number, unit, _)| !unit.is_empty() || *number <= 0.0)
        .map_or(Value::Unset, |(_, _, word)| font_size(word))
}

/// Whether something is moved so far that it is outside of any page.
fn far(value: &str) -> Value {
    match number(value) {
        Some((number, "px" | "pt")) if number <= -500.0 => Value::Far,
        Some((number, "em" | "rem" | "vw" | "%")) if number <= -99.0 => Value::Far,
        _ => Value::Other,
    }
}

/// Whether nothing is left of a box: `rect(0 0 0 0)`, `rect(1px, 1px, 1px, 1px)`, `inset(50%)`.
fn clip(value: &str) -> Value {
    let Some((shape, sides)) = value.trim_end_matches(')').split_once('(') else { return Value::Other };
    let mut sides = sides.split([',', ' ']).filter(|side| !side.is_empty()).map(number);
    let is_nothing = match shape {
        "rect" => sides.all(|side| matches!(side, Some((number, _)) if number <= 1.0)),
        "inset" => sides.all(|side| matches!(side, Some((number, "%")) if number >= 50.0)),
        _ => false,
    };
    if is_nothing { Value::Zero } else { Value::Other }
}

/// The declarations of a text: between semicolons that are neither quoted nor in brackets.
struct Split<'t> {
    rest: &'t str,
}

impl<'t> Split<'t> {
    fn new(text: &'t str) -> Self {
        Self { rest: text }
    }
}

impl<'t> Iterator for Split<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        if self.rest.is_empty() {
            return None;
        }
        let mut quote = None;
        let mut brackets = 0_usize;
        let end = self.rest.bytes().position(|byte| {
            match (byte, quote) {
                (b'"' | b'\'', None) => quote = Some(byte),
                (byte, Some(open)) if byte == open => quote = None,
                (b'(', None) => brackets += 1,
                (b')', None) => brackets = brackets.saturating_sub(1),
                (b';', None) => return brackets == 0,
                _ => {}
            }
            false
        });
        let (declaration, rest) = match end {
            Some(end) => (self.rest.get(..end), self.rest.get(end + 1..)),
            None => (Some(self.rest), None),
        };
        self.rest = rest.unwrap_or_default();
        declaration
    }
}
