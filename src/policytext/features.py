"""What does the classifier see? A passage in its document becomes words and signals.

Words are what the text is about. Signals are what it does: the grammar of each sentence (modals, openings
without a subject, completed action, lack, causal links), the acts its headings announce, where it stands
among its neighbours. A signal has one name in both languages, so that each language learns from the other.
Each signal also has a copy of its language's own. Traditional script is folded before anything is cut.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from policytext import tokens
from policytext.enumeration import item_mark, rank
from policytext.taxonomy import Taxonomy
from policytext.types import Language, Passage

Grammar = Mapping[str, re.Pattern[str]]


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_GRAMMAR_ZH: Grammar = {
    "modal": _any(
        "应当|应该|(?<![供适反响相对呼感效回答])应[^对急用届邀聘试运付激]|必须|务必|须|亟[需须待]|需要?(?!求)|有必要|要(?![求素点件塞])|宜(?!居|人)|不妨"
    ),
    "advise": _any("建议|提议|呼吁|倡导|可考虑|可以?借鉴|可探索|可通过|值得借鉴"),
    "imperative": re.compile(
        r"^(?:[第其]?[一二三四五六七八九十]{1,2}[是，,、]+|（.{1,2}）|\d[.、）]|首先[，,]|其次[，,]|最后[，,]|此外[，,]|同时[，,]|并|进一步|积极|着力|大力|全面|切实|持续|努力|不断|加紧|尽快|逐步|充分|有序|稳步|统筹|严格|科学|合理)*"
        r"(?:加强|完善|健全|建立|构建|推动|推进|促进|鼓励|支持|引导|加快|加大|提升|提高|强化|优化|深化|打造|搭建|培育|壮大|拓展|拓宽|扩大|落实|统筹|整合|规范|明确|制定|出台|修订|设立|组建|实施|开展|探索|创新|改革|发挥|坚持|聚焦|围绕|严格|放宽|简化|破除|打破|打通|畅通|防止|避免|增加|增强|注重|把|将|对|以|重视|保障|确保|借鉴|利用|激发|调动|组织|抓好|做好|做到|压实|取消|允许|改变|改进|转变|引入|纳入|允许|安排|配备|集中|突出|实行|推行|试点)"
    ),
    "future": _any("未来|今后|下一步|到20[2-5]\\d年|“十[四五六]五”期间|将(?:会|要|进一步|继续)|力争|争取"),
    "done": _any(
        "已经?|了(?=[一二三四五六七八九十\\d“《、，]|[\u4e00-\u9fff]{2,12}[，。；、])|曾|累计|先后|相继|陆续|率先|至今|截至|全年|今年以来|近年来|成功"
    ),
    "achieve": _any(
        "显著|成效|突破|跃升|领先|前列|首位|第一|优势|雄厚|完备|完善的|丰富的?|奠定|基础较?好|提升至|提高到|增长到?|达到|建成|形成了?|实现了?|明显改善|位居|名列|超额|得到(?:改善|提高|加强)"
    ),
    "lack": _any(
        "不足|缺乏|缺少|缺失|缺位|匮乏|薄弱|滞后|落后|偏[低少弱重]|不(?:够|高|强|大|多|健全|完善|到位|平衡|充分|合理|匹配|协调|规范|明确|稳定|统一|顺|畅|少)|没有|未能|尚未|仍未|未[建形设纳得]|难以|难于|无法|很难|无力|无从|短缺|紧缺|欠缺|空白|脱节|失衡|低下|乏力|弱化|流失|虚设|形式化|流于形式"
    ),
    "problem": _any(
        "问题|困难|困境|挑战|难题|瓶颈|短板|障碍|矛盾|弊端|隐患|风险|危机|威胁|压力|冲击|阻碍|制约|掣肘|损失|恶化|加剧|浪费|违规|违法|混乱|重复建设|纠纷|投诉"
    ),
    "cause": _any(
        "因为|由于|因此|因而|所以|原因|根源|成因|症结|归因|源[于自]|缘于|在于|导致|致使|造成|使得|引起|引发|决定了?|受制于|受限于|囿于|取决于|影响了?|究其|之所以|出于|势必|必然|自然|从而|进而|以致|加之"
    ),
    "contrast": _any("然而|但(?:是)?[，]?|却|不过|尽管|虽然?|反而|与此同时|相反|仍然?|依然|依旧|只是|与之相比"),
    "hedge": _any("可能|或许|往往|通常|一般|大多|似乎|倾向于|不一定|未必|多数"),
    "figure": _any(r"\d[\d,.]*\s*(?:%|％|个百分点|亿|万|倍|元|家|人|吨|公里|项|件|户|所|个)", r"\$[^$]*\d[^$]*\$"),
    "year": _any(r"(?:19|20)\d\d\s*年?"),
    "cite": _any(
        r"\[\d[\d,，\-—~ ]*\]?|[(（][^()（）]{0,30}(?:19|20)\d\d[)）]|《[^》]{3,40}》|认为|指出|学者|研究表明|调查显示|数据显示|据.{2,12}(?:统计|显示|公布)"
    ),
    "foreign": _any(
        "美国|日本|德国|英国|法国|欧盟|韩国|新加坡|澳大利亚|加拿大|以色列|荷兰|俄罗斯|印度|芬兰|瑞典|丹麦|国外|发达国家|国际上|世界银行|经合组织|OECD|海外"
    ),
    "define": _any("是指|指的是|所谓|定义为|概念|内涵|称为|简称|包括.{2,20}(?:、.{2,20}){2,}|分为|由.{2,20}组成|即"),
    "method": _any(
        "本文|本研究|本课题|笔者|本报告|样本|问卷|访谈|模型|变量|回归|检验|指标|测算|数据来源|研究方法|如图|见图|见表|如表|调研组"
    ),
    "policy": _any("印发|颁布|出台|条例|意见》|办法》|规划》|通知》|方案》|施行|修订|实施细则|会议"),
    "ask": _any("[？?]|如何|为何|怎样"),
    "quote": _any("“[^”]{8,}”|表示[，：]|反映[，：]|说[，：]|坦言"),
    "ours": _any("我国|我省|我市|我县|全省|全市|全县|全国|我们|本市|本省"),
    "more": _any("进一步|更加|更好|尤其|特别是|不断|日益|越来越"),
    "worse": _any(
        "仅[为占有]?|只[有占能是]|不到|低于|高于|相差|差距|下降|下滑|减少|降低|萎缩|减至|之一?低|占比(?:仅|不)"
    ),
}

_GRAMMAR_EN: Grammar = {
    "modal": _any(r"\b(?:should|must|shall|ought to|needs? to|have to|has to)\b"),
    "advise": _any(
        r"\b(?:recommend\w*|propos\w+|suggest\w*|urge\w*|call(?:s|ed|ing)? (?:on|for)|advise\w*|encourage\w*|invite\w*|press(?:es)? for|option)\b"
    ),
    "imperative": re.compile(
        r"^(?:[•●▪*–-]\s*|\(?\w{1,3}[.)]\s*|recommendation \d+[:.]?\s*|action \d+[:.]?\s*|first(?:ly)?,\s*|second(?:ly)?,\s*|finally,\s*|led by [^,]{3,80},\s*|through [^,]{3,80},\s*|\*\*)*"
        r"(?:adopt|align|allow|amend|appoint|assess|assign|ban|build|carry|clarify|collect|combine|commission|conduct|consider|continue|convene|coordinate|create|cut|define|deliver|deploy|design|develop|direct|drop|end|enable|encourage|enforce|ensure|establish|evaluate|expand|explore|extend|finalize|finance|fix|focus|follow|fund|give|grant|identify|implement|improve|include|increase|integrate|introduce|invest|issue|keep|launch|let|limit|link|maintain|make|mandate|merge|modernize|move|offer|open|partner|pay|pilot|place|prioriti[sz]e|promote|protect|provide|publish|put|raise|reduce|reform|release|remove|replace|report|require|reserve|review|revise|set|share|simplify|stop|streamline|strengthen|support|target|tie|train|update|use|work)\b",
        re.IGNORECASE,
    ),
    "future": _any(
        r"\b(?:will|would|going forward|by 20[2-5]\d|in future|in the future|next (?:year|step)s?|plans? to|intends? to|over the coming)\b"
    ),
    "done": _any(
        r"\b(?:has|have) (?:already |also |since |now |recently |successfully |fully )?(?:been )?\w+(?:ed|en|ne|lt|id|ut|own)\b",
        r"\b(?:since 20\d\d|to date|already|recently|completed|launched|established|introduced|implemented)\b",
    ),
    "achieve": _any(
        r"\b(?:progress|success\w*|strengths?|strong\w*|achiev\w+|improv(?:ed|ement\w*)|world-(?:class|leading)|lead(?:s|er|ing)|advantages?|robust|well[- ](?:placed|established|developed|regarded)|effective\w*|positive|welcom\w+|gains?|doubled|exceed\w*|highest|best|award\w*|praised?|asset|capab\w+|thriv\w+|grew|grown|record)\b"
    ),
    "lack": _any(
        r"\b(?:lack\w*|insufficient\w*|inadequate\w*|absen\w+|without|fail\w*|unable|cannot|can't|not|no|never|neither|nor|limited|scarce\w*|short(?:age|fall|ages|falls)|gaps?|missing|weak\w*|incomplete|delay\w*|behind|outdated|unclear|uneven|fragment\w+|poor\w*|few|fewer|little|unmet|hard to|difficult\w*)\b"
    ),
    "problem": _any(
        r"\b(?:problem\w*|challeng\w+|issues?|concern\w*|risks?|threat\w*|barriers?|obstacles?|bottlenecks?|burden\w*|vulnerab\w+|declin\w+|crisis|loss\w*|harm\w*|damag\w+|wors\w+|pressure\w*|struggl\w+|suffer\w*|undermin\w+|hinder\w*|hamper\w*|imped\w+|deficien\w+|shortcoming\w*|unsustainable|costs?|complain\w*|error\w*|backlog\w*|unpaid|failure\w*)\b"
    ),
    "cause": _any(
        r"\b(?:because|due to|owing to|as a result|result(?:s|ed|ing)? (?:in|from)|caus\w+|reasons?|stem\w*|root\w*|therefore|thus|hence|so that|lead(?:s|ing)? to|led to|driv(?:e|es|en|ing)|attribut\w+|explain\w*|contribut\w+|reflect\w*|arise\w*|arose|incentiv\w+|deter\w*|discourag\w+|rather than|since|given that|in part|factors?|why|depends? on|means that|makes it|leaves?|left)\b"
    ),
    "contrast": _any(
        r"\b(?:however|but|yet|although|though|despite|while|whereas|nevertheless|nonetheless|even so|still|instead|in contrast)\b"
    ),
    "hedge": _any(
        r"\b(?:may|might|could|can|perhaps|possibly|likely|often|generally|tends?|appears?|seems?|typically|usually)\b"
    ),
    "figure": _any(
        r"[$£€]\s?\d|\b\d[\d,.]*\s*(?:%|percent|per cent|million|billion|trillion|tonnes|km|percentage points)|\b\d{1,3}(?:,\d{3})+\b"
    ),
    "year": _any(r"\b(?:19|20)\d\d\b"),
    "cite": _any(
        r"\[\d+\]|\((?:[A-Z][^()]{2,40},? )?(?:19|20)\d\d[a-z]?\)|\b(?:according to|reported|estimates?|found|survey|study|studies|evidence|witness\w*|told us|argued|noted|stated|said|testified|officials)\b"
    ),
    "foreign": _any(
        r"\b(?:China|Chinese|Japan\w*|German\w*|France|French|Korea\w*|Canada|Australia\w*|India\w*|Netherlands|Singapore|Israel|foreign|abroad|overseas|international\w*|other countries|OECD|World Bank|Taiwan|Europe\w*|Nordic)\b"
    ),
    "define": _any(
        r"\b(?:refers? to|defined?|definition|means|known as|consists? of|comprises?|includes?|is an?|such as|namely|types? of|responsible for|administers?|oversees?)\b"
    ),
    "method": _any(
        r"\b(?:this (?:paper|report|study|section|chapter|brief|article)|we (?:reviewed|analy[sz]ed|interviewed|examined|assessed|received|heard|use|compare|estimate)|data|methodology|sample|interviews?|table|figure|appendix|questionnaire|regression|model|scope|objectives?)\b"
    ),
    "policy": _any(
        r"\b(?:act|law|regulation\w*|directive|statut\w+|legislation|section|enacted|congress|parliament|commission|rule|provision\w*|authorit\w+)\b"
    ),
    "ask": _any(r"\?|\b(?:how can|whether|question)\b"),
    "quote": _any(r"[“\"][^”\"]{15,}[”\"]"),
    "ours": _any(
        r"\b(?:we|our|us|the (?:department|agency|government|committee|ministry|state|city|council|commission))\b"
    ),
    "more": _any(r"\b(?:further|more|greater|better|particularly|especially|increasingly|additional|continued?)\b"),
    "worse": _any(
        r"\b(?:only|just|less than|fewer than|below|fell|falling|decreas\w+|drop\w*|lower|lowest|decline\w*|reduced|lost|slow\w*|half)\b"
    ),
}

GRAMMAR: Mapping[str, Grammar] = {"zh": _GRAMMAR_ZH, "en": _GRAMMAR_EN}
"""Patterns of one sentence, by language; every name stands in both, so that its weight is shared.

