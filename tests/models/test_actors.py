import pytest

from models.actors import ActorMatcher

IDS = [
    "haftar",
    "lna",
    "saleh",
    "house_of_representatives",
    "eastern_government",
    "sarraj",
    "gna",
    "tripoli_militias",
    "high_council_of_state",
    "jihadists",
    "muslim_brotherhood",
    "mercenaries",
    "macron",
    "le_drian",
    "france",
    "putin",
    "russia",
    "erdogan",
    "turkey",
    "italy",
    "germany",
    "usa",
    "uk",
    "egypt",
    "uae",
    "qatar",
    "saudi_arabia",
    "jordan",
    "tunisia",
    "algeria",
    "salame",
    "guterres",
    "un",
    "security_council",
    "who",
    "eu",
    "african_union",
    "arab_league",
    "nato",
]


def found(matcher: ActorMatcher, text: str) -> dict[str, list[str]]:
    return {actor: [text[slice(*s)] for s in spans] for actor, spans in matcher.find(text).items()}


@pytest.mark.parametrize("actor", IDS)
def test_every_actor_is_found_by_its_main_name(matcher: ActorMatcher, actor: str) -> None:
    name = matcher.registry.actors[actor].name
    assert actor in found(matcher, f"تحدث البيان عن {name} مرتين")


@pytest.mark.parametrize(
    ("text", "actor", "mention"),
    [
        ("رفض خليفه حفتر الهدنة", "haftar", "خليفه حفتر"),
        ("استقبل أمانويل ماكرون ضيفه", "macron", "أمانويل ماكرون"),
        ("التقى ايمانويل ماكرون", "macron", "ايمانويل ماكرون"),
        ("حذر غسان سلامه من الحرب", "salame", "غسان سلامه"),
        ("قال السرّاج إن الهدنة قائمة", "sarraj", "السرّاج"),
        ("غادر السراح طرابلس", "sarraj", "السراح"),
        ("اتصل إردوغان به", "erdogan", "إردوغان"),
        ("أعلن الأليزي موقفه", "france", "الأليزي"),
        ("أعلن الإيليزي موقفه", "france", "الإيليزي"),
        ("وصل المشير مساء", "haftar", "المشير"),
        ("دعا الرئيس الفرنسي إلى الهدنة", "macron", "الرئيس الفرنسي"),
        ("دعا المبعوث الأممي إلى الهدنة", "salame", "المبعوث الأممي"),
        ("قال رئيس حكومة الوفاق إنه موافق", "sarraj", "رئيس حكومة الوفاق"),
        ("قال قائد الجيش الوطني الليبي إنه موافق", "haftar", "قائد الجيش الوطني الليبي"),
    ],
)
def test_spelling_variants_and_titles(
    matcher: ActorMatcher, text: str, actor: str, mention: str
) -> None:
    assert found(matcher, text)[actor] == [mention]


@pytest.mark.parametrize("proclitic", ["و", "ف", "ب", "ل", "ك", "ول", "فب"])
def test_proclitics_are_cut_off(matcher: ActorMatcher, proclitic: str) -> None:
    assert found(matcher, f"{proclitic}حفتر موقف آخر") == {"haftar": ["حفتر"]}


def test_the_fused_article_stays_with_the_mention(matcher: ActorMatcher) -> None:
    assert found(matcher, "وجه نداء للسراج") == {"sarraj": ["للسراج"]}
    assert found(matcher, "دعما للجيش الوطني الليبي") == {"lna": ["للجيش الوطني الليبي"]}


@pytest.mark.parametrize(
    ("text", "actors"),
    [
        ("تقدمت قوات حفتر", ["lna"]),
        ("نفت حكومة السراج", ["gna"]),
        ("قال مبعوث الأمم المتحدة", ["salame"]),
        ("قال مكتب ماكرون", ["france"]),
        ("رئيس مجلس النواب عقيلة صالح", ["saleh"]),
        ("استقبله رئيس مجلس النواب المصري", ["egypt"]),
        ("قال وزير الخارجية الفرنسي، جان إيف لو دريان", ["le_drian"]),
        ("المتحدث باسم الجيش الوطني أحمد المسماري", ["mismari"]),
    ],
)
def test_the_longest_phrase_decides_who_is_meant(
    matcher: ActorMatcher, text: str, actors: list[str]
) -> None:
    assert list(found(matcher, text)) == actors


def test_title_and_name_side_by_side_are_one_mention(matcher: ActorMatcher) -> None:
    text = "استقبل قائد الجيش الوطني الليبي، المشير خليفه حفتر، وفدا"
    assert found(matcher, text) == {"haftar": ["قائد الجيش الوطني الليبي، المشير خليفه حفتر"]}


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("قال المشير عبد الفتاح السيسي", {"sisi": ["المشير عبد الفتاح السيسي"]}),
        ("حذرت المستشارة ستيفاني ويليامز", {"williams": ["المستشارة ستيفاني ويليامز"]}),
        ("حذر الأمين العام ينس ستولتنبرغ", {"stoltenberg": ["الأمين العام ينس ستولتنبرغ"]}),
        ("التقى المشير السراج", {"haftar": ["المشير"], "sarraj": ["السراج"]}),
        ("التقى المشير بالسيسي", {"haftar": ["المشير"], "sisi": ["السيسي"]}),
        ("المشير “خليفة حفتر”", {"haftar": ["المشير “خليفة حفتر”"]}),
    ],
)
def test_a_title_is_anothers_honorific_before_a_full_name(
    matcher: ActorMatcher, text: str, mentions: dict[str, list[str]]
) -> None:
    assert found(matcher, text) == mentions


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("رئيس حكومة «الوفاق» فائز السراج", {"sarraj": ["رئيس حكومة «الوفاق» فائز السراج"]}),
        ('أيد حفتر "اتفاق الدوحة"', {"haftar": ["حفتر"]}),
        ("رحبت مصر بـ«إعلان القاهرة»", {"egypt": ["مصر"]}),
        ("تبنى تنظيم «القاعدة» الهجوم", {"jihadists": ["تنظيم «القاعدة»"]}),
        ("قال المبعوث الأممي إلى ليبيا غسان سلامة", {"salame": ["المبعوث الأممي إلى ليبيا غسان سلامة"]}),
    ],
)
def test_quotation_marks_and_the_country_of_a_title_part_no_name(
    matcher: ActorMatcher, text: str, mentions: dict[str, list[str]]
) -> None:
    assert found(matcher, text) == mentions


