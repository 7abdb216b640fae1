//! Texts with places for values: `format` of CEL's extension of strings. `crates/flow/src/expr/format.rs` reads the text.

use super::{Answer, Function, Kind, Overload, Style, Work, made, sure, unexpected};
use crate::value::Value;

/// How a value is written at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// `%s`, `%d`: as templates print it.
    Plain,
    /// `%f`: a fraction of so many digits.
    Fixed,
    /// `%e`: one digit before the point, and an exponent.
    Scientific,
    /// `%b`: base 2; of a boolean `1` or `0`.
    Binary,
    /// `%o`: base 8.
    Octal,
    /// `%x`: base 16; of a text its bytes.
    Hexadecimal,
    /// `%X`: the same in capitals.
    Capitals,
}

impl Written {
    /// What is done with the value and the digits of its fraction; `None` for what templates print.
    pub(crate) fn overload(self) -> Option<&'static Overload> {
        Some(match self {
            Self::Plain => return None,
            Self::Fixed => &FIXED,
            Self::Scientific => &SCIENTIFIC,
            Self::Binary => &BINARY,
            Self::Octal => &OCTAL,
            Self::Hexadecimal => &HEXADECIMAL,
            Self::Capitals => &CAPITALS,
        })
    }
}

/// The types say how many arguments there are: the value's is checked where the text is read.
const PARAMETERS: &[Kind] = &[Kind::T, Kind::Integer];

static FIXED: Overload =
    sure(PARAMETERS, Kind::String, |arguments| with_digits(arguments, |number, digits| format!("{number:.digits$}")));
static SCIENTIFIC: Overload = sure(PARAMETERS, Kind::String, |arguments| {
    with_digits(arguments, |number, digits| {
        let text = format!("{number:.digits$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        format!("{mantissa}e{sign}{exponent:0>2}")
    })
});
static BINARY: Overload = sure(PARAMETERS, Kind::String, |arguments| match arguments {
    [Value::Boolean(value), _] => made(if *value { "1" } else { "0" }),
    _ => in_base(arguments, |number| format!("{number:b}")),
});
static OCTAL: Overload = sure(PARAMETERS, Kind::String, |arguments| in_base(arguments, |number| format!("{number:o}")));
static HEXADECIMAL: Overload = sure(PARAMETERS, Kind::String, |arguments| match arguments {
    [Value::String(text), _] => made(bytes(text.as_str(), b"0123456789abcdef")),
    _ => in_base(arguments, |number| format!("{number:x}")),
});
static CAPITALS: Overload = sure(PARAMETERS, Kind::String, |arguments| match arguments {
    [Value::String(text), _] => made(bytes(text.as_str(), b"0123456789ABCDEF")),
    _ => in_base(arguments, |number| format!("{number:X}")),
});

/// The number as it is written with so many digits behind its point.
fn with_digits<'m>(arguments: &[Value<'m>], write: fn(f64, usize) -> String) -> Answer<'m> {
    let [number, Value::Integer(digits)] = arguments else { return Err(unexpected()) };
    #[allow(clippy::cast_precision_loss, reason = "CEL writes an integer as the number that is nearest")]
    let number = match number {
        Value::Integer(number) => *number as f64,
        Value::Number(number) => *number,
        _ => return Err(unexpected()),
    };
    made(match number {
        number if number.is_nan() => "NaN".to_owned(),
        number if number.is_infinite() => if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        number => write(number, usize::try_from(*digits).map_err(|_| unexpected())?),
    })
}

/// The sign, and the number without it.
fn in_base<'m>(arguments: &[Value<'m>], write: fn(u64) -> String) -> Answer<'m> {
    match arguments {
        [Value::Integer(number), _] => {
            let sign = if *number < 0 { "-" } else { "" };
            made(format!("{sign}{}", write(number.unsigned_abs())))
        }
        _ => Err(unexpected()),
    }
}

fn bytes(text: &str, digits: &[u8; 16]) -> String {
    let digit = |nibble: u8| digits.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit));
    text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[Function::new(
    "format",
    Style::Method,
    "A text with values filled in: `%s` any value, `%d` an integer, `%f` and `%e` a number (`%.2f` with two digits), `%x`, `%X`, \
     `%o`, `%b` an integer in another base, `%%` a percent sign. Text and list are literals; the values may have different types.",
    &[Overload {
        parameters: &[Kind::String, super::kind::LIST],
        result: Kind::String,
        can_fail: true,
        work: Work::Formatting,
        is_outer: false,
    }],
    &[
        ("'%d mails, %.1f MB'.format([3, 1.25])", "3 mails, 1.2 MB"),
        ("'for %s: 100 %%'.format([interaction.email.from.name])", "for Ann: 100 %"),
        ("'%x'.format([255])", "ff"),
    ],
)];
