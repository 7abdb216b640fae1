//! The head of another mail within a text: `From:`, `Sent:`, `To:`, `Subject:`, and the rule above it that says what comes.

/// A head has no more lines, those that a long list of recipients takes included.
pub(super) const LONGEST: usize = 14;
/// The longest line that is part of one, in bytes.
const LONGEST_LINE: usize = 2000;
/// The longest label, in bytes.
const LONGEST_LABEL: usize = 40;
/// So many underscores are a rule.
const RULE: usize = 20;

const FROM: &[&str] = &[
    "from",
    "von",
    "de",
    "da",
    "van",
    "från",
    "fra",
    "lähettäjä",
    "od",
    "от",
    "від",
    "kimden",
    "gönderen",
    "差出人",
    "发件人",
    "發件人",
    "寄件者",
    "寄件人",
    "보낸 사람",
    "보낸사람",
    "발신",
    "mittente",
    "expéditeur",
    "expediteur",
    "nadawca",
    "feladó",
    "de la",
    "από",
    "отправитель",
    "送信元",
    "送信者",
    "absender",
    "remitente",
    "remetente",
    "afzender",
    "odesílatel",
    "from field",
    "dari",
    "từ",
    "odosielateľ",
    "מאת",
    "من",
    "از",
    "فرستنده",
    "منجانب",
    "จาก",
    "ผู้ส่ง",
    "người gửi",
    "daripada",
    "प्रेषक",
    "од",
    "nuo",
    "saatja",
    "αποστολέας",
    "expeditor",
];
const DATE: &[&str] = &[
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "envoye",
    "enviado",
    "enviado el",
    "fecha",
    "data",
    "inviato",
    "enviada em",
    "enviado em",
    "enviada",
    "verzonden",
    "skickat",
    "sendt",
    "dato",
    "lähetetty",
    "päivä",
    "päivämäärä",
    "päiväys",
    "pvm",
    "wysłano",
    "wysłane",
    "odesláno",
    "отправлено",
    "дата",
    "надіслано",
    "gönderildi",
    "gönderilen",
    "gönderme tarihi",
    "tarih",
    "送信日時",
    "日付",
    "日時",
    "发送时间",
    "发送日期",
    "日期",
    "寄件日期",
    "傳送時間",
    "보낸 날짜",
    "날짜",
    "일시",
    "elküldve",
    "küldve",
    "dátum",
    "trimis",
    "ημερομηνία",
    "tanggal",
    "ngày",
    "sendt dato",
    "date sent",
    "sent on",
    "gesendet am",
    "date d'envoi",
    "data invio",
    "送信",
    "נשלח",
    "נשלח ב",
    "תאריך",
    "تم الإرسال",
    "تاريخ الإرسال",
    "أرسلت",
    "أُرسلت",
    "التاريخ",
    "ارسال شده",
    "ارسال‌شده",
    "تاریخ",
    "تاریخ ارسال",
    "بھیجا گیا",
    "بھیجا",
    "ส่ง",
    "ส่งเมื่อ",
    "วันที่",
    "đã gửi",
    "gửi",
    "ngày gửi",
    "gửi lúc",
    "dikirim",
    "terkirim",
    "dihantar",
    "tarikh",
    "भेजा गया",
    "भेजा",
    "दिनांक",
    "तारीख",
    "στάλθηκε",
    "εστάλη",
    "απεστάλη",
    "изпратено",
    "послато",
    "датум",
    "poslano",
    "poslato",
    "odoslané",
    "išsiųsta",
    "nosūtīts",
    "saadetud",
    "kuupäev",
    "enviat",
    "expediat",
];
const TO: &[&str] = &[
    "to",
    "an",
    "à",
    "a",
    "para",
    "aan",
    "till",
    "til",
    "vastaanottaja",
    "kenelle",
    "do",
    "komu",
    "кому",
    "kime",
    "alıcı",
    "宛先",
    "收件人",
    "收件者",
    "받는 사람",
    "받는사람",
    "수신",
    "címzett",
    "către",
    "προς",
    "pro",
    "kepada",
    "đến",
    "za",
    "destinataire",
    "destinatario",
    "destinatário",
    "empfänger",
    "cc",
    "kopie",
    "kopia",
    "copie",
    "copia",
    "cópia",
    "kopi",
    "抄送",
    "副本",
    "참조",
    "אל",
    "עותק",
    "إلى",
    "الى",
    "نسخة",
    "به",
    "رونوشت",
    "گیرنده",
    "بنام",
    "کی جانب",
    "ถึง",
    "สำเนา",
    "สำเนาถึง",
    "tới",
    "người nhận",
    "ke",
    "प्रति",
    "प्रतिलिपि",
    "प्राप्तकर्ता",
    "κοιν",
    "κοινοποίηση",
    "до",
    "копие",
    "копия",
    "копія",
    "за",
    "коме",
    "prima",
    "kam",
    "iki",
    "adressaat",
    "per a",
    "catre",
    "la",
    "bilgi",
    "másolatot kap",
    "kopio",
    "đồng kính gửi",
    "tembusan",
    "salinan",
];
const SUBJECT: &[&str] = &[
    "subject",
    "betreff",
    "objet",
    "asunto",
    "oggetto",
    "assunto",
    "onderwerp",
    "ämne",
    "emne",
    "aihe",
    "temat",
    "předmět",
    "predmet",
    "тема",
    "konu",
    "件名",
    "主题",
    "主題",
    "主旨",
    "제목",
    "tárgy",
    "subiect",
    "θέμα",
    "subjek",
    "chủ đề",
    "sujet",
    "re",
    "נושא",
    "الموضوع",
    "موضوع",
    "موضوع پیام",
    "เรื่อง",
    "หัวเรื่อง",
    "หัวข้อ",
    "tiêu đề",
    "perihal",
    "judul",
    "विषय",
    "относно",
    "предмет",
    "наслов",
    "naslov",
    "zadeva",
    "assumpte",
    "teema",
    "tēma",
];
/// What stands in the rule above a mail that is answered.
const ORIGINAL: &[&str] = &[
    "original message",
    "original appointment",
    "ursprüngliche nachricht",
    "originalnachricht",
    "original-nachricht",
    "originalmail",
    "ursprungliche nachricht",
    "ursprünglicher termin",
    "message d'origine",
    "message original",
    "message initial",
    "mensaje original",
    "messaggio originale",
    "mensagem original",
    "oorspronkelijk bericht",
    "origineel bericht",
    "ursprungligt meddelande",
    "originalmeddelande",
    "original meddelelse",
    "oprindelig meddelelse",
    "opprinnelig melding",
    "original melding",
    "alkuperäinen viesti",
    "wiadomość oryginalna",
    "oryginalna wiadomość",
    "původní zpráva",
    "původní e-mail",
    "исходное сообщение",
    "оригинальное сообщение",
    "вихідне повідомлення",
    "оригінальне повідомлення",
    "özgün ileti",
    "orijinal mesaj",
    "orijinal ileti",
    "eredeti üzenet",
    "mesaj original",
    "mesajul original",
    "原始邮件",
    "原始郵件",
    "原始邮件信息",
    "元のメッセージ",
    "オリジナルメッセージ",
    "original mail",
    "원본 메시지",
    "원본 메일",
    "원래 메시지",
    "reply message",
    "antwort nachricht",
    "réponse du message",
    "αρχικό μήνυμα",
    "reply",
    "הודעה מקורית",
    "ההודעה המקורית",
    "الرسالة الأصلية",
    "رسالة أصلية",
    "پیام اصلی",
    "اصل پیغام",
    "ข้อความต้นฉบับ",
    "ข้อความเดิม",
    "thư gốc",
    "tin nhắn gốc",
    "pesan asli",
    "mesej asal",
    "मूल संदेश",
    "оригинално съобщение",
    "izvorna poruka",
    "izvirno sporočilo",
    "pôvodná správa",
    "missatge original",
    "algne sõnum",
];
/// What stands in the rule above a mail that is forwarded.
const FORWARDED: &[&str] = &[
    "forwarded message",
    "begin forwarded message",
    "start of forwarded message",
    "forwarded by",
    "forwarded mail",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "weitergeleitete e-mail",
    "weitergeleitet von",
    "message transféré",
    "message transmis",
    "message réacheminé",
    "début du message réexpédié",
    "début du message transféré",
    "courriel transféré",
    "mensaje reenviado",
    "inicio del mensaje reenviado",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "início da mensagem encaminhada",
    "início da mensagem reencaminhada",
    "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "vidarebefordrat meddelande",
    "vidarebefordrat brev",
    "vidarebefordrat mail",
    "videresendt meddelelse",
    "videresendt besked",
    "videresendt melding",
    "start på videresendt",
    "start på besked",
    "välitetty viesti",
    "välitetty viesti alkaa",
    "wiadomość przekazana",
    "przekazana wiadomość",
    "treść przekazanej wiadomości",
    "přeposlaná zpráva",
    "přeposlaný e-mail",
    "začátek přeposlané zprávy",
    "пересылаемое сообщение",
    "пересланное сообщение",
    "переадресованное сообщение",
    "начало переадресованного сообщения",
    "перенаправлене повідомлення",
    "переслане повідомлення",
    "iletilen mesaj",
    "iletilmiş mesaj",
    "yönlendirilen ileti",
    "továbbított üzenet",
    "továbbított levél",
    "mesaj redirecționat",
    "转发邮件",
    "转发的邮件",
    "轉寄郵件",
    "轉寄的郵件",
    "已转发的邮件",
    "已轉寄的郵件",
    "下面是被转发的邮件",
    "転送メッセージ",
    "転送メール",
    "転送されたメッセージ",
    "전달된 메시지",
    "전달된 메일",
    "forwarded message from",
    "resent message",
    "הודעה שהועברה",
    "הודעה מועברת",
    "תחילת ההודעה שהועברה",
    "رسالة معاد توجيهها",
    "رسالة مُعاد توجيهها",
    "الرسالة المعاد توجيهها",
    "بداية الرسالة المعاد توجيهها",
    "بداية الرسالة المحولة",
    "پیام هدایت‌شده",
    "پیام هدایت شده",
    "پیام بازارسال شده",
    "ข้อความที่ส่งต่อ",
    "เริ่มต้นข้อความที่ส่งต่อ",
    "thư chuyển tiếp",
    "thư được chuyển tiếp",
    "bắt đầu thư được chuyển tiếp",
    "pesan terusan",
    "pesan yang diteruskan",
    "mulai pesan terusan",
    "अग्रेषित संदेश",
    "προωθημένο μήνυμα",
    "έναρξη προωθημένου μηνύματος",
    "початок переадресованого повідомлення",
    "továbbított üzenet kezdete",
    "továbbított levél kezdete",
    "mesaj retransmis",
    "începutul mesajului redirecționat",
    "препратено съобщение",
    "proslijeđena poruka",
    "preposlaná správa",
    "missatge reenviat",
];

