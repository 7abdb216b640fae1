//! The line above a quote that says whose it is: `On Monday, Ann wrote:`, in the languages and forms of the programs in use.

/// An introduction has no more lines: programs break it.
pub(super) const LONGEST: usize = 4;
/// The longest line that is part of one, in bytes.
const LONGEST_LINE: usize = 400;

/// How one begins that may go on below: the word before a date.
const BEGINNINGS: &[&str] = &[
    "on ",
    "am ",
    "an ",
    "le ",
    "el ",
    "il ",
    "il giorno ",
    "em ",
    "a ",
    "op ",
    "den ",
    "dne ",
    "dňa ",
    "dnia ",
    "w dniu ",
    "på ",
    "i ",
    "la ",
    "în ",
    "în data ",
    "στις ",
    "в ",
    "во ",
    "у ",
    "no dia ",
    "ngày ",
    "vào ",
    "pada ",
    "em seg",
    "em ter",
    "em qua",
    "em qui",
    "em sex",
    "em sáb",
    "em dom",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "mo",
    "di",
    "mi",
    "do",
    "fr",
    "sa",
    "so",
    "lun",
    "mar",
    "mer",
    "jeu",
    "ven",
    "sam",
    "dim",
    "mié",
    "jue",
    "vie",
    "sáb",
    "dom",
    "gio",
    "ma",
    "wo",
    "za",
    "zo",
    "ti",
    "ke",
    "to",
    "pe",
    "la",
    "su",
    "pon",
    "wt",
    "śr",
    "czw",
    "pt",
    "sob",
    "niedz",
    "po",
    "út",
    "st",
    "čt",
    "pá",
    "пн",
    "вт",
    "ср",
    "чт",
    "пт",
    "сб",
    "вс",
    "нд",
    "понедельник",
    "вторник",
    "среда",
    "четверг",
    "пятница",
    "суббота",
    "воскресенье",
    "ponedjeljak",
    "tor",
    "fre",
    "lør",
    "søn",
    "ons",
    "tir",
    "man",
    "tis",
    "mån",
    "lör",
    "sön",
    "uto",
    "sri",
    "čet",
    "pet",
    "sub",
    "ned",
    "tor.",
    "sre.",
    "noong ",
    "missatge de ",
];
/// What the person did.
const VERBS: &[&str] = &[
    "wrote",
    "writes",
    "schrieb",
    "geschrieben",
    "a écrit",
    "écrit",
    "escribió",
    "escribio",
    "ha scritto",
    "scrive",
    "scrisse",
    "escreveu",
    "schreef",
    "geschreven",
    "heeft",
    "skrev",
    "kirjoitti",
    "napisał",
    "pisze",
    "napsal",
    "napísal",
    "написал",
    "написа",
    "пишет",
    "писал",
    "пише",
    "yazdı",
    "yazmış",
    "写道",
    "寫道",
    "写到",
    "のメール",
    "書きました",
    "さんは",
    "님이 작성",
    "작성",
    "írta",
    "a scris",
    "έγραψε",
    "napisao",
    "napisal",
    "skrifaði",
    "כתב",
    "كتب",
    "đã viết",
    "menulis",
    "va escriure",
    "escriure",
    "parašė",
    "rakstīja",
    "kirjutas",
    // Hebrew: the whole is `on …, by …`.
    "מאת",
    // Arabic: `was written by`.
    "تمت كتابة",
    "نوشت",
    "نے لکھا",
    "เขียน",
    "लिखा",
    "लिहिले",
    "লিখেছেন",
    "rašė",
    "missatge de",
    "geskryf",
    "sumulat",
];

/// An introduction.
pub(super) struct Introduction {
    /// How many lines it has.
    pub(super) lines: usize,
    /// Whether it is one whatever stands below: it has a time, or an address.
    pub(super) is_sure: bool,
}

