//! What customers write about, in ten languages. None of these sentences holds a word that the triage looks for.

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, ISO_2022_JP, ISO_8859_2, ISO_8859_15, KOI8_R, SHIFT_JIS, UTF_8, WINDOWS_1251,
    WINDOWS_1252,
};

/// How the text of a mail is written down.
#[derive(Clone, Copy)]
pub(crate) struct Charset {
    /// The name in the mail.
    pub(crate) label: &'static str,
    pub(crate) encoding: &'static Encoding,
    /// Whether the bytes are below 128, so that no transfer encoding is needed.
    pub(crate) seven_bit: bool,
}

const fn charset(label: &'static str, encoding: &'static Encoding) -> Charset {
    Charset { label, encoding, seven_bit: false }
}

const UTF8: Charset = charset("utf-8", UTF_8);
const ASCII: Charset = Charset { label: "us-ascii", encoding: UTF_8, seven_bit: true };
const LATIN1: Charset = charset("iso-8859-1", WINDOWS_1252);
const WESTERN: Charset = charset("windows-1252", WINDOWS_1252);

/// A language: its share of the corpus, its charsets (the first is the usual one), its sentences.
pub(crate) struct Language {
    pub(crate) weight: usize,
    pub(crate) charsets: &'static [Charset],
    pub(crate) sentences: &'static [&'static str],
    /// Whether its letters need mostly more than one byte, so that mailers tend to base64.
    pub(crate) dense: bool,
}

pub(crate) const ENGLISH: usize = 0;

pub(crate) const LANGUAGES: &[Language] = &[
    Language {
        weight: 60,
        charsets: &[UTF8, ASCII, LATIN1, WESTERN],
        dense: false,
        sentences: &[
            "The lamp that I bought in your shop flickers after an hour of use.",
            "According to the shipping notice it should have been here on Friday.",
            "Nobody at the hotline could say which spare part fits my model.",
            "We run a small bakery and depend on the oven every single morning.",
            "Please see the photographs that I have enclosed with this message.",
            "I followed every step of the manual, including the one about the fuse.",
            "The courier left a card, yet the depot knows nothing about my box.",
            "Could somebody call me back in the afternoon, preferably after three?",
            "Our contract number is printed on the first page of the attached letter.",
            "This is the third time that I write about the same broken hinge.",
            "I would rather have the green one than wait for another four weeks.",
            "Your colleague was very kind, but the noise came back on the next day.",
            "Does the warranty also hold if the unit was used outdoors?",
            "Since the new firmware the display goes dark every few minutes.",
            "We moved to the second floor, so please change the address on file.",
            "Let me know whether you need the serial number from the back side.",
        ],
    },
    Language {
        weight: 8,
        charsets: &[UTF8, LATIN1, charset("iso-8859-15", ISO_8859_15)],
        dense: false,
        sentences: &[
            "Die Lampe, die ich bei Ihnen gekauft habe, flackert schon nach einer Stunde.",
            "Könnten Sie bitte prüfen, weshalb das Päckchen noch immer nicht da ist?",
            "Auf der Rückseite des Geräts steht keine Seriennummer.",
            "Wir betreiben eine kleine Bäckerei und brauchen den Ofen täglich.",
            "Außerdem passt die Größe nicht zu der, die ich ausgewählt hatte.",
            "Für eine kurze Antwort bis Ende der Woche wäre ich Ihnen dankbar.",
        ],
    },
    Language {
        weight: 7,
        charsets: &[UTF8, LATIN1, WESTERN],
        dense: false,
        sentences: &[
            "La lampe achetée dans votre boutique clignote au bout d'une heure.",
            "Le livreur a laissé un avis, mais le dépôt ne trouve pas mon paquet.",
            "Pourriez-vous me rappeler demain après-midi, de préférence après quinze heures ?",
            "Nous avons déménagé à l'étage supérieur, merci de changer l'adresse.",
            "Malgré votre réponse, le bruit est réapparu dès le lendemain.",
        ],
    },
    Language {
        weight: 6,
        charsets: &[UTF8, LATIN1],
        dense: false,
        sentences: &[
            "La lámpara que compré en su tienda parpadea después de una hora.",
            "El mensajero dejó un aviso, pero en el almacén no saben nada de la caja.",
            "¿Podría alguien llamarme mañana por la tarde?",
            "La pantalla se apaga cada pocos minutos desde la última versión.",
        ],
    },
    Language {
        weight: 3,
        charsets: &[UTF8, LATIN1],
        dense: false,
        sentences: &[
            "A lâmpada que comprei na vossa loja pisca ao fim de uma hora.",
            "O estafeta deixou um aviso, mas ninguém sabe onde está a caixa.",
            "Alguém me pode telefonar amanhã à tarde?",
        ],
    },
    Language {
        weight: 3,
        charsets: &[UTF8, charset("iso-8859-2", ISO_8859_2)],
        dense: false,
        sentences: &[
            "Lampa kupiona w Państwa sklepie miga już po godzinie.",
            "Kurier zostawił awizo, ale w magazynie nikt nic nie wie o paczce.",
            "Proszę o telefon jutro po południu.",
        ],
    },
    Language {
        weight: 4,
        charsets: &[UTF8, charset("koi8-r", KOI8_R), charset("windows-1251", WINDOWS_1251)],
        dense: true,
        sentences: &[
            "Лампа, купленная в вашем магазине, мигает уже через час работы.",
            "Курьер оставил извещение, но на складе о коробке ничего не знают.",
            "Не могли бы вы перезвонить мне завтра после обеда?",
            "После нового обновления экран гаснет каждые несколько минут.",
        ],
    },
    Language {
        weight: 4,
        charsets: &[
            UTF8,
            Charset { seven_bit: true, ..charset("iso-2022-jp", ISO_2022_JP) },
            charset("shift_jis", SHIFT_JIS),
        ],
        dense: true,
        sentences: &[
            "そちらの店で購入した照明が、一時間ほどで点滅し始めます。",
            "配達員の不在票はありましたが、営業所では荷物が見つかりません。",
            "明日の午後にお電話をいただけますでしょうか。",
        ],
    },
    Language {
        weight: 3,
        charsets: &[UTF8, charset("gb18030", GB18030), charset("big5", BIG5)],
        dense: true,
        sentences: &[
            "在貴店購買的檯燈使用一小時後就開始閃爍。",
            "快遞員留下了通知單,但是倉庫找不到我的箱子。",
            "請問明天下午可以回電話給我嗎?",
        ],
    },
    Language {
        weight: 2,
        charsets: &[UTF8, charset("euc-kr", EUC_KR)],
        dense: true,
        sentences: &[
            "매장에서 구입한 전등이 한 시간쯤 지나면 깜빡입니다.",
            "택배 기사가 안내문을 남겼지만 창고에서는 상자를 찾지 못합니다.",
            "내일 오후에 전화해 주실 수 있나요?",
        ],
    },
];

