//! Languages that are taken for each other in short texts, and what tells them apart: letters that one lacks, words that one uses all the
//! time. A word that several share is listed with each of them, and so tells nothing.

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A language among those close to it.
struct Close {
    /// By ISO 639-1; empty if it is known only so that it is not taken for another.
    code: &'static str,
    /// The letters it has of those that not all of its group have.
    letters: &'static str,
    /// Common words.
    words: &'static str,
}

/// Languages close to each other.
struct Group {
    languages: &'static [Close],
    /// Letters of other languages in the same script.
    others: &'static str,
}

/// What the words of a text say.
pub(super) enum Said {
    /// The language has none close to it: nothing.
    Nothing,
    /// By so many words more than any other it is this one; its code is empty if it is none that is told.
    One(&'static str, i32),
    /// It may be any of these.
    Any(Vec<&'static str>),
}

/// Which of the languages close to this one the words are of.
pub(super) fn tell(code: &str, words: &BTreeSet<String>) -> Said {
    let Some(group) = GROUPS.iter().find(|group| group.languages.iter().any(|close| close.code == code)) else {
        return Said::Nothing;
    };
    let mut scores: Vec<_> = group.languages.iter().map(|close| (group.score(close, words), close.code)).collect();
    scores.sort_by_key(|(score, _)| Reverse(*score));
    match scores.as_slice() {
        [(most, best), (next, _), ..] if *most >= 1 && most > next => Said::One(best, most - next.max(&0)),
        [(most, _), ..] => {
            // With no word of any, what the text looks like counts.
            let may_be = |(score, of): &&(i32, &str)| score == most && (*most >= 1 || *most == 0 && *of == code);
            Said::Any(scores.iter().filter(may_be).map(|(_, code)| *code).collect())
        }
        [] => Said::Nothing,
    }
}

impl Group {
    /// How many words are common in a language, less those that have a letter it lacks.
    fn score(&self, of: &Close, words: &BTreeSet<String>) -> i32 {
        let lacks = |c: char| {
            !of.letters.contains(c)
                && (self.others.contains(c) || self.languages.iter().any(|close| close.letters.contains(c)))
        };
        let common = of.words.split(' ').filter(|common| words.contains(*common)).count();
        let foreign = words.iter().filter(|word| word.chars().any(lacks)).count();
        i32::try_from(common).unwrap_or(i32::MAX).saturating_sub_unsigned(u32::try_from(foreign).unwrap_or(u32::MAX))
    }
}

const GROUPS: [Group; 9] = [CYRILLIC, NORDIC, ROMANCE, SLAVIC, MALAYAN, WEST_GERMANIC, ARABIC, DEVANAGARI, TURKIC];

const CYRILLIC: Group = Group {
    languages: &[
        Close {
            code: "ru",
            letters: "йщъыэёиьюя",
            words: "что как я мне меня мой моя моё мое мои вы это этот эту где когда уже ещё еще для есть был была было \
                    пожалуйста здравствуйте спасибо добрый день хочу могу нет очень если или только чтобы почему подскажите из \
                    от у в с ли заказ заказа деньги нужно можно но так все всё мы какой какая какие сколько нужен нужна заказал \
                    заказала пароль",
        },
        Close {
            code: "uk",
            letters: "йщіїєґиьюя",
            words: "що як я мені мене мій моя моє мої ви це цей де коли вже ще для є був була було будь ласка дякую добрий день \
                    хочу можу ні дуже якщо або тільки після щоб чому з від у в та і й чи замовлення гроші потрібно можна немає \
                    але так все всі ми який яка які скільки потрібен потрібна пароль лист замовив замовила",
        },
        Close {
            code: "",
            letters: "йыэёіўьюя",
            words: "што як я мне мой мая маё мае вы гэта дзе калі ужо яшчэ для ёсць быў была было ласка дзякуй добры дзень хачу \
                    магу вельмі або толькі пасля каб чаму з ад у і ці замова замову грошы трэба можна але так усе мы які якая \
                    колькі патрэбна пароль ліст",
        },
        Close {
            code: "bg",
            letters: "йщъиьюя",
            words: "какво как аз я ми мен ме моят моята моето моите вие това този тази къде кога вече още има беше моля \
                    благодаря здравейте добър ден искам мога ако или само след защо да се е са съм сте ще от с със в във си че \
                    обаче няма го ги бъде бих ли поръчка поръчката пари парите трябва може из но всички все ние какъв каква \
                    какви колко трябват паролата",
        },
        Close {
            code: "sr",
            letters: "иђћјљњџ",
            words: "шта како ја ми мене ме мој моја моје ви ово где када већ још има је био била било молим хвала поштовани \
                    здраво добар дан желим могу ако или само зашто да се су сам сте ће од у са си није нисам ли га новац рачун \
                    треба може али све сви који која које колико лозинку мејл",
        },
        Close {
            code: "",
            letters: "иѓќѕјљњџ",
            words: "што како јас ми мене ме мојот моја мојата моето вие ова овој каде кога веќе уште има е беше молам благодарам \
                    фала почитувани здраво ден сакам можам ако или само зошто да се сум сте ќе од во со си ја го ги ли нарачка \
                    нарачката пари парите треба може нема но сите сè ние кој која кои колку лозинката двапати",
        },
    ],
    others: "әғқңөұүһ",
};

const NORDIC: Group = Group {
    languages: &[
        Close {
            code: "da",
            letters: "æøåé",
            words: "jeg ikke er og mig dig sig jer mit mine hvor hvad hvornår hvordan hvis til af fået været gerne venligst tak \
                    hej vil skal fra et der blev bliver nogen noget også efter endnu stadig penge pengene ordre regning uger \
                    dage ind ud tilbage mere bestilling sendt nu vores retur spørgsmål hvorfor blevet glemt alle meget igen uden \
                    længere jeres være modtaget købt hjælpe denne kode",
        },
        Close {
            code: "no",
            letters: "æøåé",
            words: "jeg ikke er og meg deg seg dere mitt mine hvor hva hvordan hvis dersom til av fått vært gjerne vennligst \
                    takk hei vil skal fra et der ble blir noen noe også etter ennå fortsatt penger pengene ordre regning uker \
                    dager inn ut tilbake mer bestilling bestillingen sendt nå kun å vår retur spørsmål hvorfor blitt glemt alle \
                    veldig igjen uten lenger deres være mottatt kjøpt hjelpe denne passord passordet",
        },
        Close {
            code: "sv",
            letters: "äöåé",
            words: "jag inte är och er mig dig sig ni mitt mina var vad hur om till av fått varit gärna vänligen tack hej vill \
                    ska från ett där blev blir någon något också efter ännu fortfarande pengar pengarna order räkning veckor \
                    dagar in ut tillbaka mer beställning skickat nu bara att vår fråga varför glömt alla mycket igen utan längre \
                    vara mottagit köpt hjälpa denna lösenord",
        },
        Close {
            code: "fi",
            letters: "äö",
            words: "on ja ei en että se mutta minun minä minulle minulta olen oli ole kun niin jos hei kiitos mitä missä milloin \
                    miksi tilaus tilaukseni tilauksen voin voisitteko teidän vielä nyt myös ovat tai kuin rahat raha lasku \
                    mitään siitä tämä samasta uusi sähköposti salasana",
        },
        Close {
            code: "",
            letters: "æöéáíóúýðþ",
            words: "ég ekki er og að það mig mér minn mín hvar hvað hvernig ef til af fengið takk halló vil frá þar einhver líka \
                    eftir enn peninga vikur við sem á í",
        },
    ],
    others: "",
};

const ROMANCE: Group = Group {
    languages: &[
        Close {
            code: "es",
            letters: "ñáéíóúü",
            words: "el los las y en con por para una mi mis qué está es son muy pero gracias hola favor pedido dinero cuenta \
                    factura dónde cuándo cómo como quiero puedo hacer desde hasta ya todavía hace han ha he del lo su sus este \
                    esta ustedes nosotros tengo tiene fue llegó buenos buenas días tarde necesito al la funciona saludos \
                    quisiera sin más nada porque después contraseña correo aplicación mañana cuánto compra todo todos dos veces \
                    cuando quiere",
        },
        Close {
            code: "pt",
            letters: "ãõâêôçàáéíóú",
            words: "os as e em com por para um uma meu minha meus minhas não está é são muito mas obrigado obrigada olá bom dia \
                    boa favor pedido encomenda dinheiro conta fatura onde quando como quero posso fazer desde até já ainda há \
                    foi do da dos das na ao à seu sua este esta tarde preciso chegou funciona nada eu você vocês tenho tem sem \
                    mais ou gostaria depois porque senha aplicação aplicativo amanhã compra tudo todos duas pela pelo fui seria",
        },
        Close {
            code: "",
            letters: "ñáéíóúü",
            words: "os as e en con por para unha meu miña meus non está é son moi pero grazas ola bo favor pedido cartos conta \
                    factura onde cando como quero podo facer desde ata xa aínda hai foi do da dos das na ao seu súa este esta \
                    tarde preciso chegou funciona nada eu teño ten sen máis ou despois dúas que a porque depois contrasinal \
                    correo aplicación mañá mañán compra todo todos pola polo fun sería quixera",
        },
        Close {
            code: "ca",
            letters: "çàèòéíóúïü",
            words: "el els les i en amb per una meu meva meus és està són molt però gràcies hola plau comanda diners compte \
                    factura on quan com vull puc fer des fins ja encara fa ha he han del al la seu seva aquest aquesta tarda \
                    funciona res tinc té sense més va em què es lo perquè després contrasenya correu aplicació demà compra tot \
                    tots totes dues seria",
        },
        Close {
            code: "it",
            letters: "àèéìòù",
            words: "il lo gli le i e in con per una mi mio mia miei non è sono molto ma però grazie salve buongiorno favore \
                    ordine soldi conto fattura dove quando come vorrei posso fare dal fino già ancora fa ha ho del della di da \
                    al alla la suo sua questo questa stato pomeriggio che chi cosa nel sul dei senza più anche funziona vi ne va \
                    perché dopo password applicazione domani acquisto tutto tutti tutte due volte sarebbe avete mail si",
        },
        Close {
            code: "fr",
            letters: "àâçèéêëîïôùûœ",
            words: "le la les et en y avec pour une mon ma mes pas ne est sont très mais merci bonjour svp plaît commande argent \
                    compte facture où quand comment je voudrais peux faire depuis déjà encore ai du des au aux à son sa ce cette \
                    vous nous il on qui dans sur sans plus aussi chez été reçu j c qu n moi votre toujours ou va pourquoi après \
                    mot passe demain achat tout tous toutes deux fois serait avez",
        },
        Close {
            code: "ro",
            letters: "ăâîșțşţ",
            words: "și în in cu pentru meu mea mei mele nu este e sunt foarte dar mulțumesc multumesc bună buna ziua vă va rog \
                    comanda banii cont contul factura unde când cand cum vreau pot face la pe din până pana deja încă inca am \
                    ați ati fost al sau să sa îmi imi mi ce acest această aceasta mai doar dvs două doua eu",
        },
    ],
    others: "",
};

const SLAVIC: Group = Group {
    languages: &[
        Close {
            code: "cs",
            letters: "áéíóúýčďěňřšťůž",
            words: "je jsem jsou jsme byl není se mě můj prosím prosim děkuji dekuji dobrý dobry den kde kdy jak co že když už \
                    ještě jeste pro ale nebo chci mohu můžete nemohu v ke ve by jako peníze objednávka objednávku objednavka \
                    účet mám vám velmi dnes ten který také bude týdny tydny proč jste po všechna všechny vše jaká jaký zapomněl \
                    zapomněla heslo notebook můžu jestli",
        },
        Close {
            code: "sk",
            letters: "áäéíóôúýčďĺľňŕšťž",
            words: "je som sú sme bol nie sa ma môj prosím prosim ďakujem dakujem dobrý dobry deň kde kedy ako čo že keď už ešte \
                    este pre ale alebo chcem môžem môžete nemôžem neviem v ku vo so by peniaze objednávka objednávku objednavka \
                    účet mám vám veľmi dnes ten ktorý tiež bude týždne tyzdne prečo ste po všetky všetko aká aký zabudol zabudla \
                    heslo notebook či",
        },
        Close {
            code: "pl",
            letters: "óąćęłńśźż",
            words: "jest są był nie się sie mnie mój proszę prosze dziękuję dziekuje dzień dzien dobry gdzie kiedy jak co że gdy \
                    już juz jeszcze dla ale lub albo chcę chce mogę moge w i oraz by pieniądze zamówienie zamówienia zamowienia \
                    konto fakturę mam ten który czy sam",
        },
        Close {
            code: "hr",
            letters: "ćčđšž",
            words: "je sam su nije nisam se moj molim hvala dobar dan poštovani gdje kada kako što već još ali ili želim mogu u \
                    i novac narudžba narudžbu račun imam vam da bih bi biti ako koji tjedan tjedna dana riješeno netko također \
                    tko lijepo prije uvijek vrijeme dvije htio nego zašto ste nakon sve svi kakva zaboravio zaboravila lozinku \
                    mail mogao trebam uvjeti obavijest kupnja kupnju ožujka siječnja poslije",
        },
        Close {
            code: "sr",
            letters: "ćčđšž",
            words: "je sam su nije nisam se moj molim hvala dobar dan poštovani gde kada kako šta već još ali ili želim mogu u i \
                    novac porudžbina porudžbinu račun nalog imam vam da bih bi biti ako koji nedelja nedelje dana rešeno neko \
                    takođe ko lepo pre uvek vreme dve hteo nego zašto ste nakon sve svi kakva zaboravio zaboravila lozinku mejl \
                    mogao trebam uslovi obaveštenje kupovina kupovinu posle hoću",
        },
        Close {
            code: "sl",
            letters: "čšž",
            words: "je sem so ni nisem se moj prosim hvala dober dan pozdravljeni kje kdaj kako kaj že še ali želim lahko morem \
                    v in denar naročilo naročila račun imam vam da bi biti bo ki teden tedna rad pri ter naj sta ga zakaj ste po \
                    vse kakšna pozabil pozabila geslo pa oziroma",
        },
    ],
    others: "",
};

const MALAYAN: Group = Group {
    languages: &[
        Close {
            code: "id",
            letters: "",
            words: "saya tidak yang dan di sudah belum untuk dari bisa uang uangnya kirim dikirim kirimkan kapan karena akun \
                    ponsel bahwa nomor rekening faktur silakan rusak harus mau halo pak bu kantor pengiriman pembayaran \
                    kembalikan mohon tolong terima kasih apa barang pesanan kenapa kata sandi emailnya aplikasi sering setelah \
                    semua mengapa nya masih lupa hapus pembelian",
        },
        Close {
            code: "",
            letters: "",
            words: "saya tidak yang dan di sudah belum untuk dari wang sila hantar dihantar bila kerana akaun bahawa nombor \
                    invois mahu rosak pulangkan helo encik puan penghantaran bayaran pejabat hendak sahaja awak manakah boleh \
                    telefon ialah tolong mohon terima kasih apa barang pesanan kenapa kata laluan emel aplikasi kerap selepas \
                    semua mengapa masih lupa padam pembelian",
        },
        Close {
            code: "",
            letters: "",
            words: "ang ng sa ko po na mga hindi ako ay nasaan kumusta salamat pa lang ito ninyo at",
        },
    ],
    others: "",
};

const WEST_GERMANIC: Group = Group {
    languages: &[
        Close {
            code: "en",
            letters: "",
            words: "the my i not and of for with on to what where when we you your but also that have has are will please thanks \
                    thank hello order money invoice can want must still it is this how now me been an by from if be do does did \
                    could would any as at so hi dear our there again they",
        },
        Close {
            code: "de",
            letters: "äöüß",
            words: "der die das den dem ein eine einen mein meine meinen ich nicht und von für mit auf zu wo wann wir sie ihr \
                    aber auch dass kein keine habe haben hat ist sind wird werden bitte danke hallo bestellung geld rechnung \
                    kann will muss noch nach bei mir mich an es wie im am guten tag um so wurde",
        },
        Close {
            code: "nl",
            letters: "éëïè",
            words: "het een de is mijn ik niet en van voor met op te om wat waar wanneer we wij me of u uw maar ook dat die geen \
                    heb heeft hebben zijn wordt worden alstublieft graag dank bedankt hallo bestelling geld factuur kan wil moet \
                    nog naar bij mij aan dit hoe nu waarom er na ben vergeten alle steeds kunt deze sinds bent zou",
        },
        Close {
            code: "",
            letters: "éëïèêôûî",
            words: "het n die is my ek nie en van vir met op te om wat waar wanneer ons u maar ook dat geen word asseblief \
                    dankie hallo bestelling geld rekening kan wil moet nog na by aan dit hoe nou weke hulle sal waarom al \
                    vergeet hierdie sedert sou jy kom",
        },
    ],
    others: "",
};

const ARABIC: Group = Group {
    languages: &[
        Close {
            code: "ar",
            letters: "أإةىيك",
            words: "من في على أن ان هل لم لا ما هذا هذه إلى الى عن مع يرجى شكرا شكرًا مرحبا السلام عليكم متى أين اين كيف طلبي لي \
                    تم قد لقد التي الذي كان أريد اريد فضلكم فضلك حتى بعد الآن أنا انا لكن",
        },
        Close {
            code: "fa",
            letters: "پچژگیکيك",
            words: "من را از به در با که این است هست نیست می نمی شده شد کنید کنم برای لطفا لطفاً ممنون سلام سفارش پول کجاست چه \
                    چرا هم تا ما آن هنوز باید اگر یا ولی حساب کار بود خود نشده متشکرم کی",
        },
        Close {
            code: "",
            letters: "پچژگیکٹڈڑںےہھ",
            words: "میں ہے ہیں کا کی کے کو سے نے پر اور نہیں میرا میری میرے مجھے آپ کیا کب کہاں یہ وہ بھی ہو گیا کریں براہ کرم \
                    شکریہ پیسے تھا تک لیے ہوں ہوا گئے",
        },
    ],
    others: "ڵۆێەڕښځڅټډړې",
};

const DEVANAGARI: Group = Group {
    languages: &[
        Close {
            code: "hi",
            letters: "",
            words: "है हैं हूँ हूं का की के को से में मेरा मेरी मेरे मुझे मैं नहीं और क्या कब कहाँ कहां यह आप भी हो गया गई करें \
                    कर पर अभी तक ने था थी लिए इसे दीजिए आया रहा रही चाहता चाहती होगी होगा",
        },
        Close {
            code: "",
            letters: "ळ",
            words: "आहे आहेत माझा माझी माझे माझ्या मला मी नाही आणि काय कधी कुठे हे ही तुम्ही झाले झाली करा करता येत होईल आला आली \
                    ती तो मध्ये साठी पाहिजे होते केली केले पर का च्या कसे आम्ही विसरलो",
        },
        Close {
            code: "",
            letters: "",
            words: "छ मेरो मलाई म छैन र के कहिले कहाँ यो तपाईं भयो पनि लागि भएको गर्न हुन्छ थियो मा को",
        },
    ],
    others: "",
};

const TURKIC: Group = Group {
    languages: &[
        Close {
            code: "tr",
            letters: "",
            words: "ve için değil ben bana benim beni nerede lütfen teşekkürler teşekkür merhaba nasıl çok ama fakat sipariş \
                    siparişim siparişimi istiyorum mi mı yok ile olarak iyi hala hâlâ henüz ediyorum rica selam sorun kadar \
                    sonra neden zaman ne",
        },
        Close {
            code: "",
            letters: "ə",
            words: "və üçün deyil mən mənə mənim harada haradadır zəhmət olmasa təşəkkür salam necə çox amma sifariş sifarişim \
                    istəyirəm yox ilə yaxşı hələ edirəm nə",
        },
    ],
    others: "",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_listed_once_in_small_letters() {
        for close in GROUPS.iter().flat_map(|group| group.languages) {
            let mut seen = BTreeSet::new();
            for word in close.words.split(' ') {
                assert!(seen.insert(word), "{}: {word} is listed twice", close.code);
                assert_eq!(word.to_lowercase(), word, "{}", close.code);
                assert!(!word.is_empty(), "{}: two spaces", close.code);
            }
        }
    }

    #[test]
    fn no_word_is_common_in_all_languages_of_a_group() {
        for group in GROUPS {
            let [first, others @ ..] = group.languages else { continue };
            for word in first.words.split(' ') {
                let is_in_all = others.iter().all(|close| close.words.split(' ').any(|other| other == word));
                assert!(!is_in_all, "{}: {word} tells nothing", first.code);
            }
        }
    }
}
