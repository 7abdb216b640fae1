//! Texts in the languages that a mail is recognised in.

use std::sync::LazyLock;

/// By the code of the language (ISO 639-1), a text long enough to tell. Languages that are near each other get more words.
const TEXTS: [(&str, &str); 39] = [
    ("en", "Could you please tell me when the things that I ordered last week will arrive at my house?"),
    ("de", "Können Sie mir bitte sagen, wann die Sachen bei mir ankommen, die ich letzte Woche bestellt habe?"),
    ("fr", "Pourriez-vous me dire quand les articles que j'ai commandés la semaine dernière seront livrés chez moi ?"),
    ("es", "¿Podría decirme cuándo llegarán a mi casa las cosas que pedí la semana pasada, por favor?"),
    ("it", "Potrebbe dirmi quando arriveranno a casa mia le cose che ho ordinato la settimana scorsa, per favore?"),
    ("pt", "Poderia dizer-me quando chegarão à minha casa as coisas que encomendei na semana passada, por favor?"),
    ("nl", "Kunt u mij alstublieft vertellen wanneer de spullen die ik vorige week heb besteld bij mij aankomen?"),
    ("sv", "Kan ni vara snälla och berätta när sakerna som jag beställde förra veckan kommer fram till mig?"),
    (
        "da",
        "Jeg har endnu ikke fået mine varer, selv om jeg bestilte dem for en uge siden. Hvad er der sket, og hvornår kommer de? Jeg vil gerne have en forklaring eller mine penge tilbage.",
    ),
    (
        "no",
        "Hvorfor har jeg ikke fått noe svar fra dere? Jeg bestilte varene for en uke siden, men har ennå ikke mottatt dem. Hva har skjedd, og når kommer de fram?",
    ),
    ("fi", "Voisitteko ystävällisesti kertoa minulle, milloin viime viikolla tilaamani tavarat saapuvat kotiini?"),
    ("pl", "Czy mogliby mi Państwo powiedzieć, kiedy dotrą do mnie rzeczy, które zamówiłem w zeszłym tygodniu?"),
    ("cs", "Můžete mi prosím říct, kdy mi přijdou věci, které jsem si minulý týden objednal? Ještě jsem nic nedostal."),
    ("sk", "Môžete mi prosím povedať, kedy mi prídu veci, ktoré som si minulý týždeň objednal? Ešte som nič nedostal."),
    ("hu", "Meg tudnák mondani, hogy mikor érkeznek meg hozzám azok a dolgok, amelyeket a múlt héten rendeltem?"),
    (
        "ro",
        "Îmi puteți spune, vă rog, când vor ajunge la mine acasă lucrurile pe care le-am comandat săptămâna trecută?",
    ),
    (
        "hr",
        "Možete li mi, molim vas, reći kada će stići stvari koje sam naručio prošli tjedan? Još uvijek ništa nisam dobio.",
    ),
    (
        "sl",
        "Ali mi lahko prosim poveste, kdaj bodo prispele stvari, ki sem jih naročil prejšnji teden? Še vedno nisem ničesar dobil.",
    ),
    (
        "sr",
        "Можете ли, молим вас, да ми кажете када ће стићи ствари које сам наручио прошле недеље? Још ништа нисам добио.",
    ),
    ("el", "Μπορείτε σας παρακαλώ να μου πείτε πότε θα φτάσουν τα πράγματα που παρήγγειλα την περασμένη εβδομάδα;"),
    (
        "bg",
        "Бихте ли ми казали кога ще пристигнат нещата, които поръчах миналата седмица? Все още не съм получил нищо.",
    ),
    (
        "ru",
        "Здравствуйте! Скажите, пожалуйста, где мой заказ? Это уже вторая неделя, а вы мне так ничего и не прислали. Если вещи потеряны, верните мне деньги.",
    ),
    ("uk", "Скажіть, будь ласка, коли надійдуть речі, які я замовив минулого тижня? Я ще нічого не отримав."),
    ("tr", "Geçen hafta sipariş ettiğim eşyaların evime ne zaman ulaşacağını bana söyleyebilir misiniz lütfen?"),
    ("ja", "先週注文した商品がいつ自宅に届くのか教えていただけますでしょうか。"),
    ("zh", "请问我上周订购的东西什么时候能送到我家？我到现在还没有收到。"),
    ("ko", "지난주에 주문한 물건이 언제 저희 집에 도착하는지 알려 주시겠습니까?"),
    ("ar", "هل يمكنكم من فضلكم إخباري متى ستصل الأشياء التي طلبتها الأسبوع الماضي إلى منزلي؟"),
    ("he", "האם תוכלו בבקשה לומר לי מתי יגיעו לביתי הדברים שהזמנתי בשבוע שעבר?"),
    ("fa", "لطفاً به من بگویید چیزهایی که هفتهٔ گذشته سفارش داده‌ام چه زمانی به خانه‌ام می‌رسند؟"),
    ("hi", "कृपया मुझे बताइए कि जो चीज़ें मैंने पिछले हफ़्ते मँगाई थीं वे मेरे घर कब पहुँचेंगी?"),
    ("bn", "দয়া করে আমাকে বলবেন গত সপ্তাহে আমি যে জিনিসগুলো অর্ডার করেছি সেগুলো কখন আমার বাড়িতে পৌঁছাবে?"),
    ("th", "กรุณาบอกฉันว่าของที่ฉันสั่งไปเมื่อสัปดาห์ที่แล้วจะมาถึงบ้านของฉันเมื่อไหร่"),
    ("vi", "Xin vui lòng cho tôi biết khi nào những món hàng mà tôi đã đặt tuần trước sẽ được giao đến nhà tôi?"),
    ("id", "Bisakah Anda memberi tahu saya kapan barang-barang yang saya pesan minggu lalu akan tiba di rumah saya?"),
    ("lt", "Ar galėtumėte pasakyti, kada atvyks daiktai, kuriuos užsisakiau praėjusią savaitę? Aš dar nieko negavau."),
    (
        "lv",
        "Vai jūs, lūdzu, varētu man pateikt, kad pienāks lietas, kuras es pasūtīju pagājušajā nedēļā? Es vēl neko neesmu saņēmis.",
    ),
    (
        "et",
        "Kas te võiksite mulle öelda, millal jõuavad kohale asjad, mille ma eelmisel nädalal tellisin? Ma ei ole veel midagi saanud.",
    ),
    ("ca", "Em podríeu dir quan arribaran a casa meva les coses que vaig demanar la setmana passada, si us plau?"),
];

/// Their codes.
pub(super) static CODES: LazyLock<Vec<&str>> = LazyLock::new(|| TEXTS.iter().map(|(code, _)| *code).collect());

/// The text of a language.
pub(super) fn in_language(code: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(known, _)| *known == code).map(|(_, text)| *text)
}