Written from reading policy prose; each was kept for what it says of an act, not for a topic.
"""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the classifier sees of one passage: `words` feed the term weights, `signals` are named numbers."""

    language: Language
    words: tuple[str, ...]
    heading_words: tuple[str, ...]
    signals: Mapping[str, float]


def observe(passages: Sequence[Passage], taxonomy: Taxonomy) -> list[Observation]:
    """What is seen of each passage of ONE document, given in reading order."""
    places = _places(passages)
    return [_observe(p, place, taxonomy) for p, place in zip(passages, places, strict=True)]


def _observe(passage: Passage, place: Mapping[str, float], taxonomy: Taxonomy) -> Observation:
    text = clean(passage.text)
    signals: dict[str, float] = {"one": 1.0, f"language:{passage.language}": 1.0}
    signals |= grammar(text, passage.language)
    signals |= _cues(text, passage.language, taxonomy)
    signals |= _headings(tuple(passage.section), taxonomy)
    signals |= _shape(passage, text)
    signals |= place
    return Observation(
        passage.language,
        tuple(words(text, passage.language, taxonomy)),
        _heading_words(tuple(passage.section[-2:]), passage.language, taxonomy),
        _shared_and_own(signals, passage.language),
    )


@lru_cache(maxsize=256)
def _heading_words(headings: tuple[str, ...], language: Language, taxonomy: Taxonomy) -> tuple[str, ...]:
    """The words of the nearest headings; kept, since the passages of a section share them."""
    joined = " ".join(headings)
    return tuple(words(clean(joined), tokens.language(joined, language), taxonomy))