/// Whether a line says that a forwarded mail begins.
pub(super) fn is_forward_marker(line: &str) -> bool {
    says(line, FORWARDED)
}

/// Whether a line says that the mail begins which is answered.
pub(super) fn is_original_marker(line: &str) -> bool {
    says(line, ORIGINAL)
}

/// Whether a line is a rule with one of these in it, or one of these and a colon.
fn says(line: &str, words: &[&str]) -> bool {
    let line = line.trim();
    if line.len() < 8 || line.len() > 160 {
        return false;
    }
    let bare = line.trim_matches(|c: char| {
        matches!(c, '-' | '_' | '=' | '*' | '~' | '—' | '–' | '─' | '<' | '>' | '#' | '+' | '.' | ' ' | '|')
    });
    let is_rule = line.starts_with(['-', '_', '=', '*', '—', '–', '─', '<']) && bare.len() + 3 < line.len();
    let is_label = line.ends_with([':', '：']);
    if !is_rule && !is_label {
        return false;
    }
    let bare = bare.trim_end_matches([':', '：', ' ', '-']).to_lowercase();
    let fits = |word: &&str| {
        // A rule may go on: `Forwarded by Ann Vance/HQ on 01/02/2026`.
        bare == **word || (is_rule && word.len() > 8 && bare.starts_with(*word))
    };
    words.iter().any(fits)
}

