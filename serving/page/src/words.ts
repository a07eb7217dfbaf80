/** The interface in Arabic and in English. */

import { computed, signal } from "@preact/signals";

import { SENTIMENT } from "./contract";
import type { Unreadable } from "./files";
import { keep, recalled } from "./storage";

export type Language = "ar" | "en";

const KEPT = "hudna-language";

/** The language of the interface. */
export const language = signal<Language>(recalled("localStorage", KEPT) === "en" ? "en" : "ar");

/** Takes up a language, and keeps it for the next visit. */
export function speak(chosen: Language): void {
  language.value = chosen;
  keep("localStorage", KEPT, chosen);
}

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

const AR = {
  name: "هدنة",
  motto: "ما يريده كل طرف في الخبر",
  otherLanguage: "English",
  dark: "داكن",
  light: "فاتح",
  key: "مفتاح الخدمة",
  paste: "ألصق خبرا أو أفلت ملفات هنا",
  pasteHint: "نص أو ملف ‎.txt‎ لمقال واحد؛ أو ملف ‎.jsonl‎ أو ‎.csv‎، كل سطر أو صف منه مقال، فيه text ويجوز معه id وtitle وdate",
  date: "تاريخ النشر",
  choose: "اختر ملفات",
  judge: "حلّل",
  examples: "أو جرّب مثالا",
  more: "أضف مقالات",
  clear: "ابدأ من جديد",
  stop: "أوقف التحليل",
  again: "أعد المحاولة",
  resume: "أكمل الباقي",
  going: "يجري التحليل",
  done: "اكتمل التحليل",
  ended: "انتهى التحليل",
  refused: "ما تعذّر تحليله",
  stopped: "أُوقف التحليل، والنتائج التي وصلت باقية في الصفحة.",
  lost: "انقطع الاتصال بالخدمة",
  busy: "الخدمة مشغولة",
  tryingIn: "المحاولة التالية بعد",
  read: "القراءة",
  actors: "الأطراف",
  matrix: "المصفوفة",
  time: "الخط الزمني",
  compare: "المقارنة",
  views: "طرق العرض",
  results: "النتائج",
  actor: "الطرف",
  target: "الموقف من",
  articles: "المقالات",
  legend: "الأطراف في هذا المقال",
  pick: "اختر اسم طرف في النص لترى موقفه والنبرة تجاهه.",
  nobody: "لم يجد النموذج في هذا المقال طرفا يعرفه.",
  nothing: "لا نتائج لهذا المقال.",
  waiting: "لم يُحلَّل بعد",
  failed: "تعذّر تحليله",
  stance: "الموقف من",
  tone: "النبرة تجاه الطرف",
  why: "الكلمات التي رجّحت التصنيف",
  whyHint: "مقدار انخفاض احتمال التصنيف عند حذف الكلمة، بالنقاط المئوية",
  noWhy: "لم ترجّحه كلمة بعينها.",
  uncertain: "تصنيف غير مؤكد",
  judged: "تصنيف النموذج",
  correction: "صُحّح",
  correctHint: "التصنيف غير صحيح؟ اختر الصحيح وسيُحفظ.",
  kept: "حُفظ التصحيح.",
  unstored: "لم تُحفظ هذه التصحيحات:",
  letBe: "تجاهلها",
  close: "أغلق",
  cancel: "ألغِ",
  previous: "السابق",
  next: "التالي",
  shortcuts: "اختصارات لوحة المفاتيح",
  keyNext: "الاسم التالي / السابق",
  keyUncertain: "الاسم التالي ذو التصنيف غير المؤكد",
  keyLabels: "اختيار التصنيف الصحيح، صف مفاتيح لكل سؤال",
  keyClose: "إغلاق اللوحة",
  goTo: "اقرأها في المقال",
  showMore: "أظهر المزيد",
  search: "ابحث عن طرف",
  every: "كل الجمل",
  comma: "، ",
  outOf: "# من #",
  notFound: "لا طرف بهذا الاسم.",
  noTable: "لا أطراف في هذه المقالات.",
  noPair: "تحتاج المقارنة إلى طرفين.",
  undated: "يحتاج الخط الزمني إلى مقالات مؤرخة فيها مواقف من الموضوع المختار.",
  with: "الطرف الآخر",
  exportAs: "صدّر",
  csv: "جدول CSV",
  json: "نتائج JSON",
  report: "تقرير كامل (HTML)",
  picture: "احفظ الصورة بصيغة",
  keyTold: "ألصق المفتاح الذي أعطاك إياه مشغّل الخدمة. يُحفظ في علامة التبويب هذه إلى أن تغلقها.",
  keyWrong: "لا تعرف الخدمة هذا المفتاح.",
  use: "استخدم المفتاح",
  madeAt: "أُعدّ في",
  model: "النموذج",
  skip: "انتقل إلى النتائج",
  pasted: "نص مُدخَل",
  local: "لا يغادر النص متصفحك إلا إلى هذه الخدمة.",
  caution: "تبيّن النتائج ما تُظهره الجملة من موقف الطرف، لا ما هو صحيح. اقرأ الجمل قبل أن تعتمد على الأعداد.",
};