/// The introduction that begins at the first of these lines.
pub(super) fn at<'t>(lines: impl Iterator<Item = &'t str>) -> Option<Introduction> {
    let mut joined = String::new();
    let (mut may_go_on, mut needs_verb) = (true, false);
    for (number, whole) in lines.take(LONGEST).enumerate() {
        let line = bare(whole);
        let ends = |line: &str| ends(line) || is_framed(whole, line);
        if line.is_empty() || line.len() > LONGEST_LINE || !may_go_on {
            return None;
        }
        if number == 0 {
            let first = line.chars().next()?;
            let is_dated = first.is_ascii_digit()
                || matches!(first, '在' | '於' | '于' | '<' | '"' | '“' | '[')
                || !first.is_ascii();
            // Only what may be the beginning of one is put into lower case.
            let may_begin = is_dated || begins(line);
            needs_verb = !may_begin && names_first(line);
            may_go_on = may_begin || needs_verb;
            if !may_go_on && !ends(line) {
                return None;
            }
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.extend(line.chars().flat_map(char::to_lowercase).map(plain_digit));
        if ends(line) {
            let is_said = VERBS.iter().find(|verb| joined.contains(*verb));
            let evidence = evidence(&joined);
            let is_sure = match is_said {
                None if !(evidence.address && evidence.digits >= 6) => return None,
                // A sentence may name a person as well.
                None if needs_verb && number > 0 => return None,
                // Some languages leave the verb out.
                None => false,
                // A verb that is used for much else.
                Some(&"heeft") => evidence.address && evidence.digits >= 3,
                Some(_) => (evidence.address && evidence.digits >= 2) || (evidence.time && evidence.digits >= 5),
            };
            return Some(Introduction { lines: number + 1, is_sure });
        }
        // Yahoo's program for phones puts both on one line.
        if joined.contains("> wrote: ") && evidence(&joined).time {
            return Some(Introduction { lines: number + 1, is_sure: true });
        }
    }
    None
}

/// A line without what programs put around it.
fn bare(line: &str) -> &str {
    let line = line.trim().trim_matches(['*', '_']).trim();
    line.trim_start_matches(['-', '=', '~', '—', '–', ' ']).trim_end_matches(['-', '=', ' '])
}

/// Whether a line ends with the colon of an introduction, and not with one in brackets that go on below, as Gmail's in Hungarian:
/// `… ezt írta (időpont:`.
fn ends(line: &str) -> bool {
    let is_open = || line.rfind('(').is_some_and(|open| !line.get(open..).unwrap_or_default().contains(')'));
    line.ends_with([':', '：', '︰']) && !is_open()
}

/// Whether a line begins with who wrote and goes on with when, as Turkish and Hungarian introductions do: `Ann <ann@sender.example>, 23 Kas`.
fn names_first(line: &str) -> bool {
    let Some((_, from)) = line.split_once('<') else { return false };
    let Some((address, rest)) = from.split_once('>') else { return false };
    address.contains('@') && (rest.bytes().any(|byte| byte.is_ascii_digit()) || rest.ends_with(['(', ':']))
}

/// A decimal digit of any script in use as ASCII writes it; any other character as it is.
fn plain_digit(c: char) -> char {
    const ZEROS: [char; 6] = ['٠', '۰', '०', '০', '๐', '０'];
    let value = |zero: char| u32::from(c).checked_sub(u32::from(zero)).filter(|value| *value <= 9);
    ZEROS.into_iter().find_map(value).and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

/// `---- On Monday Ann wrote ---`, and `2026/11/23 Ann <ann@sender.example>` of old.
fn is_framed(whole: &str, line: &str) -> bool {
    let whole = whole.trim();
    let is_framed = whole.starts_with("--") && whole.ends_with("--") && line.ends_with("wrote");
    is_framed || (line.ends_with('>') && line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(" <"))
}

fn begins(line: &str) -> bool {
    let start = line.get(..line.floor_char_boundary(24)).unwrap_or(line).to_lowercase();
    BEGINNINGS.iter().any(|form| start.starts_with(form))
}

/// What else nobody introduces anything with.
struct Evidence {
    address: bool,
    time: bool,
    digits: usize,
}

fn evidence(joined: &str) -> Evidence {
    let is_time = |four: &[u8]| match four {
        [hour, b':' | b'.' | b'h', ten, one] => [hour, ten, one].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    Evidence {
        address: joined.contains('@'),
        time: joined.as_bytes().windows(4).any(is_time),
        digits: joined.bytes().filter(u8::is_ascii_digit).count(),
    }
}