/// What a line of a head is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    From,
    Date,
    To,
    Subject,
}

/// Whether the head of a mail begins at the first of these lines, or below it if that is a rule.
pub(super) fn begins<'t>(lines: impl Iterator<Item = &'t str>) -> bool {
    let mut lines = lines.peekable();
    let Some(first) = lines.next() else { return false };
    let starts = if is_rule(first) {
        let next = lines.find(|line| !line.trim().is_empty());
        next.and_then(field)
    } else {
        field(first)
    };
    let Some(first) = starts else { return false };
    if !matches!(first, Field::From | Field::Date) {
        return false;
    }
    let (mut seen, mut strays, mut blanks, mut has_address) = (vec![first], 0, 0, false);
    for line in lines {
        has_address |= line.contains('@');
        if line.trim().is_empty() {
            blanks += 1;
            // Programs that make paragraphs of lines leave one between them.
            if blanks > seen.len() {
                break;
            }
            continue;
        }
        match field(line) {
            Some(other) => {
                if !seen.contains(&other) {
                    seen.push(other);
                }
                strays = 0;
            }
            // A long list of recipients goes on in the next line.
            None if blanks == 0 && strays < 3 => strays += 1,
            None => break,
        }
    }
    let has = |field: Field| seen.contains(&field);
    // `From: Leeds`, `To: London` and a date are a journey's.
    let is_whole = has(Field::Subject) && (has(Field::Date) || has(Field::To));
    has(Field::From) && (is_whole || (has(Field::Date) && has(Field::To) && has_address))
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= RULE && line.bytes().all(|byte| byte == b'_')
        || line.len() >= RULE && line.bytes().all(|byte| byte == b'-')
}

fn field(line: &str) -> Option<Field> {
    if line.len() > LONGEST_LINE {
        return None;
    }
    let line = line.trim_start_matches([' ', '\t', '*', '_', '\u{a0}', '|', '•']);
    let (label, value) = line.split_once([':', '：'])?;
    if label.len() > LONGEST_LABEL {
        return None;
    }
    let label = label.trim_matches([' ', '*', '_', '\u{a0}', '\u{202f}', '\t', '|']).to_lowercase();
    if value.trim_matches([' ', '*', '\u{a0}', '\t']).is_empty() && !label.starts_with("subj") {
        // A table's cell may have it below; a head that is written has it here.
        return None;
    }
    let of = |names: &[&str]| names.contains(&label.as_str());
    match () {
        () if of(FROM) => Some(Field::From),
        () if of(DATE) => Some(Field::Date),
        () if of(SUBJECT) => Some(Field::Subject),
        () if of(TO) => Some(Field::To),
        () => None,
    }
}
