"""What does the first page say about the document? Title, authors, year, journal or issuer, number, DOI, and more.

Works on blocks, so PDF, Word, web pages and Markdown are asked alike. What a file says of itself outside its text
comes in two grades of trust: `said` was written for readers (a web page's citation elements, front matter) and wins;
`hints` were left by a program (the properties of a PDF or Word file) and must stand in the text to be believed.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from policytext import tokens
from policytext.read.numbering import form
from policytext.types import Block, Kind, Language, Metadata

FRONT_PAGES = 2
"""Pages on which a document says what it is: cover and imprint, or the first page of an article."""

FRONT_BLOCKS = 30
"""The same for formats without pages."""

MIN_SUBTITLE = 8
"""Characters of a subtitle that is told from a word that only happens to end the title."""

SHORT = 160
"""Characters of a line of display or imprint, at most; longer is running text, whose dates and numbers are others'."""

MAX_AUTHORS = 2000
"""Characters of a line of authors that are looked at: a hundred names."""

COVERED = 0.9
"""Share of a title's words that must stand on the first pages for the file's own title to be believed."""

_HAN = re.compile(f"[{tokens.HAN}]")

# ---------------------------------------------------------------- patterns

_YEAR = r"(?:19|20)\d\d"
_HAN_YEAR = r"[二一][〇○零九][〇○零一二三四五六七八九]{2}"
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?|Spring|Summer|Autumn|Fall|Winter)"
)
_DATE = re.compile(
    rf"({_YEAR}|{_HAN_YEAR})\s*年(?:\s*[\d一二三四五六七八九十]{{1,3}}\s*月(?:\s*[\d一二三四五六七八九十]{{1,3}}\s*日)?)?"
    rf"|({_YEAR})[-./—–]\d{{1,2}}[-./—–]\d{{1,2}}"
    rf"|(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?{_MONTH}\.?(?:\s+\d{{1,2}}(?:st|nd|rd|th)?,?|,)?\s+({_YEAR})"
    rf"|\d{{1,2}}[./]\d{{1,2}}[./]({_YEAR})",
    re.IGNORECASE,
)
"""A date that names its year, in one of four groups."""

_DATE_LABEL = (
    r"(?:(?:first |re)?published|publication date|issued|issue date|adopted|approved|released?|updated|last updated|date"
    r"|effective|done at [A-Z]\w+,?|发布时间|发布日期|公布日期|成文日期|发文日期|印发日期|出版日期|出版时间|日期|时间)"
)
_LABELLED_DATE = re.compile(
    rf"{_DATE_LABEL}(?:\s*\([^)]*\))?\s*(?:on|in|at|:|：|of)?\s*(?:[A-Z][a-z]+day,?\s+)?(?={_DATE.pattern})",
    re.IGNORECASE,
)
_AROUND_DATE = re.compile(
    r"(?:of|the|on|in|adopted|approved|updated|last|published|issued|version|released?|[A-Z][a-z]+day,?|"
    r"印发|发布|公布|通过|[\s,.:：()（）|*-])*",
    re.IGNORECASE,
)
_PRINTED_IN = re.compile(rf"\bPublished in [^()]{{3,80}}\(({_YEAR})\)")
_COPYRIGHT = re.compile(rf"(?:©|\(c\)|copyright|版权所有)\D{{0,40}}({_YEAR})", re.IGNORECASE)
_RECEIVED = re.compile(rf"(?:收稿日期|修回日期|投稿日期|收到日期|Received)\D{{0,12}}({_YEAR})", re.IGNORECASE)

_ISSUE_ZH = re.compile(
    rf"({_YEAR})\s*年\s*(?:第?\s*\d+\s*卷)?\s*[\s，,（(]*(?:\d{{1,2}}\s*月)?\s*第?\s*(\d{{1,3}})\s*期"
)
_VOLUME_ZH = re.compile(r"第\s*(\d{1,4})\s*卷")
_ISSUE_ONLY_ZH = re.compile(r"(?<![总])第\s*(\d{1,3})\s*期")
_VOLUME_EN = re.compile(r"\b(?:Vol(?:ume)?\b\.?)\s*(\d{1,4}|[IVXLC]+\b)", re.IGNORECASE)
_ISSUE_EN = re.compile(
    r"(?<!General )(?<!Serial )(?<!Total )\b(?:No\.|Nos\.|Issue|Number)\s*(\d{1,3}(?:[-–/]\d{1,3})?)(?!\d)"
)
_PAGES = re.compile(
    r"\b(?:pp?\.|pages?)\s*([A-Z]?\d{1,5}\s*[-–—]\s*[A-Z]?\d{1,5})|第?\s*(\d{1,4}\s*[-–—~～]\s*\d{1,4})\s*页",
    re.IGNORECASE,
)
_SHORT_CITATION = re.compile(rf"(\d{{1,4}})(?:\s*\((\d{{1,3}})\))?\s*[:：]\s*(\d{{1,5}}[-–—]\d{{1,5}})\s*\(({_YEAR})\)")
"""The short form in which many journals print their own citation: 33:2192–2200 (2004)."""
_ARTICLE_NUMBER = re.compile(
    rf"(\d{{4}}-\d{{3}}[\dXx])\s*[（(]\s*({_YEAR})\s*[）)]\s*(\d{{1,3}})\s*[-—–]\s*(\d{{1,5}})\s*[-—–]\s*(\d{{1,3}})(?!\d)"
)
"""A Chinese journal's 文章编号 (GB/T 16159): ISSN(year)issue-first page-number of pages."""
_DOI = re.compile(r"10\s?\.\s?\d{4,9}\s?/\s?[^\s，。；;）)\]】]+(?: [a-z]{2,5}\.? ?[\d.]+)*")
_DOI_OF_JOURNAL = re.compile(
    rf"j\.(?:cnki\.?)?(?:issn\.?)?(\d{{4}}-\d{{3}}[\dXx])\.({_YEAR})\.(\d{{2}})\.", re.IGNORECASE
)
"""How a Chinese journal's DOI is made: j.issn.ISSN.year.issue.article."""
_ISSN = re.compile(r"\bISSN[\s:：]*(\d{4}\s?[-–—]\s?\d{3}[\dXx])", re.IGNORECASE)
_JOURNAL_EN = re.compile(
    r"([A-Z][\w&.,:’' -]{3,90}?)[,.;|]?\s+(?=(?:Vol(?:ume)?\b|\d{1,4}(?:\s*\(\d{1,3}\))?\s*:\s*\d))"
)
_SERIAL_WORD = re.compile(
    r"学报|研究|评论|科学|管理|经济|论坛|杂志|学刊|导刊|月刊|季刊|双月刊|通讯|探索|论丛|问题|世界|参考|动态|战略|院刊|技术|教育|社会|政策"
)

