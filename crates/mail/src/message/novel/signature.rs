//! Signatures that programs write, and what stands below a mail without being of it.

/// How the line begins that a device or a program signs with.
const BEGINNINGS: &[&str] = &[
    "sent from",
    "sent via",
    "sent using",
    "sent with",
    "sent on the go",
    "get outlook for",
    "get the new outlook",
    "get bluemail",
    "gesendet mit",
    "gesendet von",
    "gesendet über",
    "diese nachricht wurde von meinem",
    "holen sie sich outlook",
    "envoyé de",
    "envoyé depuis",
    "envoyé à partir",
    "envoyé avec",
    "télécharger outlook",
    "téléchargez outlook",
    "obtenez outlook",
    "obtenir outlook",
    "enviado desde",
    "enviado con",
    "obtener outlook",
    "obtén outlook",
    "inviato da",
    "inviato dal",
    "inviato con",
    "scarica outlook",
    "ottieni outlook",
    "enviado do",
    "enviado a partir",
    "enviado via",
    "enviado pelo",
    "obter o outlook",
    "baixe o outlook",
    "obtenha o outlook",
    "verzonden vanaf",
    "verstuurd vanaf",
    "verzonden met",
    "verzonden via",
    "download outlook for",
    "download outlook voor",
    "skickat från",
    "skickades från",
    "skaffa outlook",
    "hämta outlook",
    "sendt fra",
    "hent outlook",
    "få outlook",
    "lähetetty",
    "hanki outlook",
    "wysłane z",
    "wysłano z",
    "pobierz program outlook",
    "pobierz aplikację outlook",
    "odesláno z",
    "odesláno",
    "získat outlook",
    "отправлено с",
    "отправлено из",
    "отправлено от",
    "получить outlook",
    "скачать outlook",
    "надіслано з",
    "отримати outlook",
    "发自我的",
    "發自我的",
    "寄自",
    "傳送自",
    "获取outlook",
    "取得outlook",
    "נשלח מ",
    "נשלח באמצעות",
    "קבל את outlook",
    "أرسلت من",
    "أُرسلت من",
    "تم الإرسال من",
    "مرسل من",
    "الحصول على outlook",
    "ارسال شده از",
    "ارسال‌شده از",
    "ส่งจาก",
    "đã gửi từ",
    "được gửi từ",
    "gửi từ",
    "tải outlook",
    "dikirim dari",
    "dapatkan outlook",
    "στάλθηκε από",
    "εστάλη από",
    "изпратено от",
    "poslano s",
    "poslano z",
    "poslato sa",
    "odoslané z",
    "trimis de pe",
    "enviat des de",
];
/// How it begins and ends in languages that say it at the end. Either alone may be of any sentence: `Outlook does not start`, `I have mailed
/// it` in German.
const FRAMES: &[(&str, &str)] = &[
    ("von mein", "gesendet"),
    ("von mein", "versendet"),
    ("von mein", "verschickt"),
    ("von mein", "geschickt"),
    ("von samsung", "gesendet"),
    ("von yahoo", "gesendet"),
    ("von outlook", "gesendet"),
    ("mit der", "app gesendet"),
    ("outlook f", "herunterladen"),
    ("outlook f", "beziehen"),
    ("outlook f", "holen"),
    ("outlook voor", "downloaden"),
    ("", "dan gönderildi"),
    ("", "den gönderildi"),
    ("", "outlook'u edinin"),
    ("", "から送信"),
    ("", "から送信されました"),
    ("outlook", "を入手"),
    ("outlook", "取得します"),
    ("从我的", "发送"),
    ("從我的", "傳送"),
    ("", "ról küldve"),
    ("", "से भेजा गया"),
    ("", "에서 보냄"),
];
/// What it names.
const DEVICES: &[&str] = &[
    "iphone",
    "ipad",
    "ipod",
    "android",
    "samsung",
    "galaxy",
    "outlook",
    "mail",
    "huawei",
    "xiaomi",
    "redmi",
    "pixel",
    "oneplus",
    "windows",
    "yahoo",
    "blackberry",
    "proton",
    "smartphone",
    "handy",
    "mobile",
    "mobil",
    "telefon",
    "phone",
    "téléphone",
    "móvil",
    "celular",
    "cellulare",
    "tablet",
    "gmx",
    "web.de",
    "nokia",
    "sony",
    "t-mobile",
    "verizon",
    "vivo",
    "oppo",
    "puhelimesta",
    "телефон",
    "手机",
    "手機",
    "aol",
    "spark",
    "superhuman",
    "mobiltelefon",
    "komórk",
    "honor",
    "lg ",
    "אייפון",
    "טלפון",
    "הנייד",
    "آيفون",
    "آیفون",
    "هاتف",
    "جوال",
    "گوشی",
    "điện thoại",
    "ponsel",
    "κινητό",
];
/// The longest line that is one, in bytes.
const LONGEST: usize = 160;
/// A rule has at least so many signs.
const RULE: usize = 20;

/// Whether a line is what a device or a program signs with, such as `Sent from my iPhone`.
pub(super) fn is_of_a_device(line: &str) -> bool {
    let line = line.trim().trim_matches(['*', '_', '"', '“', '”', '-', '–', '—', '~', '[', ']', '(', ')']).trim();
    if line.is_empty() || line.len() > LONGEST {
        return false;
    }
    let line = line.to_lowercase().replace('\u{307}', "").replace('’', "'");
    let sentence = line.trim_end_matches('.');
    let frames = |(begin, end): &(&str, &str)| sentence.starts_with(begin) && sentence.ends_with(end);
    // Where Outlook for phones is to be had.
    let is_link = line.contains("outlook") && line.contains("<https://aka.ms/");
    let signs = is_link || BEGINNINGS.iter().any(|form| line.starts_with(form)) || FRAMES.iter().any(frames);
    let words = line.split_whitespace().count();
    // A sentence of the sender's that goes on, or asks, is none: `Sent from Berlin, the parcel with your phone …`.
    signs && words <= 12 && !line.ends_with('?') && DEVICES.iter().any(|device| line.contains(device))
}

/// Whether a line asks for answers above it, as help desks write it.
pub(super) fn is_reply_above(line: &str) -> bool {
    const ASKS: [&str; 8] = [
        "above this line",
        "oberhalb dieser zeile",
        "über dieser zeile",
        "au-dessus de cette ligne",
        "encima de esta línea",
        "sopra questa riga",
        "acima desta linha",
        "boven deze regel",
    ];
    let line = line.trim();
    line.len() <= LONGEST && line.starts_with(['#', '-', '=', '_', '*', '—', '–', '(', '[']) && {
        let line = line.to_lowercase();
        ASKS.iter().any(|ask| line.contains(ask))
    }
}

/// Whether a line is a rule of one sign.
pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim();
    let Some(sign) = line.chars().next().filter(|sign| matches!(sign, '_' | '-' | '=' | '*')) else { return false };
    line.len() >= RULE && line.chars().all(|c| c == sign)
}

/// Whether the lines from a rule on are what a mailing list puts below a mail.
pub(super) fn is_list_footer<'t>(lines: impl Iterator<Item = &'t str>) -> bool {
    const WORDS: [&str; 9] = [
        "mailing list",
        "mailman/listinfo",
        "mailinglist",
        "to unsubscribe",
        "unsubscribe from",
        "unsubscribe send",
        "liste de diffusion",
        "lista de correo",
        "abmelden",
    ];
    lines.skip(1).filter(|line| line.len() <= 400).any(|line| {
        let line = line.to_lowercase();
        WORDS.iter().any(|word| line.contains(word))
    })
}