const EN: typeof AR = {
  name: "Hudna",
  motto: "What each actor in the news wants",
  otherLanguage: "العربية",
  dark: "Dark",
  light: "Light",
  key: "API key",
  paste: "Paste Arabic news, or drop files here",
  pasteHint: "A text or .txt file is one article; a .jsonl or .csv file has one in each line or row: text, and perhaps id, title, date",
  date: "Published on",
  choose: "Choose files",
  judge: "Analyse",
  examples: "Or try an example",
  more: "Add articles",
  clear: "Start over",
  stop: "Stop",
  again: "Try again",
  resume: "Continue",
  going: "Analysing",
  done: "Analysed",
  ended: "Finished",
  refused: "not analysed",
  stopped: "Stopped. The results so far stay on the page.",
  lost: "The connection to the service was lost",
  busy: "The service is busy",
  tryingIn: "Next attempt in",
  read: "Read",
  actors: "Actors",
  matrix: "Matrix",
  time: "Timeline",
  compare: "Compare",
  views: "Views",
  results: "Results",
  actor: "Actor",
  target: "Stance toward",
  articles: "Articles",
  legend: "Actors in this article",
  pick: "Choose a name in the text to see that actor's stance and the sentiment toward it.",
  nobody: "The model found no actor that it knows in this article.",
  nothing: "No results for this article.",
  waiting: "not analysed yet",
  failed: "could not be analysed",
  stance: "Stance toward",
  tone: "Sentiment toward the actor",
  why: "Words that swayed the label",
  whyHint: "Percentage points by which the label's probability falls without the word",
  noWhy: "No single word swayed it.",
  uncertain: "uncertain label",
  judged: "the model's judgement",
  correction: "corrected",
  correctHint: "Wrong? Choose the right label and it is saved.",
  kept: "Correction saved.",
  unstored: "These corrections were not saved:",
  letBe: "Dismiss",
  close: "Close",
  cancel: "Cancel",
  previous: "Previous",
  next: "Next",
  shortcuts: "Keyboard shortcuts",
  keyNext: "Next / previous name",
  keyUncertain: "Next name with an uncertain label",
  keyLabels: "Choose the right label, a row of keys for each question",
  keyClose: "Close the panel",
  goTo: "Read it in the article",
  showMore: "Show more",
  search: "Find an actor",
  every: "All sentences",
  comma: ", ",
  outOf: "# of #",
  notFound: "No actor has this name.",
  noTable: "There are no actors in these articles.",
  noPair: "A comparison needs two actors.",
  undated: "A timeline needs dated articles that show a stance on the chosen target.",
  with: "Compared with",
  exportAs: "Export",
  csv: "CSV table",
  json: "JSON results",
  report: "Whole report (HTML)",
  picture: "Save picture as",
  keyTold: "Paste the key that the service's operator gave you. It stays in this tab until you close it.",
  keyWrong: "The service does not know this key.",
  use: "Use it",
  madeAt: "Made on",
  model: "Model",
  skip: "Skip to the results",
  pasted: "pasted text",
  local: "The text leaves your browser for this service alone.",
  caution: "Results show what a sentence says an actor wants, not what is true. Read the sentences before you rely on the counts.",
};

const LABELS: Record<string, Record<Language, string>> = {
  ceasefire: { ar: "وقف إطلاق النار", en: "the ceasefire" },
  offensive: { ar: "الهجوم على طرابلس", en: "the attack on Tripoli" },
  sentiment: { ar: "النبرة", en: "Sentiment" },
  favor: { ar: "تأييد", en: "favor" },
  against: { ar: "معارضة", en: "against" },
  conditional: { ar: "موقف مشروط", en: "conditional" },
  none: { ar: "بلا موقف", en: "no stance" },
  positive: { ar: "إيجابية", en: "positive" },
  neutral: { ar: "محايدة", en: "neutral" },
  negative: { ar: "سلبية", en: "negative" },
};

const COUNTED: Record<Language, Record<"sentence" | "article" | "mention" | "second", Forms>> = {
  ar: {
    sentence: { zero: "لا جمل", one: "جملة واحدة", two: "جملتان", few: "# جمل", many: "# جملة", other: "# جملة" },
    article: { zero: "لا مقالات", one: "مقال واحد", two: "مقالان", few: "# مقالات", many: "# مقالا", other: "# مقال" },
    mention: { other: "مرات الذكر: #" },
    second: { zero: "أقل من ثانية", one: "ثانية", two: "ثانيتين", few: "# ثوان", many: "# ثانية", other: "# ثانية" },
  },
  en: {
    sentence: { one: "# sentence", other: "# sentences" },
    article: { one: "# article", other: "# articles" },
    mention: { one: "# mention", other: "# mentions" },
    second: { one: "# second", other: "# seconds" },
  },
};