def _shared_and_own(signals: Mapping[str, float], language: Language) -> dict[str, float]:
    """Each signal once for all languages and once for its own (Daumé 2007, feature augmentation).

    What both languages share is learnt from both; where they differ, each keeps its own weight. On real documents
    the model trained so beats the one with shared weights alone in both languages.
    """
    return {**signals, **{f"{language}|{name}": value for name, value in signals.items()}}


def clean(text: str) -> str:
    """The text as features see it: simplified script, converter's formula scraps as plain numbers.

    >>> clean("占 $3 1 . 8 \\\\%$ 的比例")
    '占 31.8% 的比例'
    """
    return tokens.simplify(FORMULA.sub(lambda m: FORMULA_MARKS.sub("", m[1]), text))


FORMULA = re.compile(r"\$([^$]{1,60})\$")
FORMULA_MARKS = re.compile(r"[\s\\{}]|mathrm|textcircled|~")
"""A formula as converters write it, and what is no figure in it."""


def words(text: str, language: Language, taxonomy: Taxonomy) -> list[str]:
    """The terms of a text in order: jieba words or English stems, numbers as their kind."""
    return [term for term, _, _ in placed_words(text, language, taxonomy)]


def placed_words(text: str, language: Language, taxonomy: Taxonomy) -> list[tokens.Token]:
    """The terms of a text in order with their offsets; those of Chinese are offsets in `text.lower()`."""
    if language == "en":
        return [(_term(tokens.stem_en(word)), start, end) for word, start, end in tokens.words_en(text)]
    cut = tokens.cut_zh(text.lower(), words=taxonomy.words("zh"))
    return [(_term(word), start, end) for word, start, end in cut if _TELLING.search(word)]