@pytest.mark.parametrize(
    "text",
    [
        "استقال قايد صالح",
        "رئيس الدولة عبد القادر بن صالح",
        "قصف الجيش اليمني مواقع",
        "قال رئيس البرلمان العراقي",
        "اعتقل نجل القذافي",
        "بثت وكالة تونس أفريقيا للأنباء",
        "إطلاق السراح بكفالة",
        "الأمين العام لحزب معارض",
    ],
)
def test_namesakes_kin_and_the_armies_of_others_are_nobody_here(
    matcher: ActorMatcher, text: str
) -> None:
    assert not found(matcher, text)


@pytest.mark.parametrize("sign", ["\u061c", "\u00ad", "\u2060", "\u200f", "\ufeff"])
def test_signs_that_nobody_sees_hide_no_name_and_are_in_none(matcher: ActorMatcher, sign: str) -> None:
    assert found(matcher, f"قال خليفة{sign} حفتر{sign} لا") == {"haftar": [f"خليفة{sign} حفتر"]}
    assert found(matcher, "رفض\u200bحفتر") == {"haftar": ["حفتر"]}


@pytest.mark.parametrize(
    "text",
    [
        "وصل إلى باريس",
        "وفي باريس",
        "ولقاء باريس",
        "التقيا في باريس",
        "غادر بباريس",
        "الحدود التونسية",
        "توجه إلى طرابلس",
        "قصف مطار طرابلس",
        "مؤتمر برلين",
        "أهالي مصراتة",
        "قطرة ماء",
        "مواطن تونسي",
        "حرصا على سلامة المدنيين",
        "صوت لصالح القرار",
        "زار باريس ولندن وروما",
        "إعلان حالة القوة القاهرة في الحقول",
    ],
)
def test_places_and_words_that_contain_a_name_are_no_mention(matcher: ActorMatcher, text: str) -> None:
    named = set(found(matcher, text)) - {"misrata"}
    assert not named


def test_the_goal_of_a_journey_is_a_place(matcher: ActorMatcher) -> None:
    assert list(found(matcher, "يزور المشير حفتر باريس غدا")) == ["haftar"]
    assert list(found(matcher, "ووصل المشير حفتر موسكو أمس")) == ["haftar"]
    assert list(found(matcher, "وصل المشير حفتر موسكو أمس")) == ["haftar"]
    assert list(found(matcher, "خلال زيارة السراج لباريس")) == ["sarraj"]


def test_a_verbs_preposition_does_not_hide_its_subject(matcher: ActorMatcher) -> None:
    assert list(found(matcher, "وأشار المشير إلى أن مصر على استعداد")) == ["haftar", "egypt"]


def test_states_that_meet_are_named(matcher: ActorMatcher) -> None:
    assert list(found(matcher, "محادثات روسيا وتركيا")) == ["russia", "turkey"]


def test_a_capital_that_acts_is_its_state(matcher: ActorMatcher) -> None:
    assert found(matcher, "ترى باريس أن الهدنة ممكنة") == {"france": ["باريس"]}


@pytest.mark.parametrize(
    ("text", "actors"),
    [
        ("اتهمت طرابلس حفتر بخرق الهدنة", ["gna", "haftar"]),
        ("ترفض الرجمة الهدنة", ["lna"]),
        ("تقدمت القوات نحو طرابلس", []),
        ("وصل الوفد إلى الرجمة", []),
        ("أوقف القصف بطلب من موسكو", ["russia"]),
        ("عاد الوفد من موسكو", []),
        ("وجه تحذيرا إلى أنقرة", ["turkey"]),
        ("تحطمت أرتال حفتر", ["lna"]),
        ("القوات الموالية للمشير", ["lna"]),
        ("قائد القوات المسلحة المصرية", ["egypt"]),
        ("قال قائد القوات المسلحة", ["haftar"]),
        ("مصدر بطرابلس رفض ذكر اسمه", []),
        ("وباريس ترى أن الهدنة ممكنة", ["france"]),
        ("ووافقت طرابلس على الهدنة", ["gna"]),
        ("أجرى اتصالات بكل من باريس وروما", ["france", "italy"]),
        ("المبعوث الأممي السابق", ["salame"]),
        ("المبعوث الأممي برناردينو ليون", ["leon"]),
        ("سيطرت ميليشيات فجر ليبيا على المطار", ["libya_dawn"]),
    ],
)
def test_the_words_around_a_capital_or_a_title_decide(
    matcher: ActorMatcher, text: str, actors: list[str]
) -> None:
    assert list(found(matcher, text)) == actors