const UNREAD: Record<Unreadable["reason"], Record<Language, string>> = {
  notRead: { ar: "تعذّرت قراءته. تأكد من أنه ملف لا مجلد", en: "could not be read. See that it is a file and no folder" },
  notUtf8: { ar: "ليس نصا بترميز UTF-8. احفظه بهذا الترميز ثم أعد المحاولة", en: "is not UTF-8 text. Save it as UTF-8 and try again" },
  noKind: { ar: "نوعه غير مدعوم. استخدم ‎.txt‎ أو ‎.jsonl‎ أو ‎.csv‎", en: "is not of a supported type. Use .txt, .jsonl or .csv" },
  tooLong: { ar: "فيه حقول أكثر من عدد العناوين. ضع كل نص فيه فواصل بين علامتي اقتباس", en: "has more fields than the header. Put a text with commas in double quotes" },
  noText: { ar: "ليس فيه حقل text. أضفه", en: "has no text field. Add one" },
  notJson: { ar: "ليس JSON صالحا", en: "is not valid JSON" },
  noRows: { ar: "لا صفوف فيه تحت سطر العناوين", en: "has no rows under its header" },
};

const NO_CALL = { ar: "لا تدعم الخدمة هذا الطلب على هذا العنوان. أبلغ مشغّلها.", en: "The service does not support this request. Tell its operator." };
const BAD_DATE = { ar: "تاريخ المقال غير مقروء. اكتبه هكذا: 2019-04-05.", en: "The article's date cannot be read. Write it as 2019-04-05." };
const AWAY = { ar: "الخدمة غير متاحة الآن، أو تعذّر حفظ التصحيح. أعد المحاولة بعد دقيقة.", en: "The service is unavailable, or the correction could not be saved. Try again in a minute." };
const ADVICE: Record<number, Record<Language, string>> = {
  400: { ar: "لا تقبل الخدمة هذا النص كما هو. صحّحه ثم أضفه من جديد.", en: "The service cannot take this text as it is. Correct it and add it again." },
  401: { ar: "المفتاح مطلوب أو غير معروف. أدخل مفتاحا صالحا.", en: "A key is needed, or this one is unknown. Enter a valid key." },
  404: NO_CALL,
  405: NO_CALL,
  413: { ar: "النص أكبر مما تقبله الخدمة. قسّمه إلى أجزاء أصغر.", en: "This is larger than the service accepts. Split it into smaller parts." },
  429: { ar: "الخدمة مشغولة الآن. انتظر قليلا ثم أعد المحاولة.", en: "The service is busy. Wait a little and try again." },
  500: { ar: "حدث خطأ في الخدمة. أعد المحاولة، وإن تكرر فأبلغ مشغّلها.", en: "The service failed. Try again; if it fails again, tell its operator." },
  502: AWAY,
  503: AWAY,
  504: { ar: "لم يكتمل التحليل ضمن المهلة. أعد المحاولة، أو قسّم النص.", en: "It was not done in time. Try again, or split the text." },
};
const NO_ANSWER = { ar: "لا استجابة من الخدمة. تحقق من الاتصال ثم أعد المحاولة.", en: "No answer. Check the connection and try again." };

/** The words of the language spoken. */
export const words = computed(() => (language.value === "ar" ? AR : EN));

/** The name of a head or a label; one that is unknown here goes by its own. */
export function named(term: string): string {
  return LABELS[term]?.[language.value] ?? term;
}

/** What is told of an actor by a head: the stance toward a target, or the tone. */
export function headed(head: string): string {
  return head === SENTIMENT ? words.value.tone : `${words.value.stance} ${named(head)}`;
}

/** A name that fits. */
export function clipped(name: string, most: number): string {
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

// Libya writes 0-9, and so does its press.
const LOCALES = { ar: "ar-LY-u-nu-latn", en: "en-GB" };

/** So many of a thing, in the grammar of the language. */
export function counted(count: number, thing: keyof (typeof COUNTED)["ar"]): string {
  const forms = COUNTED[language.value][thing];
  const form = forms[new Intl.PluralRules(language.value).select(count)] ?? forms.other;
  return form.replace("#", number(count));
}

export function number(value: number): string {
  return new Intl.NumberFormat(LOCALES[language.value]).format(value);
}

export function percent(share: number): string {
  return new Intl.NumberFormat(LOCALES[language.value], { style: "percent" }).format(share);
}

/** A day of the calendar, in UTC, since a date has no place, where the form asks for no other zone. */
export function dated(date: Date, form: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(LOCALES[language.value], { timeZone: "UTC", ...form }).format(date);
}

/** What a reader can do about a refusal; a date is refused as any text, in the service's words alone. */
export function advice(status = 0, told = ""): string {
  const isOfDate = status === 400 && /\bdate\b/.test(told);
  return (isOfDate ? BAD_DATE : status ? (ADVICE[status] ?? ADVICE[500]!) : NO_ANSWER)[language.value];
}

/** Terms one after the other. */
export function listed(terms: string[]): string {
  return terms.join(words.value.comma);
}

/** How many of how many. */
export function portion(part: number, whole: number): string {
  return [part, whole].reduce((told, count) => told.replace("#", number(count)), words.value.outOf);
}

/** Why a file was not read. */
export function unread(error: Unreadable): string {
  return `\u2068${error.place}\u2069 ${UNREAD[error.reason][language.value]}.`;
}