_TELLING = re.compile(r"\w|[。；？！：“]")
"""What of a Chinese text is a term: words, and the pauses that end a statement or announce one."""


@lru_cache(maxsize=200_000)
def _term(word: str) -> str:
    """A word as a term: figures lose their value, years stay years."""
    if re.fullmatch(r"(?:19|20)\d\d", word):
        return "<year>"
    if re.fullmatch(r"\d[\d.,:/-]*%?", word):
        return "<number>"
    return word.replace(" ", "_")


# ---------------------------------------------------------------- what the sentences do


def grammar(text: str, language: Language) -> dict[str, float]:
    """For each pattern: the share of sentences that show it, and whether the first and the last one do."""
    patterns = GRAMMAR.get(language)
    if patterns is None:
        return {}
    spans = tokens.sentences(text, language)
    if not spans:
        return {}
    parts = [text[a:b] for a, b in spans]
    signals: dict[str, float] = {}
    for name, pattern in patterns.items():
        hits = [pattern.search(part) is not None for part in parts]
        if any(hits):
            signals[f"share:{name}"] = sum(hits) / len(hits)
            signals[f"any:{name}"] = 1.0
            if hits[0]:
                signals[f"first:{name}"] = 1.0
            if hits[-1]:
                signals[f"last:{name}"] = 1.0
    for name in ("modal", "imperative", "lack", "cause", "done", "achieve", "problem"):
        count = len(patterns[name].findall(text))
        if count:
            signals[f"dense:{name}"] = math.log1p(1000 * count / (len(text) if language == "zh" else len(text) / 3))
    return signals


