"""The tokenizer: AraBERT v0.2's text preparation, written inside ``tokenizer.json``.

AraBERT prepares text with a Python class before its tokenizer sees it (`ArabertPreprocessor`,
Antoun et al. 2020, https://aclanthology.org/2020.osact-1.2). Here the same steps are `tokenizers`
normalizers and one pre-tokenizer, so that training and serving cannot differ and every piece keeps
its offset into the text as it was sent.
"""

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer
from transformers import AutoTokenizer, PreTrainedTokenizerFast

__all__ = ["adopt_vocabulary", "train_tokenizer"]

SPECIAL_PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MASKS = ("[رابط]", "[بريد]", "[مستخدم]")  # AraBERT's stand-ins for a link, an e-mail and a user
MAX_LENGTH = 512

_ARABIC = r"\x{0621}-\x{063A}\x{0641}-\x{064A}"
_ENTITIES = {"&quot;": '"', "&amp;": "&", "&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&#39;": "'"}
_LINK = (
    r"(?:https?://|www\.)\S+"
    r"|[-a-zA-Z0-9@:%._+~#=]{2,256}\.[a-z]{2,6}\b[-a-zA-Z0-9@:%_+.~#?&/=]*"
)
# A word is a run of letters and digits that is cut between an Arabic letter and a digit; anything
# else that is not white space stands alone.
_PIECE = (
    r"\[(?:رابط|بريد|مستخدم)\]"
    rf"|(?:[{_ARABIC}](?![0-9])|[0-9](?![{_ARABIC}])|[a-zA-Z])*[{_ARABIC}a-zA-Z0-9]"
    r"|\S"
)
_REJECTED = (
    rf"[^0-9{_ARABIC}\x{{064B}}-\x{{066C}}\x{{0671}}-\x{{0674}}a-zA-Z\[\]"
    r"""!"#$%'()*+,.:;\-<=·>?@\\^_`{|}~—٪’،؟“؛”»«–…‘/\s]"""
)


def _preparation() -> normalizers.Normalizer:
    """AraBERT v0.2's cleaning, in the order of `ArabertPreprocessor`."""
    replace = normalizers.Replace
    return normalizers.Sequence(
        [
            *(replace(entity, plain) for entity, plain in _ENTITIES.items()),
            replace(Regex(r"[\x{064B}-\x{0652}\x{0670}\x{0640}]"), ""),  # diacritics and tatweel
            replace(Regex(r"[\w.-]+@(?:[\w-]+\.)+[\w-]+"), " [بريد] "),
            replace(Regex(_LINK), " [رابط] "),
            replace(Regex(r"@\w+"), " [مستخدم] "),
            replace(Regex(r"</?[^>]+>"), " "),
            replace("/", "-"),
            *(replace(chr(0x660 + digit), str(digit)) for digit in range(10)),
            replace(Regex(r"(\D)(?=\1\1)"), ""),  # at most two of the same sign in a row
            replace(Regex(_REJECTED), " "),
        ]
    )


def _assemble(model: WordPiece) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = _preparation()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_PIECE), "removed", invert=True)
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _finish(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    ids = tokenizer.get_vocab()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(each, ids[each]) for each in ("[CLS]", "[SEP]")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=MAX_LENGTH,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def train_tokenizer(lines: Iterable[str], vocabulary: int = 32_000) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer of at most `vocabulary` pieces, learned from lines of Arabic text."""
    tokenizer = _assemble(WordPiece(unk_token="[UNK]"))
    trainer = WordPieceTrainer(
        vocab_size=vocabulary,
        special_tokens=[*SPECIAL_PIECES, *MASKS],
        limit_alphabet=400,
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    return _finish(tokenizer)


def adopt_vocabulary(encoder: str) -> PreTrainedTokenizerFast:
    """The pieces of an AraBERT-class encoder (a folder, or a name on the Hub) behind this preparation.

    Raises:
        OSError: there is no tokenizer at `encoder`.
        KeyError: it lacks [CLS] or [SEP].
    """
    pieces = AutoTokenizer.from_pretrained(encoder).get_vocab()
    return _finish(_assemble(WordPiece(pieces, unk_token="[UNK]")))