_NUMBER_ZH = re.compile(
    r"(?:[\u4e00-\u9fff]{1,14}\s*[〔\[［(（【﹝]\s*(?:19|20)\d\d\s*[〕\]］)）】﹞]\s*(?:第\s*)?\d{1,5}\s*号"
    r"|[\u4e00-\u9fff]{2,24}(?:令|公告|决定)\s*(?:(?:19|20)\d\d\s*年)?\s*第\s*[\d一二三四五六七八九十百〇零]{1,6}\s*号"
    r"|(?:(?:19|20)\d\d\s*年)?\s*第\s*\d{1,5}\s*号)"
)
_NUMBER_LABEL = re.compile(r"(?:发\s*文\s*字\s*号|文\s*号|文件编号|编\s*号|字\s*号)\s*[:：]?\s*")
_LAW = re.compile(r"\bExecutive Order (?:No\. )?\d{4,5}\b|\bPublic Law \d{2,3}[-–]\d{1,4}\b")
_STANDARD = re.compile(
    r"\b(?:GB(?:/[TZ])?|DB\d{2}(?:/T)?|[A-Z]{2}/T|ISO(?:/IEC)?|IEC)\s?\d{2,6}(?:[.-]\d{1,3})?[-—–:](?:19|20)\d\d\b"
)
_NUMBERS_EN = (
    re.compile(r"\bGAO[-–/](?:[A-Z]{2,5}[-–/])?\d{2}[-–]\d{1,6}[A-Z]{0,3}\b"),
    re.compile(r"\b(?:COM|SWD|SEC|JOIN|C)\s?\(\d{4}\)\s?\d{1,5}(?:\s(?:final|/2))?"),
    re.compile(r"\b(?:HC|HL)\s(?:Paper\s)?\d{1,4}(?:[-–][IVX]+)?\b"),
    re.compile(r"\b(?:Cm|Cmd|Cmnd|CP)\.?\s\d{2,5}(?:[-–][IVX]+)?\b"),
    re.compile(r"\((?:EU|EC|EEC|Euratom|EU, Euratom)\)\s(?:No\s)?\d{1,4}/\d{1,4}\b"),
    re.compile(r"\b(?:Report|Paper|Briefing|Policy Brief|Note)\s+(\d{1,4}[/–-]\d{1,4})\b"),
    re.compile(
        r"\b(?:Directive|Report|Publication|Document|Circular|Docket|Policy|Working Paper|Research Paper|Policy Brief)\s+"
        r"(?:No\.?|Number|#)\s*:?\s*((?:[A-Z]{2,8}\s)?[A-Z0-9][\w./–-]*\d[\w./–-]*)"
    ),
)
_BY_NUMBER = {
    "GAO": "U.S. Government Accountability Office",
    "COM": "European Commission",
    "SWD": "European Commission",
    "SEC": "European Commission",
    "HC": "House of Commons",
    "HL": "House of Lords",
}
"""Whose numbers these are: nobody else numbers documents so."""

_TITLE_NOISE = re.compile(
    rf"(?:version|draft|revision|edition|第)\s*[\d.]+(?:\s*版)?(?:\s*\(.{{0,30}}\))?|{_DATE.pattern}|v\d+(?:\.\d+)*"
    r"|(?:version|edition)\b.{0,60}|（?(?:征求意见稿|送审稿|试行|草案)）?|\d+",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"前\s*言|序\s*言?|目\s*[录錄次]|引\s*言|摘\s*要|概\s*[述要]|附\s*件.*|contents|foreword|preface|executive summary|summary"
    r"|introduction|abstract|acknowledge?ments?|授\s*[权權]|highlights|disclaimer|glossary|references",
    re.IGNORECASE,
)
_NO_FILE_TITLE = re.compile(
    r"\.(?:docx?|pdf|indd|wps|qxd|pptx?|tex|dvi)\b|^(?:untitled|无标题|未命名|document\d*|文档\d*|新建|slide \d|powerpoint)"
    r"|^[\w.-]*\d[\w.-]*$",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"关于.{4,120}?的(?:通知|公告|决定|意见|函|报告|批复|公示|请示|通报|复函|答复|建议|提案|通告|议案)(?:（.{1,12}）)?"
)
_LETTERHEAD = re.compile(r".{2,40}(?:文件|公报|令|函|通报|简报|内参)")
_LEGAL_ACT = re.compile(
    r"(?:COMMISSION |COUNCIL |IMPLEMENTING |DELEGATED |JOINT )*(?:DIRECTIVE|REGULATION|DECISION|RECOMMENDATION|OPINION)\b.*\d",
    re.IGNORECASE,
)

_ABSTRACT = re.compile(
    r"[\[［【〔]?\s*(?:内容摘要|摘\s*要|内容提要|提\s*要|Executive Abstract|Abstract|ABSTRACT|A\s*b\s*s\s*t\s*r\s*a\s*c\s*t)\s*[\]］】〕]?\s*[:：.．]?\s*"
)
_KEYWORDS = re.compile(
    r"[\[［【〔]?\s*(?:关\s*键\s*[词詞]|关键字|主题词|Key\s?-?words?(?: and phrases)?|KEY\s?WORDS|Index Terms)\s*[\]］】〕]?\s*[:：.—-]?\s*",
    re.IGNORECASE,
)
_AFTER_KEYWORDS = re.compile(
    r"(?:\[?中图分类号|\[?分类号|文献标识码|文献标志码|文章编号|\bdoi\b|JEL\b|JEL分类|CLC\b|基金项目|收稿日期)",
    re.IGNORECASE,
)

# ---------------------------------------------------------------- names of people and bodies

SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳鲍史唐费廉岑薛雷贺"
    "倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危"
    "江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊甄曲封芮储靳井"
    "段富巫乌焦巴弓牧隗山谷车侯宓蓬全班仰秋仲伊宫宁仇栾甘厉祖武符刘景詹束龙叶幸司韶郜黎溥印宿白怀蒲从鄂索咸赖卓蔺屠蒙池乔阴胥苍双闻莘党翟谭贡劳逄姬申扶"
    "堵冉宰郦雍桑桂濮牛寿通边扈燕冀浦尚农温别庄晏柴瞿阎慕连茹习艾鱼容向古易慎戈廖庾终居衡步都耿满弘匡国文寇广禄阙东欧利蔚越师巩聂晁勾敖冷辛阚那简饶"
    "曾沙养鞠须丰关查后荆红游竺权盖益桓公肖岳帅亢况郗有琴商海佟付仝代敬闫要覃苟牟楚初邸战纳涂展佘丛苑西妥药仉亓隋冼缑萨栗郄门"
    "趙錢孫鄭馮陳衛蔣韓楊許張嚴華謝鄒蘇馬鳳費賀湯羅畢時傅齊顧黃蕭談龐紀項閔賈婁顏鍾駱凌萬盧經應單諸龔陸榮榮儲烏車寧厲劉葉龍黎蒙喬黨譚"
    "賴連習鄺關蔣鄧葉寶莊閻趙歐國廣東師鞏聶饒豐遊權蓋岳於"
)
"""The usual Chinese surnames of one character, in both scripts."""

COMPOUND = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "司徒",
    "令狐",
    "夏侯",
    "歐陽",
    "司馬",
    "諸葛",
)
"""Surnames of two characters."""