def _cues(text: str, language: Language, taxonomy: Taxonomy) -> dict[str, float]:
    """How many of each label's terms the passage holds, as log(1 + count), and in its opening."""
    signals: dict[str, float] = {}
    lowered = text.lower()
    opening = lowered[: 40 if language == "zh" else 120]
    for facet, label, pattern in term_patterns(taxonomy, language):
        found = len(set(pattern.findall(lowered)))
        if found:
            signals[f"terms:{facet}:{label}"] = math.log1p(found)
            if pattern.search(opening):
                signals[f"opening:{facet}:{label}"] = 1.0
    return signals


@lru_cache(maxsize=4)
def term_patterns(taxonomy: Taxonomy, language: str) -> list[tuple[str, str, re.Pattern[str]]]:
    """Facet, label and a pattern of the label's terms; nothing for a language without terms."""
    return [
        (facet.id, label.id, _one_of(label.terms[language], language))
        for facet, label in taxonomy.labels()
        if label.terms.get(language)
    ]


def _one_of(terms: Sequence[str], language: str) -> re.Pattern[str]:
    """A pattern of any of the lower-cased terms, the longest first; never matches when there are none."""
    tree: dict[str, Any] = {}
    for term in terms:
        branch = tree
        for char in term.lower():
            branch = branch.setdefault(char, {})
        branch[""] = {}
    joined = _branches(tree) or "(?!)"
    return re.compile(joined if language == "zh" else rf"\b(?:{joined})(?:s|es)?\b")


def _branches(tree: Mapping[str, Any]) -> str:
    """A pattern of the words of a tree of characters, where "" ends a word. It finds what the plain alternatives,
    longest first, find, but looks at a character once and not once a term: two to four times as fast."""
    below = [re.escape(char) + _branches(branch) for char, branch in tree.items() if char]
    if not below:
        return ""
    one = below[0] if len(below) == 1 and "" not in tree else f"(?:{'|'.join(below)})"
    return one + "?" if "" in tree else one


# ---------------------------------------------------------------- what the headings announce


@lru_cache(maxsize=256)
def _headings(section: tuple[str, ...], taxonomy: Taxonomy) -> Mapping[str, float]:
    """The acts that the headings announce, the nearest heading as level 0, by the taxonomy's heading words."""
    signals: dict[str, float] = {"depth": float(len(section))} if section else {"no heading": 1.0}
    for distance, heading in enumerate(reversed(section[-3:])):
        lowered = clean(heading).lower()
        for label, zh, en in heading_patterns(taxonomy):
            if zh.search(lowered) or en.search(lowered):
                signals[f"heading{distance}:{label}"] = 1.0
                signals[f"heading:{label}"] = 1.0
    if act := announced(section, taxonomy):
        signals[f"act:{act}"] = 1.0
    return signals


def announced(section: Sequence[str], taxonomy: Taxonomy) -> str:
    """The label whose act a path of headings announces; empty where none tells.

    The nearest heading whose head word tells counts first: a Chinese heading ends with it, an English one begins
    with it (“卡脖子”问题的成因, Causes of the shortage). Else a word anywhere in a heading, the highest first.

    >>> from policytext import taxonomy
    >>> announced(["三、困境", "（一）“卡脖子”问题的成因"], taxonomy.default())
    'cause'
    """
    for heading in reversed(section):
        if label := head_act(heading, taxonomy):
            return label
    return next((label for heading in section if (label := _told(heading, taxonomy, head_word=False))), "")


def head_act(heading: str, taxonomy: Taxonomy) -> str:
    """The label whose act the head word of one heading announces; empty where it tells none."""
    return _told(heading, taxonomy, head_word=True)


TAIL_ZH = 3
HEAD_EN = 20
"""Characters after the head word of a Chinese heading, and before that of an English one, at most."""