/// Words by which a mail belongs to a queue, as people write them.
pub(crate) const BILLING: &[&str] = &["refund", "Refund", "invoice", "Invoice", "INVOICE", "invoices", "Refunds"];
pub(crate) const SUPPORT: &[&str] = &["password", "Password", "login", "Login", "LOGIN"];
pub(crate) const RETENTION: &[&str] = &["cancel", "Cancel", "Cancellation", "cancelled"];

/// Sentences around such a word; `#` is replaced by it.
pub(crate) const ABOUT: &[&str] = &[
    "What this is about: the #, which I mentioned on the phone.",
    "Has anything happened with the # since last month?",
    "Kindly look at the # before you answer.",
    "(Topic: #, see also my earlier message.)",
];

pub(crate) const FIRST_NAMES: &[&str] = &[
    "Amélie", "Björn", "Chiara", "David", "Elif", "Farid", "Gwen", "Henrik", "Irène", "José", "Kateryna", "Łukasz",
    "Mina", "Noël", "Oskar", "Priya", "Rémi", "Sofia", "Tuğba", "Viktor", "Yann", "Zuzana",
];
pub(crate) const LAST_NAMES: &[&str] = &[
    "Andersson",
    "Bäcker",
    "Costa",
    "Duarte",
    "Evans",
    "Fernández",
    "Groß",
    "Horvat",
    "Iyer",
    "Jones",
    "Kaya",
    "Lefèvre",
    "Moreau",
    "Nowak",
    "Okafor",
    "Park",
    "Ribeiro",
    "Sato",
    "Tran",
    "Urban",
    "Visser",
    "Wójcik",
];