_BODY_ZH = re.compile(
    r"大学|学院|学校|研究[院所室会]|中心|委员会|公司|[部委局厅署院处所]$|编辑部|协会|学会|基金会|政府|银行|实验室|智库|课题组|编写组|联盟|办公[厅室]"
)
_PLACE = re.compile(
    r"(?:[1１]\s*[.．]?\s*)?(?:中国|中华|国家|国务院|全国|中共|中央|(?:北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南"
    r"|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|清华|复旦|南京|武汉|兰州|西北|西南|华东|华中|华南)"
    r"(?=[\u4e00-\u9fff\s]{0,24}(?:大学|学院|研究[院所]|中心|公司|委员会|[局厅])))"
)
"""Where an affiliation begins that a converter glued to the names."""
_BODY_END = (
    r"大学|学院|研究[院所会]|研究中心|委员会|公司|[部局厅署]|办公[厅室]|政府|协会|学会|基金[会會]|银行|智库|联盟|中央"
)
_GROUP = re.compile(
    r"[\u4e00-\u9fffA-Za-z《》“”]{4,40}(?:课题组|编写组|编辑部|调研组|项目组|联合调查组|研究组|工作组|評論員|评论员)"
)
_BODY_EN = re.compile(
    r"\b(?:Universit\w+|Institut\w+|Department|Ministry|Office|Agency|Commission|Council|Committee|Bureau|Authority|Centre|"
    r"Center|School|Faculty|College|Academy|Laborator\w+|Foundation|Bank|Board|Administration|House|Service|Association|"
    r"Union|Parliament|Government|Organi[sz]ation|Inc|Ltd|LLP|Corporation|Group|Network|Programme|Division|Register|"
    r"Secretariat|Federation|Society|Treasury|Cabinet|Archives|Hospital|Company|Kingdom|Republic|Review|Journal|Report)\b"
)
_NOT_A_BODY = re.compile(
    r"^(?:report|testimony|statement|before|presented|for|to|by|this|the following|a|an|we|in|on|prepared|note|see|of|and|our|all)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset("van von de der den del della di da dos du la le el al bin ibn ter ten zu y and".split())  # noqa: SIM905  # words on a line can be read
_SUFFIXES = re.compile(r"(?:Jr|Sr|II|III|IV|Ph\.?\s?D|M\.?D|Esq|J\.?D|MBA|CPA|DPhil|FRS|OBE)\.?", re.IGNORECASE)
_NO_NAME = frozenset(
    (  # noqa: SIM905  # words on a line can be read
        "the a an of for to in on at with from by report annual national policy paper contents volume issue version draft "
        "final summary introduction highlights chapter part section figure table appendix annex what why how page "
        "january february march april may june july august september october november december monday tuesday wednesday "
        "thursday friday saturday sunday executive working discussion research brief strategy plan guidelines act bill "
        "law rules accountability integrity reliability public press release"
    ).split()
)
_BYLINE = re.compile(
    r"(?:(?:written|prepared|authored|edited|translated)\s+by|by|authors?|statement of|testimony of|lead authors?"
    r"|作\s*者|撰\s*稿(?:人)?|[执執]\s*[笔筆](?:人)?|[编編]\s*[写寫](?:人)?|研究[编編][写寫]|主\s*[编編]|文)\s*(?:[:：|｜/／]|(?<=[Bb]y)\s|(?<=of)\s)\s*",
    re.IGNORECASE,
)
_ABOUT_AUTHORS = re.compile(
    r"[*＊∗]?\s*[\[［【]?\s*(?:作者简介|第一作者(?:简介)?|作者介绍|About the authors?)\s*[\]］】]?\s*[:：]?",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[\d¹²³⁴⁵⁶⁷⁸⁹⁰①-⑳*＊∗†‡§#‘’”]+(?:\s?[,，.．、]\s?[\d¹²³⁴⁵⁶⁷⁸⁹⁰*＊∗†‡]+)*")


# ---------------------------------------------------------------- the whole


@dataclass(frozen=True, slots=True)
class _Front:
    """The document's opening: what stands on its first pages in order, with their text squeezed for look-ups."""

    blocks: tuple[Block, ...]
    every: tuple[Block, ...]
    han: bool

    @property
    def lines(self) -> Iterator[str]:
        """Lines of display and imprint; running text is left out."""
        for block in self.blocks:
            if block.kind in ("reference", "toc", "table", "abstract", "keywords"):
                continue
            for line in block.text.split("\n"):
                if len(line) <= SHORT:
                    yield line.strip()

    @property
    def edges(self) -> list[str]:
        """Running heads and feet of the first pages, the first page's first."""
        return [b.text for b in self.blocks if b.kind in ("header", "footer")]


def metadata_of(
    blocks: Sequence[Block], *, said: Metadata | None = None, hints: Metadata | None = None, made: int | None = None
) -> Metadata:
    """What the document says of itself, empty where it doesn't.

    `said` is the file's own word to readers and wins; `hints` are believed where the text bears them out; `made` is
    the year of the file's creation, taken as a last resort and told by `year_from`.
    """
    said, hints = said or Metadata(), hints or Metadata()
    blocks = _whole_labels(blocks)
    languages = _languages(blocks)
    front = _Front(_opening(blocks), tuple(blocks), languages[:1] == ("zh",))
    title, parallel = _titles(front, hints)
    title = said.title or title
    serial = _serial(front, title)
    year = said.year or _year(front, serial)
    number = said.number or _number(front, title)
    names = said.authors or _authors(front, title, hints)
    return Metadata(
        title=title,
        authors=names,
        year=year or hints.year or made,
        journal=said.journal or serial.journal,
        issuer=said.issuer
        or ("" if serial.journal or serial.issn else _issuer(front, title, number, hints, signed=bool(names))),
        number=number,
        doi=said.doi or _doi(front) or hints.doi,
        keywords=said.keywords or _keywords(blocks) or hints.keywords,
        languages=languages or said.languages,
        parallel_title=said.parallel_title or parallel,
        abstracts=said.abstracts or _abstracts(blocks),
        volume=said.volume or serial.volume,
        issue=said.issue or serial.issue,
        pages=said.pages or serial.pages,
        issn=said.issn or serial.issn,
        year_from="text" if year or hints.year else "file" if made else "",
    )


def told_apart(blocks: Sequence[Block], metadata: Metadata) -> tuple[Block, ...]:
    """The blocks with those lines of the first pages that only say what `metadata` holds marked as such.

    A cover's authors become `author`, its subtitle `title`, its date, number and issuing body `note`: nobody argues
    with them.
    """
    front = {id(block) for block in _opening(blocks)}
    return tuple(
        replace(b, kind=kind, level=None)
        if id(b) in front
        and b.kind in ("title", "paragraph", "heading")
        and (kind := _told_by(b.text.strip(), metadata))
        else b
        for b in blocks
    )


def _told_by(text: str, metadata: Metadata) -> Kind | None:
    if len(text) > SHORT or "\n" in text:
        return None
    names = _names(text)
    if names and set(names) <= set(metadata.authors):
        return "author"
    if len(text) >= MIN_SUBTITLE and metadata.title.endswith(f": {text}"):
        return "title"
    date = _DATE.search(text)
    number = metadata.number and metadata.number in text and len(text) <= len(metadata.number) + 20
    dated = date is not None and _stands_alone(text, date)
    return "note" if dated or number or (metadata.issuer and text == metadata.issuer) else None


def _whole_labels(blocks: Sequence[Block]) -> list[Block]:
    """The blocks with a label whole again that was set so wide that its second character went on its own."""
    whole: list[Block] = []
    for block in blocks:
        if whole and whole[-1].text.strip() == "摘" and re.match(r"要\s*[:：]?", block.text):
            whole[-1] = replace(block, kind="abstract", text=f"摘{block.text}")
        else:
            whole.append(block)
    return whole


def _opening(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks of the first pages on which anything stands."""
    first = next((b.page for b in blocks if b.page and b.kind not in ("header", "footer")), None)
    if first is None:
        return tuple(blocks[:FRONT_BLOCKS])
    last = max(FRONT_PAGES, first)
    return tuple(b for b in blocks if b.page and b.page <= last)


def _languages(blocks: Iterable[Block]) -> tuple[Language, ...]:
    """Languages of the running text, that of most characters first; what is under a twentieth is a quotation."""
    counts: Counter[Language] = Counter()
    for block in blocks:
        if block.kind in ("paragraph", "abstract", "list_item"):
            language = tokens.language(block.text)
            counts[language] += len(block.text) * (2 if language == "zh" else 1)
    del counts["other"]
    return tuple(language for language, n in counts.most_common() if 20 * n >= counts.total())


def _is_han(text: str) -> bool:
    return 4 * len(_HAN.findall(text)) >= len(re.sub(r"\s", "", text)) > 0


# ---------------------------------------------------------------- titles


def _titles(front: _Front, hints: Metadata) -> tuple[str, str]:
    """The title with its subtitle, and the title in another language."""
    lines = _title_lines(front)
    title = _joined_title(lines)
    parallel = next((t for t in lines if _is_han(t) != _is_han(title) and len(t) > 8), "") if title else ""
    if title and not parallel:
        parallel = _parallel(front, title)
    if front.han and parallel and _is_han(parallel) and not _is_han(title):
        title, parallel = parallel, title
    return _confirmed(title, front, hints) or _legal_act(front) or _stand_in(front), parallel


def _title_lines(front: _Front) -> list[str]:
    """The title blocks that stand together and first; a notice's own title if one is among them."""
    own: list[str] = []
    last = -1
    page = next((b.page for b in front.blocks if b.kind == "title"), None)
    cover = page is not None and not any(len(b.text) > 2 * SHORT for b in front.blocks if b.page == page)
    for i, block in enumerate(front.blocks):
        below = cover and len(own) == 1 and i == last + 1 and _is_subtitle(front.blocks, i, page)
        if block.kind != "title" and not below:
            continue
        text = block.text.strip().rstrip("*∗＊ ")
        if _NOTICE.search(text):
            return [text]
        if (
            own
            and i - last > 1
            and any(b.kind not in ("note", "header", "figure_text") for b in front.blocks[last + 1 : i])
        ):
            break
        last = i
        if not (_is_noise(text) or (own and _names(text))):
            own.append(text)
    if len(own) > 1 and _LETTERHEAD.fullmatch(own[0]) and _is_han(own[0]):
        own = own[1:]
    return own


def _is_subtitle(blocks: Sequence[Block], i: int, page: int | None) -> bool:
    """Whether what looks like a heading under a cover's title goes with it: no number, and no text of its own."""
    block = blocks[i]
    plain = block.kind == "paragraph" and len(block.text) <= SHORT and not re.search(r"[.。!?！？:：;；]$", block.text)
    if not (block.kind == "heading" or plain) or block.page != page or form(block.text) is not None:
        return False
    after = blocks[i + 1] if i + 1 < len(blocks) else None
    return after is None or after.page != page or len(after.text) <= 100


def _joined_title(lines: Sequence[str]) -> str:
    title = ""
    for line in lines:
        if not title:
            title = line
        elif _is_han(line) != _is_han(title):
            break
        elif re.search(r"[:：—–-]$", title) or re.match(r"[—–(（]", line):
            title += line if _is_han(line) or title.endswith(("—", "–")) else f" {line}"
        elif _is_han(title):
            title += f"：{line}"
        else:
            goes_on = line[:1].islower() or re.search(r"\b(?:and|of|the|for|in|on|to|a|with|from|by)$", title)
            title += f" {line}" if goes_on else f": {line}"
    return re.sub(r"\s+", " ", title).strip()


def _parallel(front: _Front, title: str) -> str:
    """A title in the other script: journals print it under the first abstract or behind the references."""
    for i, block in enumerate(front.every):
        text = block.text.strip()
        if block.kind not in ("title", "heading") or not 8 < len(text) <= 300 or _is_han(text) == _is_han(title):
            continue
        near = [b.text for b in front.every[i + 1 : i + 7]]
        if any(_ABSTRACT.match(t) and _is_han(t) == _is_han(text) for t in near):
            for n, after in enumerate(front.every[i + 1 : i + 4], i + 2):
                signed = _names(after.text) and front.every[n : n + 1] and front.every[n].kind != "author"
                if after.kind != block.kind or signed or _is_han(after.text) != _is_han(text):
                    break
                text = _glued((text, after.text))
            return re.sub(r"\s+", " ", text)
    return ""


def _confirmed(title: str, front: _Front, hints: Metadata) -> str:
    """The title, or the file's own one where the text bears it out and it is the better: whole, or not in capitals."""
    told = re.sub(r"^(?:Microsoft (?:Word|PowerPoint) - )", "", hints.title).strip()
    told = re.sub(r"\s+[-–|]\s+[A-Z][\w.·]+$", "", told)  # the name of a site
    for number in _NUMBERS_EN[:4]:
        told = re.sub(rf"^{number.pattern}[\s,:;-]*", "", told)
    if len(told) < 6 or _NO_FILE_TITLE.search(told):
        return title
    words = _words(told)
    text = set(_words(" ".join(b.text for b in front.blocks)))
    borne_out = sum(w in text for w in words) >= COVERED * len(words) > 0
    if not borne_out:
        return title if title or any(b.page == 1 for b in front.blocks) else told
    if not title:
        return told
    if _words(title) == words:
        return told if title.isupper() and not told.isupper() else title
    cut = title.count("(") != title.count(")") or title.count("“") != title.count("”") or title[:1].islower()
    inside = set(_words(title)) <= set(words)
    return told if cut and inside else title


def _words(text: str) -> list[str]:
    """Latin words in lower case and single Chinese characters."""
    return re.findall(f"[{tokens.HAN}]|[a-z0-9]+", re.sub(r"[’‘]", "'", text.lower()))


def _legal_act(front: _Front) -> str:
    """An act's title in the form of the European Union: its kind and number, its date, and what it is on."""
    blocks = [b for b in front.blocks if b.kind not in ("header", "footer")]
    for i, block in enumerate(blocks):
        text = re.sub(r"^\W*(?:[A-Z]\d?\s+)?(?=[A-Z]{3})", "", block.text).strip()
        if not _LEGAL_ACT.match(text) or len(text) > SHORT:
            continue
        parts = [text]
        for after in blocks[i + 1 : i + 4]:
            if not re.match(
                r"(?:of \d|on |amending |laying |establishing |concerning |supplementing |repealing )", after.text
            ):
                break
            parts.append(after.text)
        if len(parts) > 1:
            return re.sub(r"\s+", " ", " ".join(parts))
    return ""


def _stand_in(front: _Front) -> str:
    """For a document without a title's look: the running head of most pages, the first heading, the first short line."""
    heads: Counter[str] = Counter()
    pages = len({b.page for b in front.every if b.page})
    for block in front.every:
        text = re.sub(r"^\d+\s+|\s+\d+$", "", block.text).strip()
        if (
            block.kind in ("header", "footer")
            and len(_words(text)) >= 4
            and not _is_serial(text)
            and not _DATE.search(text)
        ):
            heads[text] += 1
    running = heads.most_common(1)
    if (
        running
        and running[0][1] >= max(3, pages / 3)
        and not re.search(r"https?:|www\.|©|page \d", running[0][0], re.IGNORECASE)
    ):
        return running[0][0]
    first = next((b.text for b in front.blocks if b.kind == "heading" and _may_be_title(b.text)), "")
    if first:
        return first
    opening = next((b.text for b in front.blocks if b.kind not in ("header", "footer", "note", "toc")), "")
    return opening if len(opening) <= 50 and _may_be_title(opening) else ""


def _is_noise(text: str) -> bool:
    """Whether a line in display type is a version, a date or the name of a part rather than a title."""
    date = _DATE.search(text)
    dated = date is not None and _stands_alone(text, date)
    return dated or _TITLE_NOISE.fullmatch(text) is not None or _NO_TITLE.fullmatch(text) is not None


def _may_be_title(text: str) -> bool:
    return not _is_noise(text) and len(_words(text)) > 1


# ---------------------------------------------------------------- people


def _authors(front: _Front, title: str, hints: Metadata) -> tuple[str, ...]:
    """The persons or the group that sign, as they write themselves, in their order."""
    blocks = front.blocks
    at = next((i for i, b in enumerate(blocks) if b.kind == "title"), None)
    if at is not None:
        page = blocks[at].page
        near = [
            b.text for b in blocks[at + 1 :] if b.page == page and b.kind in ("author", "title") and b.text not in title
        ]
        found = _same_script(map(_names, near), han=front.han) or _on_cover(blocks[at + 1 :], page)
        if found:
            return found
    for line in front.lines:
        label = _BYLINE.match(line)
        if label and (found := _names(line[label.end() :])):
            return found
    for block in front.blocks:
        if (label := _ABOUT_AUTHORS.match(block.text)) and (found := _described(block.text[label.end() :])):
            return found
    if at is not None:  # some formats and converters don't tell an author's line from text
        after = [b for b in blocks[at + 1 : at + 4] if b.kind in ("paragraph", "heading") and len(b.text) <= SHORT]
        if any(_ABSTRACT.search(b.text) or b.kind in ("abstract", "keywords") for b in blocks[at + 1 : at + 8]):
            found = _same_script([_names(b.text) for b in after], han=front.han)
            if found:
                return found
    # A program writes down who sat at the keyboard; nobody logs in as two persons.
    text = re.sub(r"\s", "", " ".join(b.text for b in blocks if b.kind not in ("reference", "footnote")))
    persons = all(_names(a) for a in hints.authors)
    told = all(re.sub(r"\s", "", a) in text for a in hints.authors) or len(hints.authors) > 1
    return hints.authors if persons and told else ()


def _on_cover(blocks: Sequence[Block], page: int | None) -> tuple[str, ...]:
    """Several names on a line of a cover, which may stand anywhere below the title; one could be a place's name."""
    here = [b for b in blocks if b.page == page is not None]
    if any(len(b.text) > 2 * SHORT for b in here):
        return ()
    lines = [_names(line) for b in here if b.kind not in ("header", "footer") for line in b.text.split("\n")]
    return next((names for names in lines if len(names) > 1), ())


def _same_script(lists: Iterable[tuple[str, ...]], *, han: bool) -> tuple[str, ...]:
    """The names of the lines in the document's script, else of the first line that has any."""
    lists = [names for names in lists if names]
    own = [name for names in lists if _is_han(names[0]) == han for name in names]
    return tuple(dict.fromkeys(own or (lists[0] if lists else ())))


def _described(text: str) -> tuple[str, ...]:
    """The names that open the parts of a note on the authors: 李某某，某大学教授；王某某，…"""
    names: list[str] = []
    for part in re.split(r"[;；]|。(?=\S)", text):
        name = re.match(r"\s*([\u4e00-\u9fff]\s?[\u4e00-\u9fff]{1,3}(?:·[\u4e00-\u9fff]+)?)\s*[（(,，、]", part)
        if name and (found := _names(name[1])):
            names += found
    return tuple(dict.fromkeys(names))


def _names(text: str) -> tuple[str, ...]:
    """The names in a line of authors; empty where it is something else.

    >>> _names("林晓舟1，沈 青2（南湖大学，南湖 430000）"), _names("Ada M. Lovage, Jr., and Tom van der Berg*")
    (('林晓舟', '沈青'), ('Ada M. Lovage, Jr.', 'Tom van der Berg'))
    >>> _names("Highlights of the Report"), _names("南湖大学公共管理学院")
    ((), ())
    """
    text = re.split(r"摘\s*要|Abstract\s*[:：]", text[:MAX_AUTHORS])[0]
    label = _BYLINE.match(text)
    text = text[label.end() :] if label else text
    return _names_zh(text) if _is_han(text) else _names_en(text)


def _names_zh(text: str) -> tuple[str, ...]:
    if group := _GROUP.fullmatch(re.sub(r"\s", "", text)):
        return (group[0],)
    text = re.sub(r"[（(【\[].*$", "", text.split("\n")[0])
    if (place := _PLACE.search(text)) and place.start() >= 2:
        text = text[: place.start()]
    text = re.sub(r"\s*(?:著|译|編著|编著|整理|执笔|撰)\s*$", "", _MARKS.sub(" ", text))
    # Whatever is neither a name's character nor parts names is ornament, or a raised mark that was misread.
    text = re.sub(f"[^{tokens.HAN}A-Za-z·•・,，、;；/|]+|(?<=[{tokens.HAN}])[A-Za-z](?![A-Za-z])", " ", text)
    found: list[str] = []
    listed = [p for part in re.split(r"[,，、;；/|]+", text) if (p := re.sub(r"\s", "", part))]
    known = sum(map(_is_name_zh, listed))
    if 2 * known > len(listed) > 1 and all(_may_be_name_zh(p) for p in listed):
        return tuple(listed)  # a rare surname among others
    for part in re.split(r"[,，、;；/|]+", text):
        pieces = part.split()
        if not pieces:
            continue
        own = _cut_names(pieces)
        if own is None:
            # An affiliation that a converter glued on ends the names.
            own = next((cut for n in range(min(len(pieces) - 1, 30), 0, -1) if (cut := _cut_names(pieces[:n]))), None)
            return tuple(found + (own or [])) if own or found else ()
        found += own
    return tuple(found)


def _cut_names(pieces: Sequence[str]) -> list[str] | None:
    """Pieces between blanks as names, or None: a blank parts names, or the two characters of a short one.

    Where some piece is no name by itself the whole is cut anew, so that every name begins with a surname.
    """
    known = sum(map(_is_name_zh, pieces))
    if known == len(pieces) or (2 * known > len(pieces) > 2 and all(map(_may_be_name_zh, pieces))):
        return list(pieces)
    if len(pieces) == 1 and _BODY_ZH.search(pieces[0]):
        return None
    text = "".join(pieces)
    if len(text) > 60 or not re.fullmatch(f"[{tokens.HAN}]+", text) or _BODY_ZH.search(text):
        return None
    edges, at = set(), 0
    for piece in pieces:
        at += len(piece)
        edges.add(at)
    best: list[tuple[float, list[str]] | None] = [(0.0, [])] + [None] * len(text)
    for end in range(2, len(text) + 1):
        for length in (2, 3, 4):
            before = best[end - length] if end >= length else None
            name = text[end - length : end]
            if before is None or not _is_name_zh(name):
                continue
            # Three characters are the rule; a name doesn't run over a blank unless it is two characters set apart.
            inner = [e for e in edges if end - length < e < end]
            cost = {2: 0.4, 3: 0.0, 4: 0.6}[length] + (0.0 if length == 2 else 1.0) * len(inner) - 0.3 * (end in edges)
            score = before[0] - cost
            if best[end] is None or score > (best[end] or (0.0, []))[0]:
                best[end] = (score, [*before[1], name])
    whole = best[len(text)]
    return whole[1] if whole else None


def _may_be_name_zh(text: str) -> bool:
    shape = f"[{tokens.HAN}]{{2,4}}|[{tokens.HAN}]{{1,6}}(?:[·•・][{tokens.HAN}]{{1,8}})+"
    return re.fullmatch(shape, text) is not None and _BODY_ZH.search(text) is None


def _is_name_zh(text: str) -> bool:
    if not _may_be_name_zh(text):
        return False
    if re.search("[·•・]", text):
        return True
    if text.startswith(COMPOUND):
        return len(text) >= 3
    return text[0] in SURNAMES and (len(text) <= 3 or text[1] in SURNAMES)


def _names_en(text: str) -> tuple[str, ...]:
    text = re.sub(r"\([^)]*\)|\S+@\S+", "", _MARKS.sub(" , ", text)).replace("·", ",")
    parts = [
        p.strip(" .") + ("." if re.search(r"\b[A-Z]\.$|\bJr\.$|\bSr\.$", p.strip()) else "")
        for p in re.split(r"[,;|]|\band\b|&|\n", text)
    ]
    names: list[str] = []
    for part in filter(None, parts):
        if names and _SUFFIXES.fullmatch(part):
            if re.match(r"(?:Jr|Sr|I)", part):
                names[-1] += f", {part}"
        elif _is_name_en(part):
            names.append(part)
        else:
            return tuple(names) if names and _BODY_EN.search(part) else ()
    return tuple(names)


def _is_name_en(text: str) -> bool:
    words = re.sub(r"^(?:Dr|Prof|Professor|Mr|Mrs|Ms|Sir|Dame|Lord|Lady)\.?\s+", "", text).split()
    if not 2 <= len(words) <= 5 or _BODY_EN.search(text) or re.search(r"[\d:?!/()\"“”]", text):
        return False
    if any(word.lower() in _NO_NAME for word in words):
        return False
    proper = [w for w in words if w.lower() not in _PARTICLES]
    if len(proper) < 2 or not all(re.match(r"[^\W\d_a-z]", w) for w in proper):
        return False
    return any(len(w.strip(".")) > 1 for w in proper)


# ---------------------------------------------------------------- journals


@dataclass(frozen=True, slots=True)
class _Serial:
    """Where in a journal an article stands."""

    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    issn: str = ""
    year: int | None = None


def _is_serial(text: str) -> bool:
    return any(p.search(text) for p in (_ISSUE_ZH, _VOLUME_ZH, _VOLUME_EN, _SHORT_CITATION, _ISSUE_ONLY_ZH))


def _serial(front: _Front, title: str) -> _Serial:
    """Journal, volume, issue and pages as running heads, the article's number and its DOI tell them."""
    text = _every_line(front)
    edges = [t for t in dict.fromkeys(front.edges) if len(t) <= SHORT]
    shown = [t for t in edges if _is_serial(t)] or [t for t in front.lines if _is_serial(t) and len(t) <= 100][:2]
    head = " ".join(dict.fromkeys([*shown, *edges])) if shown else ""
    found = _Serial()
    if m := _ARTICLE_NUMBER.search(text):
        first, count = int(m[4]), int(m[5])
        pages = f"{first}-{first + count - 1}" if count > 1 else str(first)
        found = _Serial("", "", str(int(m[3])), pages, m[1].upper(), int(m[2]))
    elif m := _DOI_OF_JOURNAL.search(re.sub(r"\s", "", text)):
        found = _Serial("", "", str(int(m[3])), "", m[1].upper(), int(m[2]))
    if m := _SHORT_CITATION.search(text):
        found = replace(found, volume=m[1], issue=m[2] or "", pages=_dashed(m[3]), year=int(m[4]))
    elif head:
        zh, volume = _ISSUE_ZH.search(head), _VOLUME_ZH.search(head) or _VOLUME_EN.search(head)
        issue = zh[2] if zh else next((m[1] for p in (_ISSUE_ONLY_ZH, _ISSUE_EN) if (m := p.search(head))), "")
        pages_ = _PAGES.search(head)
        year = (
            int(zh[1])
            if zh
            else next((int(m[0]) for t in shown if (m := re.search(rf"(?<!\d){_YEAR}(?!\d)", t))), None)
        )
        found = replace(
            found,
            volume=volume[1] if volume else "",
            issue=found.issue or issue.lstrip("0"),
            pages=found.pages or (_dashed(pages_[1] or pages_[2]) if pages_ else ""),
            year=found.year or year,
        )
    journal = _journal(front, edges, shown, title)
    issn = _ISSN.search(text)
    if issn:
        found = replace(found, issn=re.sub(r"\s", "", issn[1]).replace("–", "-").replace("—", "-").upper())
    if journal and not found.pages and (found.volume or found.issue):
        found = replace(found, pages=_printed_pages(front.every))
    if not journal and not found.issn:
        return _Serial(year=found.year if found.issue and found.volume else None)
    return replace(found, journal=journal)


def _every_line(front: _Front) -> str:
    return "\n".join(b.text for b in front.blocks if b.kind not in ("reference", "table", "toc"))


def _dashed(pages: str) -> str:
    return re.sub(r"\s*[-–—~～]\s*", "-", pages)


def _journal(front: _Front, edges: Sequence[str], shown: Sequence[str], title: str) -> str:
    """The journal's name: what is left of a running head beside volume, issue and date, or stands by itself there."""
    if not shown:
        return ""
    for text in shown:
        if (m := _JOURNAL_EN.search(text)) and not _is_han(text) and not _names(m[1]) and m[1].strip() not in title:
            return re.sub(r"^Published in\s+", "", m[1].strip(" ,"))
    names: list[str] = []
    for text in [*shown, *edges]:
        rest = text
        for pattern in (_ISSUE_ZH, _VOLUME_ZH, _ISSUE_ONLY_ZH, _VOLUME_EN, _PAGES, _DATE):
            rest = pattern.sub(" ", rest)
        rest = re.sub(
            r"[（(]?\s*总\s*第?\s*\d+\s*期\s*[）)]?|\b(?:General |Serial |Sum )?No\.?\s?\d+|\b\d+\b|ISSN\S*|CN\s?[\d-]+/\w+",
            " ",
            rest,
        )
        rest = re.sub(r"[（(]\s*[）)]|[·•|]", " ", rest).strip(" ，,。.;；:：-—–　")
        rest = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", rest)
        same = _words(rest) and (
            set(_words(rest)) <= set(_words(title)) or "".join(_words(title)) in "".join(_words(rest))
        )
        if len(rest) < 2 or len(rest) > 80 or same or _names(rest) or re.search(r"https?:|www\.|@|et al", rest):
            continue
        names.append(rest)
    own = [n for n in names if _is_han(n) == front.han]
    if front.han:
        own = sorted(own, key=lambda n: _SERIAL_WORD.search(n) is None)
        own = [n for n in own if len(n) <= 25]
    else:
        own = [n for n in own if re.match(r"[A-Z]", n) and len(n.split()) <= 12]
    return own[0] if own else ""


def _printed_pages(blocks: Sequence[Block]) -> str:
    """First and last page as the article's own page numbers count them; empty where they don't count steadily."""
    shifts: Counter[int] = Counter()
    pages = {b.page for b in blocks if b.page}
    for block in blocks:
        if (
            block.page
            and block.kind in ("header", "footer")
            and (m := re.fullmatch(r"\D{0,3}(\d{1,5})\D{0,3}", block.text))
        ):
            shifts[int(m[1]) - block.page] += 1
    if not shifts or not pages:
        return ""
    shift, n = shifts.most_common(1)[0]
    first, last = 1 + shift, max(pages) + shift
    return (f"{first}-{last}" if last > first else str(first)) if n >= max(1, len(pages) / 2 - 1) and first > 0 else ""


def _doi(front: _Front) -> str:
    for block in front.blocks:
        own = block.kind not in ("reference", "footnote", "paragraph") or re.search(
            r"\bdoi\b", block.text, re.IGNORECASE
        )
        if own and (m := _DOI.search(block.text)):
            return re.sub(r"\s", "", m[0]).rstrip(".,")
    return ""


# ---------------------------------------------------------------- year


def _year(front: _Front, serial: _Serial) -> int | None:
    """The year of publication: what the issue says, then a date so called, the document's number, a date by itself,
    the copyright, and at last the year in which a manuscript was received."""
    if serial.year:
        return serial.year
    text = _every_line(front)
    if m := _PRINTED_IN.search(text):
        return int(m[1])
    lines = list(front.lines)
    for line in [*lines, *_imprint(front.every)]:
        if (m := _LABELLED_DATE.search(line)) and not _RECEIVED.search(line) and (d := _DATE.match(line, m.end())):
            return _year_of(d)
    for line in lines:
        if _NUMBER_ZH.fullmatch(_unlabelled(line)) and (m := re.search(_YEAR, line)):
            return int(m[0])
    alone = [d for line in [*lines, *_signatures(front.every)] if (d := _DATE.search(line)) and _stands_alone(line, d)]
    if alone:
        return _year_of(alone[0])
    for pattern in (_COPYRIGHT, _RECEIVED):
        if m := pattern.search("\n".join([text, *_imprint(front.every)])):
            return int(m[1])
    dated = [d for line in front.edges if (d := _DATE.search(line))]
    return _year_of(dated[0]) if dated else None


_IMPRINT = re.compile(
    r"(?:Publication date|(?:First )?published|Issued|出版日期|出版时间|©|.{0,20}copyright)\b", re.IGNORECASE
)


def _imprint(blocks: Sequence[Block]) -> Iterator[str]:
    """Lines of the last page that tell of the publication itself: some documents have their imprint there."""
    last = max((b.page or 0 for b in blocks), default=0)
    for block in blocks[-40:]:
        own = block.page == last > FRONT_PAGES and block.kind not in ("reference", "footnote")
        if own and len(block.text) <= SHORT and _IMPRINT.match(block.text):
            yield block.text


def _signatures(blocks: Sequence[Block]) -> Iterator[str]:
    """Short lines after the text: a notice is dated where it is signed."""
    for block in blocks:
        if block.kind in ("note", "paragraph") and len(block.text) <= 40:
            yield block.text


def _stands_alone(line: str, date: re.Match[str]) -> bool:
    rest = (line[: date.start()], line[date.end() :])
    return all(_AROUND_DATE.fullmatch(part) for part in rest) or (
        len(line) <= 60 and _AROUND_DATE.fullmatch(rest[0]) is not None and rest[1][:1] in "|"
    )


_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")


def _year_of(date: re.Match[str]) -> int:
    return int(next(filter(None, date.groups())).translate(_DIGITS))


# ---------------------------------------------------------------- number and issuer


def _unlabelled(line: str) -> str:
    return _NUMBER_LABEL.sub("", line, count=1).strip(" 　()（）")


def _number(front: _Front, title: str) -> str:
    """The number a body gave the document, as it writes it; numbers of others that a text cites are not taken."""
    lines = list(front.lines)
    for line in lines:
        if m := _NUMBER_ZH.fullmatch(_unlabelled(line)):
            return re.sub(r"\s", "", m[0])
    if m := re.search(rf"[（(]\s*({_NUMBER_ZH.pattern})\s*[）)]$", title):
        return re.sub(r"\s", "", m[1])
    first = next((b.page for b in front.blocks if b.page), None)
    own = [title] + [
        line
        for b in front.blocks
        if b.kind not in ("reference", "footnote", "toc", "table") and b.page == first
        for line in b.text.split("\n")
        if len(line) <= SHORT and not re.search(r"[。]$", line)
    ]
    if m := _STANDARD.search(title) or next((m for line in own[:8] if (m := _STANDARD.fullmatch(line))), None):
        return m[0]
    if m := _LAW.search(title):
        return m[0]
    for pattern in _NUMBERS_EN:
        for line in own:
            if m := pattern.search(line):
                return (m[1] if m.groups() else m[0]).strip("() ") if pattern is not _NUMBERS_EN[4] else m[0]
    return ""


def issuer_of(title: str) -> str:
    """The body that issues a document, as the title of a notice begins with it; empty where it doesn't.

    >>> issuer_of("南湖县人民政府办公室关于改善县域冷链物流的通知"), issuer_of("关于冷链的思考")
    ('南湖县人民政府办公室', '')
    """
    found = re.match(
        r"([\u4e00-\u9fff、\s]{2,40}?(?:[院部委局厅署会府室行]|法院|中央))\s*(?:关于|印发|令|公告|发布)", title
    )
    return re.sub(r"\s+", " ", found[1]) if found else ""


def _issuer(front: _Front, title: str, number: str, hints: Metadata, *, signed: bool) -> str:
    """The body that issues the document, by whatever tells it first; empty where nothing does.

    A body alone on a line under a paper that persons signed is where they work.
    """
    paper = signed and any(b.kind in ("abstract", "keywords") for b in front.blocks)
    official = _NOTICE.search(title) is not None or _NUMBER_ZH.fullmatch(number) is not None
    by_number = next((body for prefix, body in _BY_NUMBER.items() if re.match(rf"{prefix}\b", number)), "")
    return (
        issuer_of(title)
        or (_letterheads(front, title) if official else "")
        or _signing(front.every)
        or by_number
        or _legislator(title)
        or ("" if paper else _body_alone(front, title))
        or next((m[1].strip(" .") for line in front.lines if (m := _PUBLISHED_BY.match(line))), "")
        or next((a for a in hints.authors[:1] if _is_body_en(a) and any(a in line for line in front.lines)), "")
    )


_PUBLISHED_BY = re.compile(
    r"(?:出\s*版(?:者|單位|单位)?|發行|发布单位|主办单位|Publisher|Published by|Issued by)\s*[:：]?\s*([^,，;；]{3,60})$"
)


def _letterheads(front: _Front, title: str) -> str:
    """The bodies in the red head of an official document, several of them parted by a blank."""
    first = next((b.page for b in front.blocks if b.page), None)
    heads: list[str] = []
    for block in front.blocks[:6]:
        text = re.sub(r"\s+", "", block.text)
        if title and title in block.text:
            break
        if block.page != first or len(text) > 40 or block.kind not in ("note", "title", "header", "heading"):
            continue
        if re.search(r"[院部委局厅署会府室行盟团]$|文件", text):
            heads.append(re.sub(r"文件$|^文件", "", text))
    return " ".join(dict.fromkeys(heads))


def _signing(blocks: Sequence[Block]) -> str:
    """The body over the date with which a notice ends."""
    signed = [b for b in blocks if not re.fullmatch(r"\s*[（(].*[）)]\s*", b.text)]  # whose seal stands for it
    for block, after in itertools.pairwise(signed):
        text = re.sub(r"\s+", " ", block.text.strip())
        if (
            block.kind in ("note", "paragraph")
            and len(text) <= 40
            and _DATE.fullmatch(after.text.strip())
            and _BODY_ZH.search(text)
        ):
            return text
    return ""


def _legislator(title: str) -> str:
    """Whose act it is, as its title says: a directive of the European Parliament and of the Council."""
    act = re.search(r"OF THE (.+?)(?: of \d|$)", title, re.IGNORECASE) if _LEGAL_ACT.match(title) else None
    if act is None:
        return ""
    return re.sub(r"\b(?:Of|And|The)\b", lambda m: m[0].lower(), act[1].title()) if act[1].isupper() else act[1]


def _body_alone(front: _Front, title: str) -> str:
    """A line of the first page that is nothing but the name of a body."""
    first = next((b.page for b in front.blocks if b.page), None)
    for block in front.blocks:
        if block.page != first or block.kind in (
            "reference",
            "footnote",
            "toc",
            "table",
            "list_item",
            "keywords",
            "abstract",
        ):
            continue
        for line in block.text.split("\n"):
            text = line.strip(" .|")
            han = len(text) <= 25 and re.fullmatch(rf"[\u4e00-\u9fff（）]+(?:{_BODY_END})", text)
            if text not in title and (han or _is_body_en(text)):
                return text
    return ""


def _is_body_en(text: str) -> bool:
    """Whether a line is nothing but the name of a body."""
    words = text.split()
    return (
        1 < len(words) <= 9
        and not re.search(r"[\d:;?!,@]", text)
        and not _NOT_A_BODY.match(text)
        and _BODY_EN.search(text.title()) is not None
        and not re.search(
            r"\b(?:report|review|journal|register|response|act|bill|strategy|plan|summary)\b", text, re.IGNORECASE
        )
        and all(w[:1].isupper() or w in ("of", "for", "the", "and", "on", "in", "to", "&") for w in words)
    )


# ---------------------------------------------------------------- abstract and keywords


def _abstracts(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The abstracts, one a language, without their label; one that the layout cut is put together up to its keywords."""
    found: dict[Language, str] = {}
    for i, block in enumerate(blocks):
        label = (
            _ABSTRACT.match(block.text)
            if block.kind == "abstract"
            else re.search(r"(?:^|[\s\d。）)])摘\s*要\s*[:：]", block.text[:400])
        )
        before = blocks[i - 1].kind if i else ""
        if block.kind != "abstract" and (label is None or i > FRONT_BLOCKS):
            continue
        if block.kind == "abstract" and label is None and before == "abstract":
            continue  # its second piece
        parts = [block.text[label.end() :] if label else block.text]
        ahead = blocks[i + 1 : i + 10]
        until = next((n for n, b in enumerate(ahead) if b.kind == "keywords" or _KEYWORDS.match(b.text)), None)
        for n, b in enumerate(ahead):
            second = b.kind == "abstract" and not _ABSTRACT.match(b.text)
            if second or (until is not None and n < until and b.kind == "paragraph"):
                parts.append(b.text)
            elif b.kind not in ("header", "footer", "footnote", "figure_text"):
                break
        text = _KEYWORDS_INSIDE.split(_glued(parts))[0].strip(" :：")
        language = tokens.language(text)
        if len(text) >= 30:
            found.setdefault(language, text)
    return tuple(found.values())


_KEYWORDS_INSIDE = re.compile(r"\s*[\[［【]?(?:关键词|Key\s?words)\s*[\]］】]?\s*[:：]", re.IGNORECASE)


def _glued(parts: Iterable[str]) -> str:
    out = ""
    for part in map(str.strip, parts):
        if out and part and not (_CJK_EDGE.match(out[-1]) or _CJK_EDGE.match(part[0])):
            out += " "
        out += part
    return out


_CJK_EDGE = re.compile(f"[{tokens.HAN}\u3000-\u303f\uff00-\uffef“”]")


def _keywords(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The keywords of all languages in the order in which they are printed."""
    words: list[str] = []
    for block in blocks:
        label = _KEYWORDS.match(block.text)
        if block.kind != "keywords" or not label:
            continue
        text = _AFTER_KEYWORDS.split(block.text[label.end() :])[0].strip(" .。;；")
        parts = re.split(r"[;；]", text) if re.search("[;；]", text) else re.split(r"[,，、·|]", text)
        if len(parts) == 1 and _is_han(text):
            parts = text.split()
        words += [w for p in parts if (w := re.sub(r"\s+", " ", p).strip(" .。,，"))]
    return tuple(dict.fromkeys(words))