def _told(heading: str, taxonomy: Taxonomy, *, head_word: bool) -> str:
    lowered = clean(heading).lower().rstrip("。：: ")
    found: list[tuple[int, str]] = []
    for label, zh, en in heading_patterns(taxonomy):
        found += [(m.end(), label) for m in zh.finditer(lowered) if not head_word or len(lowered) - m.end() <= TAIL_ZH]
        found += [(-m.start(), label) for m in en.finditer(lowered) if not head_word or m.start() <= HEAD_EN]
    return max(found)[1] if found else ""


@lru_cache(maxsize=4)
def heading_patterns(taxonomy: Taxonomy) -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """Label and patterns of its heading words, Chinese and English; labels without such words are left out."""
    return [
        (label.id, _one_of(label.headings["zh"], "zh"), _one_of(label.headings["en"], "en"))
        for _, label in taxonomy.labels()
        if label.headings["zh"] or label.headings["en"]
    ]


# ---------------------------------------------------------------- where it stands


def _shape(passage: Passage, text: str) -> dict[str, float]:
    units = len(text) / 1.8 if passage.language == "zh" else len(text.split())
    signals = {"length": math.log1p(units), f"length<{_bin(units, (12, 25, 50, 100, 180))}": 1.0}
    mark = passage.item or item_mark(passage.text)
    if mark:
        signals["item"] = 1.0
        signals[f"item:{min(rank(mark) or 9, 9)}"] = 1.0
    if text.rstrip().endswith(("：", ":")):
        signals["leads in"] = 1.0
    return signals | {name: 1.0 for name, pattern in _SCARS[passage.language] if pattern.search(text.strip())}


_SCARS: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]] = {
    "zh": (
        ("cut before", re.compile(r"^[，。；、：）的了和与]")),
        ("cut after", re.compile(r"(?<![。！？：；…\d”\"’'）)\]])$")),
    ),
    "en": (
        ("cut before", re.compile(r"^[a-z]")),
        ("cut after", re.compile(r"(?<![.!?:;…\d”\"’')\]])$")),
        ("note number", re.compile(r"^\d{1,3}\s?[A-Z“\"(]")),
        ("numbered", re.compile(r"^\d{1,3}\.\s")),
        ("bullet", re.compile(r"^[•●▪\-–*]\s")),
        ("bullets", re.compile(r"•.+•", re.DOTALL)),
    ),
    "other": (),
}
"""What conversion leaves of a page: halves of sentences, footnotes among paragraphs, bullets packed in one. They say
what kind of passage it is: on real English documents the model that sees them is right three in a hundred more often."""


def _bin(value: float, edges: Sequence[float]) -> int:
    return sum(value >= edge for edge in edges)


def _places(passages: Sequence[Passage]) -> list[dict[str, float]]:
    """Position in the document and in the section, in fifths, and whether it opens or closes its section."""
    n = len(passages)
    starts = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(passages)) if a.section != b.section), n]
    places: list[dict[str, float]] = []
    for start, end in pairwise(starts):
        for i in range(start, end):
            place = {f"document fifth {min(4, 5 * i // n)}": 1.0, "document position": (i + 0.5) / n}
            if i == start:
                place["opens section"] = 1.0
            if i == end - 1:
                place["closes section"] = 1.0
            if end - start == 1:
                place["alone in section"] = 1.0
            places.append(place)
    return places


def with_neighbours(
    observations: Sequence[Observation], probabilities: Sequence[Sequence[float]], labels: Sequence[str]
) -> list[Observation]:
    """The observations of ONE document with the first pass's opinion of each passage and those around it.

    `probabilities` has a row a passage in reading order and a column a label.
    """
    n = len(observations)
    mean = [sum(row[k] for row in probabilities) / n for k in range(len(labels))]
    seen = []
    for i, observation in enumerate(observations):
        signals: dict[str, float] = {}
        for name, j in (("before", i - 1), ("after", i + 1), ("two before", i - 2), ("two after", i + 2)):
            if 0 <= j < n:
                signals |= {f"{name}:{label}": p for label, p in zip(labels, probabilities[j], strict=True)}
        signals |= {f"itself:{label}": p for label, p in zip(labels, probabilities[i], strict=True)}
        signals |= {f"document:{label}": p for label, p in zip(labels, mean, strict=True)}
        told = {**observation.signals, **_shared_and_own(signals, observation.language)}
        seen.append(Observation(observation.language, observation.words, observation.heading_words, told))
    return seen
